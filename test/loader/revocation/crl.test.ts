import { expect } from 'chai';
import { contextPrimitive, der } from '../../../core/der/index.js';
import type { ErrorCode } from '../../../core/errors/index.js';
import { Oid } from '../../../core/x509/index.js';
import { checkRevocation, decodeEvidence, type RevocationOptions } from '../../../loader/revocation/index.js';
import { expectCode } from '../../support/errors.js';
import {
  ALGORITHMS,
  AT,
  extensions,
  general,
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  name,
  testKey,
} from '../../support/pki.js';
import {
  type CrlSpec,
  days,
  distributionPoint,
  makeCrl,
  pathOf,
  pointsExtension,
  type TestSigner,
} from '../../support/revocation.js';

const root = makeRoot();
const issuing = makeIntermediate(root);
const leaf = makeLeaf(issuing);
const { serialBytes } = leaf.certificate;
const rootCrl = makeCrl(root);
const revoked = { serial: serialBytes, reason: 1 };
const URI = 'http://ca.example/leaf.crl';
const points = (...list: Uint8Array[]) => ({ extensions: pointsExtension(list) });

interface Setup {
  readonly leaf?: Issued;
  readonly issuing?: Issued;
  readonly bag?: readonly Issued[];
  readonly at?: Date;
  readonly options?: Partial<RevocationOptions>;
}

/** Checks root, issuing CA and leaf with the root's list and the given ones. */
function check(crls: readonly Uint8Array[], setup: Setup = {}): ReturnType<typeof checkRevocation> {
  const bag = setup.bag ?? [];
  const path = pathOf([setup.leaf ?? leaf, setup.issuing ?? issuing, root], bag);
  return checkRevocation(path, {
    evidence: decodeEvidence(
      { crls: [rootCrl, ...crls] },
      'test',
      bag.map((b) => b.certificate),
    ),
    mode: 'require',
    at: setup.at ?? AT,
    ...setup.options,
  });
}

const refused = (code: ErrorCode, crls: readonly Uint8Array[], setup: Setup = {}): void => {
  expectCode(code, () => check(crls, setup));
};
const crl = (spec: CrlSpec = {}, signer: TestSigner = issuing): Uint8Array => makeCrl(signer, spec);

describe('revocation by CRL', () => {
  it('accepts a path that current lists clear, and says by what', () => {
    const checked = check([crl({ number: 12 })]);
    expect(checked.statuses.map(({ status }) => status)).to.deep.equal(['good', 'good']);
    expect(checked.statuses[0]?.evidence[0]).to.deep.include({ kind: 'crl', number: '12', says: 'good' });
    expect(checked.warnings).to.deep.equal([]);
  });

  it('refuses a revoked leaf and a revoked CA', () => {
    refused('ERR_REVOKED', [crl({ entries: [revoked] })]);
    const caRevoked = makeCrl(root, { number: 2, entries: [{ serial: issuing.certificate.serialBytes }] });
    refused('ERR_REVOKED', [crl(), caRevoked]);
    check([crl({ entries: [{ serial: Uint8Array.of(1) }] })]);
  });

  it('refuses a hold, and a newer list that lifts it', () => {
    const hold = crl({ number: 4, thisUpdate: days(-3), entries: [{ serial: serialBytes, reason: 6 }] });
    refused('ERR_REVOKED', [hold]);
    check([hold, crl({ number: 5 })]);
    // A list that is not valid yet lifts nothing.
    refused('ERR_REVOKED', [hold, crl({ number: 5, thisUpdate: days(2) })]);
    // Anything but a hold is for good.
    const gone = crl({ number: 4, thisUpdate: days(-3), entries: [revoked] });
    refused('ERR_REVOKED', [gone, crl({ number: 5 })]);
  });

  it('refuses where there is no list', () => {
    refused('ERR_REVOCATION_EVIDENCE_MISSING', []);
    refused('ERR_REVOCATION_EVIDENCE_MISSING', [makeCrl(makeRoot({ subject: 'Stranger' }))]);
  });

  it('refuses stale and future-dated lists', () => {
    refused('ERR_CRL_STALE', [crl({ thisUpdate: days(-9), nextUpdate: days(-1) })]);
    refused('ERR_CRL_FUTURE', [crl({ thisUpdate: days(1) })]);
    refused('ERR_CRL_FUTURE', [crl({ thisUpdate: new Date(AT.getTime() + 6 * 60_000) })]);
    check([crl({ thisUpdate: new Date(AT.getTime() + 4 * 60_000) })]);
    check([crl({ thisUpdate: days(-9), nextUpdate: AT })]);
    check([crl({ thisUpdate: days(-9), nextUpdate: days(-1), number: 1 }), crl({ number: 2 })]);
  });

  it('lets a stale list revoke, but not for a hold', () => {
    const old = { thisUpdate: days(-9), nextUpdate: days(-1) };
    refused('ERR_REVOKED', [crl({ ...old, entries: [revoked] })]);
    refused('ERR_CRL_STALE', [crl({ ...old, entries: [{ serial: serialBytes, reason: 6 }] })]);
    refused('ERR_CRL_FUTURE', [crl({ thisUpdate: days(2), entries: [revoked] })]);
  });

  it('refuses a signature that does not fit and one that is too weak', () => {
    const editSignature = (signature: Uint8Array): Uint8Array => {
      const copy = signature.slice();
      copy[copy.length - 1] = (copy[copy.length - 1] as number) ^ 1;
      return copy;
    };
    refused('ERR_CRL_SIGNATURE', [crl({ editSignature })]);
    refused('ERR_CRL_SIGNATURE', [crl({}, { subject: issuing.subject, key: testKey('ec-p256', 'thief') })]);
    refused('ERR_CERT_ALGORITHM_WEAK', [crl({ algorithm: ALGORITHMS.ecdsaSha1 })]);
  });

  it('does not believe a revocation that nobody authorised has signed', () => {
    const forged = crl(
      { number: 9, entries: [revoked] },
      { subject: issuing.subject, key: testKey('ec-p256', 'thief') },
    );
    const checked = check([crl(), forged]);
    expect(checked.warnings.map(({ code }) => code)).to.deep.equal(['ERR_CRL_SIGNATURE']);
  });

  it('wants cRLSign where the signer has key usage', () => {
    const usage = (list: Parameters<typeof extensions.keyUsage>[0]) =>
      makeIntermediate(root, {
        subject: 'Usage CA',
        extensions: { [Oid.keyUsage]: extensions.keyUsage(list) },
      });
    const without = usage(['keyCertSign']);
    refused('ERR_CRL_SIGNER_KEY_USAGE', [makeCrl(without)], { issuing: without, leaf: makeLeaf(without) });
    const both = usage(['keyCertSign', 'cRLSign']);
    check([makeCrl(both)], { issuing: both, leaf: makeLeaf(both) });
  });

  it('wants the usage of the anchor as well', () => {
    const anchor = makeRoot({
      subject: 'No CRL Root',
      extensions: { [Oid.keyUsage]: extensions.keyUsage(['keyCertSign']) },
    });
    const path = pathOf([makeLeaf(anchor), anchor]);
    const evidence = decodeEvidence({ crls: [makeCrl(anchor)] }, 'test');
    expectCode('ERR_CRL_SIGNER_KEY_USAGE', () =>
      checkRevocation(path, { evidence, mode: 'require', at: AT }),
    );
  });

  describe('signed with another key of the issuer', () => {
    const crlKey = testKey('ec-p256', 'crl key');
    const usage = { [Oid.keyUsage]: extensions.keyUsage(['cRLSign']), [Oid.basicConstraints]: undefined };
    const signer = makeIntermediate(root, { key: crlKey, extensions: usage });
    const list = crl({}, { subject: issuing.subject, key: crlKey });

    it('counts with a certificate under the same anchor', () => {
      check([list], { bag: [signer] });
      refused('ERR_CRL_SIGNATURE', [list]);
    });

    it('does not count under another anchor, expired or revoked', () => {
      const elsewhere = makeIntermediate(makeRoot({ subject: 'Other Root' }), {
        key: crlKey,
        extensions: usage,
      });
      refused('ERR_CRL_SIGNER_PATH', [list], { bag: [elsewhere] });
      const expired = makeIntermediate(root, { key: crlKey, extensions: usage, notAfter: days(-1) });
      refused('ERR_CRL_SIGNER_PATH', [list], { bag: [expired] });
      const gone = makeCrl(root, { number: 3, entries: [{ serial: signer.certificate.serialBytes }] });
      refused('ERR_CRL_SIGNER_PATH', [list, gone], { bag: [signer] });
    });
  });

  describe('with distribution points', () => {
    const pointed = makeLeaf(issuing, points(distributionPoint({ fullName: [general.uri(URI)] })));

    it('matches names exactly', () => {
      check([crl({ idp: { fullName: [general.uri(URI)] } })], { leaf: pointed });
      check([crl()], { leaf: pointed });
      refused('ERR_CRL_SCOPE', [crl({ idp: { fullName: [general.uri(`${URI}?`)] } })], { leaf: pointed });
      refused('ERR_CRL_SCOPE', [crl({ idp: { fullName: [general.uri(URI)] } })]);
    });

    it('matches a name relative to the issuer with the full name', () => {
      const attribute = der.sequence(der.oid('2.5.4.3'), der.utf8String('CRL 1'));
      const full = der.sequence(
        der.setOf(der.sequence(der.oid('2.5.4.3'), der.utf8String('Test Issuing CA'))),
        der.setOf(attribute),
      );
      const relative = makeLeaf(issuing, points(distributionPoint({ relativeName: attribute })));
      check([crl({ idp: { fullName: [general.directory(full)] } })], { leaf: relative });
      check([crl({ idp: { relativeName: attribute } })], { leaf: relative });
      const other = der.sequence(der.oid('2.5.4.3'), der.utf8String('CRL 2'));
      refused('ERR_CRL_SCOPE', [crl({ idp: { relativeName: other } })], { leaf: relative });
    });

    it('honours the kinds of certificates', () => {
      check([crl({ idp: { onlyUser: true } })]);
      refused('ERR_CRL_SCOPE', [crl({ idp: { onlyCa: true } })]);
      refused('ERR_CRL_SCOPE', [crl({ idp: { onlyAttribute: true } })]);
      const sub = makeIntermediate(root, { subject: 'Sub CA' });
      const chain = { issuing: sub, leaf: makeLeaf(sub) };
      const only = (idp: CrlSpec['idp']): void => {
        const evidence = decodeEvidence({ crls: [makeCrl(root, idp ? { idp } : {}), makeCrl(sub)] }, 'test');
        checkRevocation(pathOf([chain.leaf, sub, root]), { evidence, mode: 'require', at: AT });
      };
      only({ onlyCa: true });
      expectCode('ERR_CRL_SCOPE', () => only({ onlyUser: true }));
    });

    it('adds up reasons over several lists', () => {
      const some = { number: 1, idp: { reasons: [1, 2, 8] } };
      const rest = { number: 1, idp: { reasons: [3, 4, 5, 6, 7] } };
      check([crl(some), crl(rest)]);
      refused('ERR_REVOCATION_REASONS_INCOMPLETE', [crl(some)]);
      refused('ERR_REVOCATION_REASONS_INCOMPLETE', [crl(some), crl({ idp: { reasons: [3, 4, 5, 6] } })]);
      refused('ERR_REVOKED', [crl({ ...some, entries: [revoked] })]);
      const split = makeLeaf(
        issuing,
        points(distributionPoint({ fullName: [general.uri(URI)], reasons: [1] })),
      );
      refused('ERR_REVOCATION_REASONS_INCOMPLETE', [crl({ idp: { fullName: [general.uri(URI)] } })], {
        leaf: split,
      });
      check([crl()], { leaf: split });
    });

    it('refuses a certificate whose points cannot be read', () => {
      const broken = makeLeaf(issuing, {
        extensions: {
          [Oid.crlDistributionPoints]: extensions.raw(Oid.crlDistributionPoints, false, der.nullValue()),
        },
      });
      expectCode('ERR_CERT_EXTENSION_MALFORMED', () => check([crl()], { leaf: broken }));
    });
  });

  describe('indirect', () => {
    const indirect = makeIntermediate(root, {
      subject: 'Indirect CRL issuer',
      extensions: { [Oid.keyUsage]: extensions.keyUsage(['cRLSign']), [Oid.basicConstraints]: undefined },
    });
    const target = makeLeaf(issuing, points(distributionPoint({ crlIssuer: indirect.subject })));
    const serial = target.certificate.serialBytes;
    const setup = { leaf: target, bag: [indirect] };
    const list = (spec: CrlSpec = {}): Uint8Array => makeCrl(indirect, { idp: { indirect: true }, ...spec });

    it('counts when the distribution point names its issuer', () => {
      check([list()], setup);
      refused('ERR_REVOCATION_EVIDENCE_MISSING', [list()], { bag: [indirect] });
      refused('ERR_CRL_SCOPE', [makeCrl(indirect)], setup);
    });

    it('revokes the certificate of the issuer that the entry names', () => {
      refused('ERR_REVOKED', [list({ entries: [{ serial, certificateIssuer: issuing.subject }] })], setup);
      const before = { serial: Uint8Array.of(9), certificateIssuer: issuing.subject };
      refused('ERR_REVOKED', [list({ entries: [before, { serial }] })], setup);
      check([list({ entries: [{ serial, certificateIssuer: name('Somebody else') }] })], setup);
      check([list({ entries: [{ serial }] })], setup);
    });

    it('does not count from a signer without a path to the anchor', () => {
      const impostor = makeRoot({ subject: 'Indirect CRL issuer' });
      const forged = makeCrl(impostor, { idp: { indirect: true } });
      refused('ERR_CRL_SIGNER_PATH', [forged], { leaf: target, bag: [impostor] });
      refused('ERR_CRL_SIGNER_UNKNOWN', [list()], { leaf: target });
    });
  });

  describe('delta', () => {
    const serial = serialBytes;
    const base = (spec: CrlSpec = {}): Uint8Array => crl({ number: 10, thisUpdate: days(-2), ...spec });
    const delta = (spec: CrlSpec = {}): Uint8Array => crl({ number: 12, base: 10, ...spec });

    it('revokes what the base does not list yet', () => {
      check([base(), delta()]);
      refused('ERR_REVOKED', [base(), delta({ entries: [{ serial, reason: 4 }] })]);
      refused('ERR_REVOKED', [base({ entries: [revoked] }), delta()]);
    });

    it('lifts a hold and nothing else', () => {
      const lift = delta({ entries: [{ serial, reason: 8 }] });
      check([base({ entries: [{ serial, reason: 6 }] }), lift]);
      refused('ERR_REVOKED', [base({ entries: [revoked] }), lift]);
      refused('ERR_REVOKED', [base({ entries: [{ serial, reason: 6 }] })]);
    });

    it('gives way to a newer complete list', () => {
      const hold = delta({ thisUpdate: days(-1.5), entries: [{ serial, reason: 6 }] });
      refused('ERR_REVOKED', [base(), hold]);
      refused('ERR_REVOKED', [hold]);
      check([base(), hold, crl({ number: 13 })]);
      expect(check([hold, crl({ number: 13 })]).warnings).to.deep.equal([]);
      const gone = delta({ thisUpdate: days(-1.5), entries: [revoked] });
      refused('ERR_REVOKED', [base(), gone, crl({ number: 13 })]);
    });

    it('keeps a stale base in use while it is current itself', () => {
      const stale = base({ nextUpdate: days(-1), thisUpdate: days(-9) });
      check([stale, delta()]);
      refused('ERR_CRL_STALE', [stale]);
      refused('ERR_CRL_STALE', [stale, delta({ thisUpdate: days(-4), nextUpdate: days(-3) })]);
    });

    it('is nothing without a fitting base', () => {
      refused('ERR_CRL_DELTA_WITHOUT_BASE', [delta()]);
      const stale = { nextUpdate: days(-1), thisUpdate: days(-9) };
      // Each of these would be kept in use by a delta that fits.
      refused('ERR_CRL_STALE', [base(stale), crl({ number: 12, base: 11 })]);
      refused('ERR_CRL_STALE', [base({ ...stale, number: 13 }), delta()]);
      refused('ERR_CRL_STALE', [base(stale), delta({ idp: { onlyUser: true } })]);
      refused('ERR_CRL_STALE', [base(stale), delta({ aki: false })]);
      refused('ERR_REVOKED', [delta({ entries: [revoked] })]);
    });
  });

  it('proves nothing about a certificate that expired before the list was made', () => {
    const short = makeLeaf(issuing, { notAfter: days(10) });
    const later = days(20);
    const path = pathOf([short, issuing, root]);
    const judge = (spec: CrlSpec): unknown =>
      checkRevocation(path, {
        evidence: decodeEvidence({ crls: [rootCrl, crl(spec)] }, 'test'),
        mode: 'require',
        at: later,
      });
    judge({ thisUpdate: days(9) });
    expectCode('ERR_REVOCATION_EXPIRED_CERTIFICATE', () => judge({ thisUpdate: days(11) }));
    const keeps = extensions.raw('2.5.29.60', false, der.generalizedTime(days(-100)));
    judge({ thisUpdate: days(11), extra: [keeps] });
    const tooLate = extensions.raw('2.5.29.60', false, der.generalizedTime(days(11)));
    expectCode('ERR_REVOCATION_EXPIRED_CERTIFICATE', () => judge({ thisUpdate: days(11), extra: [tooLate] }));
  });

  it('names what could not be decoded when nothing else proves the status', () => {
    refused('ERR_CRL_NO_NEXT_UPDATE', [crl({ nextUpdate: undefined })]);
    // A file that was given and cannot be read refuses, whatever else there is.
    refused('ERR_CRL_NO_NEXT_UPDATE', [crl(), crl({ nextUpdate: undefined })]);
  });

  it('takes a list without a number for a complete one, and says so', () => {
    const checked = check([crl({ number: null })]);
    expect(checked.warnings.map(({ code }) => code)).to.deep.equal(['ERR_CRL_NUMBER_MISSING']);
  });

  it('ends within its budget on signers that all depend on each other', () => {
    const ring = (size: number): { bag: Issued[]; crls: Uint8Array[] } => {
      const extension = {
        [Oid.keyUsage]: extensions.keyUsage(['cRLSign']),
        [Oid.basicConstraints]: undefined,
      };
      const keys = Array.from({ length: size }, (_, i) => testKey('ec-p256', `ring ${i}`));
      return {
        bag: keys.map((key) =>
          makeIntermediate(issuing, { subject: issuing.subject, key, extensions: extension }),
        ),
        crls: keys.map((key, i) => makeCrl({ subject: issuing.subject, key }, { number: i + 1 })),
      };
    };
    const small = ring(2);
    check(small.crls, { bag: small.bag });
    const large = ring(24);
    const before = performance.now();
    refused('ERR_EVIDENCE_BUDGET', large.crls, { bag: large.bag });
    expect(performance.now() - before).to.be.below(10_000);
  });

  it('distinguishes an unused context tag from a name', () => {
    // A point whose CRL issuer is no directory name can be matched by no list.
    const odd = der.sequence(der.element(0xa2, der.element(contextPrimitive(2), Buffer.from('ca.example'))));
    refused('ERR_CRL_SCOPE', [crl({ idp: { onlyCa: true } })], { leaf: makeLeaf(issuing, points(odd)) });
    check([crl()], { leaf: makeLeaf(issuing, points(odd)) });
  });
});
