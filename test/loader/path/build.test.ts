import { expect } from 'chai';
import { type ErrorCode, isModelsealError } from '../../../core/errors/index.js';
import type { Certificate } from '../../../core/x509/index.js';
import { findPath, MAX_PATH, TrustAnchor, TrustAnchors, ValidatedPath } from '../../../loader/path/index.js';
import {
  AT,
  general,
  type Issued,
  makeChain,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  name,
  testKey,
  extensions as x,
} from '../../support/pki.js';

function build(leaf: Issued, anchors: readonly Issued[], bag: readonly Issued[]): ValidatedPath {
  return findPath(leaf.certificate, {
    anchors: TrustAnchors.from(anchors.map((anchor) => anchor.certificate)),
    intermediates: bag.map((issued) => issued.certificate),
    at: AT,
    purpose: 'code-signing',
  });
}

function refusal(leaf: Issued, anchors: readonly Issued[], bag: readonly Issued[]): ErrorCode {
  try {
    build(leaf, anchors, bag);
  } catch (error) {
    if (isModelsealError(error)) return error.code;
    throw error;
  }
  throw new Error('was accepted');
}

const subjects = (path: ValidatedPath): string[] => path.chain.map((c: Certificate) => c.subject.toString());

describe('path building', () => {
  it('accepts a certificate that is trusted by itself, and nothing below it', () => {
    const own = makeLeaf(
      { ...makeRoot(), key: testKey('ec-p256', 'own'), subject: name('Own') },
      {
        subject: 'Own',
        key: testKey('ec-p256', 'own'),
      },
    );
    expect(build(own, [own], []).chain).to.have.length(1);
    expect(refusal(makeLeaf(own), [own], [])).to.equal('ERR_PATH_CA_MISSING');
    // The same name and key in another certificate were not named by the operator.
    const other = makeLeaf(own, { subject: 'Own', key: own.key });
    expect(refusal(other, [own], [])).to.equal('ERR_PATH_CA_MISSING');
  });

  it('refuses an empty list of anchors', () => {
    expect(() => TrustAnchors.from([]))
      .to.throw()
      .with.property('code', 'ERR_TRUST_ANCHORS_EMPTY');
  });

  it('finds the path in a bag in any order, with the anchor and strangers in it', () => {
    const { root, issuing, leaf } = makeChain();
    const stranger = makeRoot({ subject: 'Stranger', key: testKey('ec-p256', 'stranger') });
    const path = build(leaf, [root], [stranger, root, issuing, leaf]);
    expect(subjects(path)).to.deep.equal(['CN=Test Developer', 'CN=Test Issuing CA']);
    expect(path.anchor.label).to.equal('CN=Test Root');
    expect(ValidatedPath.isChecked(path)).to.equal(true);
    expect(ValidatedPath.isChecked({ ...path })).to.equal(false);
    expect(path.checks.map((check) => check.name)).to.include.members(['path.signature', 'path.policies']);
  });

  it('takes a pinned intermediate as anchor, and a bare name and key', () => {
    const { issuing, leaf } = makeChain();
    expect(subjects(build(leaf, [issuing], []))).to.have.length(1);
    const bare = TrustAnchors.from([TrustAnchor.fromKey(issuing.subject, issuing.key.spki)]);
    const path = findPath(leaf.certificate, { anchors: bare, at: AT, purpose: 'code-signing' });
    expect(path.summaries()).to.have.length(1);
  });

  it('never takes the leaf from the order of certificates', () => {
    const { root, issuing, leaf } = makeChain();
    expect(refusal(issuing, [root], [leaf])).to.equal('ERR_PATH_KEY_USAGE');
  });

  it('tries issuers of the same name with different keys, whatever the key identifiers claim', () => {
    const { root, issuing, leaf } = makeChain();
    const other = testKey('ec-p256', 'other issuing');
    const liar = makeIntermediate(root, {
      key: other,
      extensions: { [x.subjectKeyIdentifier(other).oid]: x.subjectKeyIdentifier(issuing.key) },
    });
    for (const bag of [
      [liar, issuing],
      [issuing, liar],
    ]) {
      expect(build(leaf, [root], bag).chain[1]?.fingerprint).to.equal(issuing.certificate.fingerprint);
    }
  });

  it('goes past an expired cross-certificate and a branch without an anchor', () => {
    const root = makeRoot();
    const key = testKey('ec-p256', 'cross');
    const lost = makeRoot({ subject: 'Lost Root', key: testKey('ec-p256', 'lost') });
    const good = makeIntermediate(root, { key });
    const expired = makeIntermediate(root, { key, notAfter: new Date('2026-02-01T00:00:00Z') });
    const astray = makeIntermediate(lost, { key });
    const leaf = makeLeaf(good);
    for (const bag of [
      [expired, astray, good],
      [astray, good, expired],
      [good, expired, astray],
    ]) {
      expect(build(leaf, [root], bag).chain[1]?.fingerprint).to.equal(good.certificate.fingerprint);
    }
    expect(refusal(leaf, [root], [astray, expired])).to.equal('ERR_CERT_EXPIRED');
    expect(refusal(leaf, [root], [astray])).to.equal('ERR_PATH_NO_ISSUER');
  });

  it('goes past a branch whose name constraints refuse', () => {
    const [a, b] = [makeRoot({ subject: 'A' }), makeRoot({ subject: 'B' })];
    const key = testKey('ec-p256', 'two parents');
    const narrow = makeIntermediate(a, { key, extra: [x.nameConstraints([general.email('other.example')])] });
    const wide = makeIntermediate(b, { key });
    const leaf = makeLeaf(wide);
    expect(build(leaf, [a, b], [narrow, wide]).anchor.label).to.equal('CN=B');
    expect(refusal(leaf, [a, b], [narrow])).to.equal('ERR_PATH_NAME_NOT_PERMITTED');
  });

  it('says what ended the path', () => {
    const { root, issuing, leaf } = makeChain();
    const attacker = makeRoot({ key: testKey('ec-p256', 'attacker root') });
    const theirs = makeIntermediate(attacker, { key: testKey('ec-p256', 'attacker issuing') });
    const signedByThem = makeLeaf(theirs);
    // The attacker's CA has the same names. With or without its root in the bag, the signature gives it away.
    expect(refusal(signedByThem, [root], [theirs])).to.equal('ERR_PATH_SIGNATURE');
    expect(refusal(signedByThem, [root], [theirs, attacker])).to.equal('ERR_PATH_SIGNATURE');
    expect(refusal(signedByThem, [root], [issuing])).to.equal('ERR_PATH_SIGNATURE');
    const stranger = makeRoot({ subject: 'Stranger', key: testKey('ec-p256', 'stranger') });
    expect(refusal(leaf, [stranger], [])).to.equal('ERR_PATH_NO_ISSUER');
    expect(refusal(leaf, [stranger], [issuing])).to.equal('ERR_PATH_NO_ISSUER');
    expect(refusal(leaf, [stranger], [issuing, root])).to.equal('ERR_PATH_ROOT_UNTRUSTED');
    expect(refusal(root, [stranger], [])).to.equal('ERR_PATH_ROOT_UNTRUSTED');
  });

  it('reports the candidate that got furthest', () => {
    const root = makeRoot();
    const key = testKey('ec-p256', 'furthest');
    const noCa = makeIntermediate(root, { key, extensions: { '2.5.29.19': x.basicConstraints(false) } });
    const good = makeIntermediate(root, { key });
    const expired = makeLeaf(good, { notAfter: new Date('2026-02-01T00:00:00Z') });
    expect(refusal(expired, [root], [noCa, good])).to.equal('ERR_CERT_EXPIRED');
    expect(refusal(expired, [root], [good, noCa])).to.equal('ERR_CERT_EXPIRED');
    expect(refusal(expired, [root], [noCa])).to.equal('ERR_PATH_CA_MISSING');
  });

  it(`ends at ${MAX_PATH} certificates`, () => {
    const root = makeRoot();
    const bag: Issued[] = [];
    let top = root;
    for (let i = 0; i < MAX_PATH; i++) {
      top = makeIntermediate(top, { subject: `CA ${i}`, key: testKey('ec-p256', `deep ${i}`) });
      bag.push(top);
    }
    const justFits = bag[MAX_PATH - 2] as Issued;
    expect(build(makeLeaf(justFits), [root], bag).chain).to.have.length(MAX_PATH);
    expect(refusal(makeLeaf(top), [root], bag)).to.equal('ERR_PATH_TOO_LONG');
  });
});

// How long this takes is measured in bench/path.ts; here the budgets themselves are proven.
describe('path building under attack ends within its budget', () => {
  it('cross-certificates that go in a circle', () => {
    const [a, b] = [
      { subject: 'A', key: testKey('ec-p256', 'loop a') },
      { subject: 'B', key: testKey('ec-p256', 'loop b') },
    ];
    const [rootA, rootB] = [makeRoot(a), makeRoot(b)];
    const aByB = makeIntermediate(rootB, a);
    const bByA = makeIntermediate(rootA, b);
    const leaf = makeLeaf(rootA);
    const stranger = makeRoot({ subject: 'Stranger', key: testKey('ec-p256', 'stranger') });
    expect(refusal(leaf, [stranger], [aByB, bByA])).to.equal('ERR_PATH_LOOP');
    // The way out is found all the same.
    expect(build(leaf, [rootB], [bByA, aByB]).anchor.label).to.equal('CN=B');
  });

  describe('2^14 paths through same-named certificates with valid signatures', () => {
    const bag: Issued[] = [];
    const top = makeRoot({ subject: 'Top', key: testKey('ec-p256', 'top') });
    let issuers = [top, top];
    for (let level = 0; level < 14; level++) {
      const spec = { subject: `Level ${level}`, key: testKey('ec-p256', `level ${level}`) };
      // Two certificates for each CA and each certificate above it: both continue every path.
      issuers = issuers.map((issuer) => makeIntermediate(issuer, spec));
      bag.push(...issuers);
    }
    const last = issuers[0] as Issued;
    const stranger = makeRoot({ subject: 'Stranger', key: testKey('ec-p256', 'stranger') });
    const impostor = makeRoot({ subject: 'Top', key: testKey('ec-p256', 'stranger') });

    for (const [what, anchor, leaf, code] of [
      ['to no anchor', stranger, makeLeaf(last), 'ERR_PATH_NO_ISSUER'],
      ['to an anchor with another key', impostor, makeLeaf(last), 'ERR_PATH_BUDGET_CANDIDATES'],
      [
        'to the anchor, all failing at the leaf',
        top,
        makeLeaf(last, { notAfter: new Date('2026-02-01T00:00:00Z') }),
        'ERR_PATH_BUDGET_PATHS',
      ],
    ] as const) {
      it(what, () => {
        expect(refusal(leaf, [anchor], bag)).to.equal(code);
      });
    }

    it('to the anchor, valid', () => {
      expect(build(makeLeaf(last), [top], bag).chain).to.have.length(15);
    });
  });

  it('hundreds of same-named issuers with keys of their own', () => {
    const root = makeRoot();
    const crowd = Array.from({ length: 200 }, (_, i) =>
      makeIntermediate(root, { key: testKey('ec-p256', `crowd ${i}`) }),
    );
    const leaf = makeLeaf(makeIntermediate(root));
    expect(refusal(leaf, [root], crowd)).to.equal('ERR_PATH_BUDGET_SIGNATURES');
  });

  it('thousands of names under thousands of constraints', () => {
    const root = makeRoot();
    const many = (n: number) => Array.from({ length: n }, (_, i) => general.dns(`host${i}.example.com`));
    const issuing = makeIntermediate(root, { extra: [x.nameConstraints([], many(900))] });
    const san = x.subjectAltName([...many(900), general.dns('a.example')].map((n) => n));
    const leaf = makeLeaf(issuing, { extensions: { [san.oid]: san } });
    expect(refusal(leaf, [root], [issuing])).to.be.oneOf(['ERR_PATH_NAME_EXCLUDED', 'ERR_PATH_BUDGET_NAMES']);
    const harmless = x.subjectAltName(
      Array.from({ length: 900 }, (_, i) => general.dns(`h${i}.elsewhere.example`)),
    );
    const big = makeLeaf(issuing, { extensions: { [harmless.oid]: harmless } });
    expect(refusal(big, [root], [issuing])).to.equal('ERR_PATH_BUDGET_NAMES');
    // Names of a kind that nothing constrains cost nothing.
    const mailboxes = Array.from({ length: 900 }, (_, i) => general.email(`a${i}@example.com`));
    const other = makeLeaf(issuing, { extensions: { [san.oid]: x.subjectAltName(mailboxes) } });
    expect(subjects(build(other, [root], [issuing]))).to.have.length(2);
  });
});
