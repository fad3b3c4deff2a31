import { expect } from 'chai';
import { type ErrorCode, isModelsealError } from '../../../core/errors/index.js';
import { Oid } from '../../../core/x509/index.js';
import { findPath, TrustAnchors } from '../../../loader/path/index.js';
import {
  AT,
  type CertificateSpec,
  general,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestExtension,
  extensions as x,
} from '../../support/pki.js';

// What RFC 5280 §4 asks of CAs alone: accepted, unless `strict` is asked for.

/** A chain that keeps every rule, with some extensions replaced; undefined takes one away. */
interface Changes {
  readonly root?: Replacements;
  readonly issuing?: Replacements;
  readonly leaf?: Replacements;
}
type Replacements = Readonly<Record<string, TestExtension | undefined>>;

function chain(changes: Changes, leafSpec: CertificateSpec = {}) {
  const root = makeRoot({ extensions: changes.root ?? {} });
  const issuing = makeIntermediate(root, { extensions: changes.issuing ?? {} });
  const leaf = makeLeaf(issuing, { ...leafSpec, extensions: changes.leaf ?? {} });
  return { root, issuing, leaf };
}

function judge({ root, issuing, leaf }: ReturnType<typeof chain>, strict: boolean): 'accepted' | ErrorCode {
  try {
    findPath(leaf.certificate, {
      anchors: TrustAnchors.from([root.certificate]),
      intermediates: [issuing.certificate],
      at: AT,
      purpose: 'code-signing',
      strict,
    });
    return 'accepted';
  } catch (error) {
    if (isModelsealError(error)) return error.code;
    throw error;
  }
}

const MISSING = 'ERR_CERT_EXTENSION_MISSING';
const CRITICAL = 'ERR_CERT_EXTENSION_CRITICALITY';
const aki = { [Oid.authorityKeyIdentifier]: undefined };
const ski = { [Oid.subjectKeyIdentifier]: undefined };
const bc = { [Oid.basicConstraints]: x.basicConstraints(true, undefined, false) };
const pc = { [Oid.policyConstraints]: x.policyConstraints(3, undefined, false) };
const nc = { [Oid.nameConstraints]: x.nameConstraints([general.email('example.com')], [], false) };

const CASES: readonly (readonly [rule: string, changes: Changes, code: ErrorCode])[] = [
  ['a leaf that does not name the key of its issuer', { leaf: aki }, MISSING],
  ['an intermediate that does not name the key of its issuer', { issuing: aki }, MISSING],
  ['a root that does not name its key', { root: ski }, MISSING],
  ['an intermediate that does not name its key', { issuing: ski }, MISSING],
  ['a root without keyUsage', { root: { [Oid.keyUsage]: undefined } }, MISSING],
  ['a root whose basicConstraints are not critical', { root: bc }, CRITICAL],
  ['an intermediate whose basicConstraints are not critical', { issuing: bc }, CRITICAL],
  ['policyConstraints that are not critical', { issuing: pc }, CRITICAL],
  [
    'inhibitAnyPolicy that is not critical',
    { issuing: { [Oid.inhibitAnyPolicy]: x.inhibitAnyPolicy(3, false) } },
    CRITICAL,
  ],
  ['nameConstraints that are not critical', { issuing: nc }, CRITICAL],
];

describe('path: rules for CAs alone', () => {
  it('a negative serial number: accepted, and refused when strict', () => {
    const made = chain({}, { serial: -255 });
    expect(judge(made, false)).to.equal('accepted');
    expect(judge(made, true)).to.equal('ERR_CERT_SERIAL');
  });
  it('a chain that keeps all of them is accepted in both ways', () => {
    expect(judge(chain({}), false)).to.equal('accepted');
    expect(judge(chain({}), true)).to.equal('accepted');
  });
  for (const [rule, changes, code] of CASES) {
    it(`${rule}: accepted, and refused when strict`, () => {
      const made = chain(changes);
      expect(judge(made, false)).to.equal('accepted');
      expect(judge(made, true)).to.equal(code);
    });
  }
});
