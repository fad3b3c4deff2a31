import { expect } from 'chai';
import { type ErrorCode, isModelsealError } from '../../../core/errors/index.js';
import { Oid } from '../../../core/x509/index.js';
import {
  findPath,
  MAX_POLICIES,
  type PathOptions,
  type PolicyOutputs,
  TrustAnchors,
} from '../../../loader/path/index.js';
import {
  AT,
  type CertificateSpec,
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  testKey,
  extensions as x,
} from '../../support/pki.js';

const [A, B, C, D] = ['1.2.3.1', '1.2.3.2', '1.2.3.3', '1.2.3.4'] as const;
const ANY = Oid.anyPolicy;
const policies = (...oids: string[]): CertificateSpec => ({ extra: [x.certificatePolicies(oids)] });

function run(
  cas: readonly CertificateSpec[],
  leaf: CertificateSpec,
  options: Partial<PathOptions> = {},
  root: Issued = makeRoot(),
): PolicyOutputs | ErrorCode {
  let top = root;
  const bag = cas.map((spec, i) => {
    top = makeIntermediate(top, { subject: `CA ${i}`, key: testKey('ec-p256', `policy ${i}`), ...spec });
    return top;
  });
  try {
    return findPath(makeLeaf(top, leaf).certificate, {
      anchors: TrustAnchors.from([root.certificate]),
      intermediates: bag.map((c) => c.certificate),
      at: AT,
      purpose: 'code-signing',
      ...options,
    }).policies;
  } catch (error) {
    if (isModelsealError(error)) return error.code;
    throw error;
  }
}

const explicit = { explicitPolicy: true };

describe('certificate policies', () => {
  it('hold where every certificate has them', () => {
    expect(run([policies(A, B)], policies(B, C), explicit)).to.deep.equal({
      authorityPolicies: [B],
      userPolicies: [B],
    });
    expect(run([policies(A)], policies(B), explicit)).to.equal('ERR_PATH_POLICY');
    expect(run([policies(A)], policies(B))).to.deep.equal({ authorityPolicies: [], userPolicies: [] });
    expect(run([{}], policies(B), explicit)).to.equal('ERR_PATH_POLICY');
    expect(run([policies(ANY)], policies(B), explicit)).to.have.deep.property('userPolicies', [B]);
  });

  it('are those that the caller accepts', () => {
    expect(run([policies(A)], policies(A), { ...explicit, policySet: [A] })).to.have.deep.property(
      'userPolicies',
      [A],
    );
    expect(run([policies(A)], policies(A), { ...explicit, policySet: [B] })).to.equal('ERR_PATH_POLICY');
    expect(run([policies(ANY)], policies(ANY), { ...explicit, policySet: [B] })).to.deep.equal({
      authorityPolicies: [ANY],
      userPolicies: [B],
    });
    expect(run([policies(A)], policies(A), { policySet: [B] }), 'nothing explicit').to.be.an('object');
  });

  it('follow mappings, unless these are inhibited', () => {
    const mapping: CertificateSpec = { extra: [x.certificatePolicies([A]), x.policyMappings([[A, C]])] };
    expect(run([mapping], policies(C), explicit)).to.deep.equal({
      authorityPolicies: [A],
      userPolicies: [A],
    });
    expect(run([mapping], policies(A), explicit)).to.equal('ERR_PATH_POLICY');
    expect(run([mapping], policies(C), { ...explicit, inhibitPolicyMapping: true })).to.equal(
      'ERR_PATH_POLICY',
    );
    for (const pair of [
      [ANY, A],
      [A, ANY],
    ] as const) {
      const bad: CertificateSpec = { extra: [x.certificatePolicies([A]), x.policyMappings([pair])] };
      expect(run([bad], policies(A))).to.equal('ERR_PATH_POLICY_MAPPING');
    }
  });

  it('take anyPolicy for every policy, unless that is inhibited', () => {
    expect(run([policies(A)], policies(ANY), explicit)).to.have.deep.property('userPolicies', [A]);
    expect(run([policies(A)], policies(ANY), { ...explicit, inhibitAnyPolicy: true })).to.equal(
      'ERR_PATH_POLICY',
    );
    const inhibiting: CertificateSpec = { extra: [x.certificatePolicies([A]), x.inhibitAnyPolicy(0)] };
    expect(run([inhibiting], policies(ANY), explicit)).to.equal('ERR_PATH_POLICY');
  });

  it('are demanded by a CA, or by the certificate of the anchor', () => {
    const demanding: CertificateSpec = { extra: [x.certificatePolicies([A]), x.policyConstraints(0)] };
    expect(run([demanding], policies(B))).to.equal('ERR_PATH_POLICY');
    expect(run([demanding], policies(A))).to.be.an('object');
    const root = makeRoot({ extra: [x.policyConstraints(0)] });
    expect(run([policies(A)], policies(B), {}, root)).to.equal('ERR_PATH_POLICY');
    expect(run([policies(A)], policies(A), {}, root)).to.be.an('object');
    const narrow = makeRoot({ extra: [x.certificatePolicies([D])] });
    expect(run([policies(A)], policies(A), explicit, narrow)).to.equal('ERR_PATH_POLICY');
    expect(run([policies(D)], policies(D), explicit, narrow)).to.be.an('object');
  });

  it('cost what the graph of RFC 9618 costs, not what the tree of RFC 5280 did', () => {
    // Every CA maps every policy to every other: the tree has width^depth leaves, more than memory.
    const width = 11;
    const all = Array.from({ length: width }, (_, i) => `1.2.4.${i}`);
    const everyPair = all.flatMap((a) => all.map((b) => [a, b] as const));
    const bomb: CertificateSpec = { extra: [x.certificatePolicies(all), x.policyMappings(everyPair)] };
    const cas = Array<CertificateSpec>(12).fill(bomb);
    expect(run(cas, policies('1.2.4.0'), explicit)).to.have.nested.property('userPolicies.length', width);
  });

  it('are bounded in number', () => {
    const many = (n: number): string[] => Array.from({ length: n }, (_, i) => `1.2.5.${i}`);
    expect(run([policies(...many(MAX_POLICIES))], policies('1.2.5.0'))).to.be.an('object');
    expect(run([policies(...many(MAX_POLICIES + 1))], policies('1.2.5.0'))).to.equal(
      'ERR_PATH_BUDGET_POLICIES',
    );
  });
});
