import { expect } from 'chai';
import type { ErrorCode } from '../../../core/errors/index.js';
import { ReportBuilder } from '../../../core/report/index.js';
import {
  CheckedPath,
  checkRevocation,
  decodeEvidence,
  describeEvidence,
  NO_EVIDENCE,
  type RevocationMode,
} from '../../../loader/revocation/index.js';
import { verifyCertificate } from '../../../loader/verify-certificate.js';
import { TrustAnchors } from '../../../loader/path/index.js';
import { reportMode, reportPath } from '../../../loader/revocation/report.js';
import { expectCode, expectCodeAsync } from '../../support/errors.js';
import { AT, extensions, type Issued, makeChain, makeLeaf } from '../../support/pki.js';
import { type CrlSpec, days, makeCrl, makeOcsp, pathOf, type TestEntry } from '../../support/revocation.js';

const { root, issuing, leaf } = makeChain();
const named = makeLeaf(issuing, {
  extra: [extensions.crlDistributionPoints(['http://ca.example/1.crl'])],
});
const withOcsp = makeLeaf(issuing, { extra: [extensions.authorityInfoAccess(['http://ocsp.example/'])] });
const rootCrl = makeCrl(root);
const serial = leaf.certificate.serialBytes;

function check(
  crls: readonly Uint8Array[],
  mode?: RevocationMode,
  setup: {
    leaf?: Issued;
    signedAt?: Date;
    report?: ReportBuilder;
    ocsp?: readonly Uint8Array[];
    origin?: 'given' | 'stapled';
  } = {},
): CheckedPath {
  const { report } = setup;
  if (report) reportMode(mode, report);
  const checked = checkRevocation(pathOf([setup.leaf ?? leaf, issuing, root]), {
    evidence: decodeEvidence({ crls, ocsp: setup.ocsp ?? [] }, 'test', [], setup.origin),
    mode,
    at: AT,
    signedAt: setup.signedAt,
  });
  if (report) reportPath(checked, report);
  return checked;
}

const codes = (checked: CheckedPath): string[] => checked.warnings.map(({ code }) => code);

describe('revocation mode', () => {
  it('require refuses without evidence', () => {
    expectCode('ERR_REVOCATION_EVIDENCE_MISSING', () => check([], 'require'));
    expectCode('ERR_REVOCATION_EVIDENCE_MISSING', () => check([makeCrl(issuing)], 'require'));
    check([rootCrl, makeCrl(issuing)], 'require');
  });

  it('prefer reports what is missing and what did not count, and never calls it good', () => {
    const none = check([], 'prefer');
    expect(none.statuses.map(({ status }) => status)).to.deep.equal(['unknown', 'unknown']);
    expect(codes(none)).to.deep.equal(['ERR_REVOCATION_EVIDENCE_MISSING', 'ERR_REVOCATION_EVIDENCE_MISSING']);
    const stale = check(
      [rootCrl, makeCrl(issuing, { thisUpdate: days(-5), nextUpdate: days(-1) })],
      'prefer',
      { origin: 'stapled' },
    );
    expect(stale.statuses.map(({ status }) => status)).to.deep.equal(['unknown', 'good']);
    expect(codes(stale)).to.deep.equal(['ERR_CRL_STALE']);
    const damaged = check([rootCrl, new Uint8Array([0x30, 0])], 'prefer', { origin: 'stapled' });
    expect(codes(damaged)).to.include('ERR_DER');
  });

  it('prefer refuses evidence that was given on purpose and is of no use', () => {
    const old = makeCrl(issuing, { thisUpdate: days(-5), nextUpdate: days(-1) });
    expectCode('ERR_CRL_STALE', () => check([rootCrl, old], 'prefer'));
    expectCode('ERR_DER', () => check([rootCrl, new Uint8Array([0x30, 0])], 'prefer'));
    // With a list that does, an old one beside it is no harm.
    check([rootCrl, old, makeCrl(issuing)], 'prefer');
  });

  it('prefer refuses what is revoked', () => {
    expectCode('ERR_REVOKED', () => check([makeCrl(issuing, { entries: [{ serial }] })], 'prefer'));
    const revoked = makeOcsp(issuing, {
      answers: [{ certificate: leaf.certificate, issuer: issuing, status: {} }],
    });
    expectCode('ERR_REVOKED', () => check([], 'prefer', { ocsp: [revoked] }));
  });

  it('off looks at nothing and says so', () => {
    const report = new ReportBuilder('test', AT);
    const checked = check([makeCrl(issuing, { entries: [{ serial }] })], 'off', { report });
    expect(checked.statuses.map(({ status }) => status)).to.deep.equal(['skipped', 'skipped']);
    const outcomes = report.build().checks.map(({ name, outcome }) => `${name} ${outcome}`);
    expect(outcomes).to.deep.equal([
      'revocation.mode skipped',
      'revocation.crl skipped',
      'revocation.ocsp skipped',
    ]);
    expect(describeEvidence(checked).mode).to.equal('off');
  });

  it('by default requires proof where an address is named', () => {
    expectCode('ERR_REVOCATION_EVIDENCE_MISSING', () => check([], undefined, { leaf: named }));
    expectCode('ERR_REVOCATION_EVIDENCE_MISSING', () => check([], undefined, { leaf: withOcsp }));
    check([makeCrl(issuing)], undefined, { leaf: named });
    expect(codes(check([]))).to.have.length(2);
  });

  it('by default requires proof of the leaf as soon as there is evidence, and of a CA that it is about', () => {
    expectCode('ERR_REVOCATION_EVIDENCE_MISSING', () => check([rootCrl]));
    expectCode('ERR_CRL_STALE', () =>
      check([makeCrl(issuing, { thisUpdate: days(-5), nextUpdate: days(-1) })]),
    );
    const staleRoot = makeCrl(root, { thisUpdate: days(-5), nextUpdate: days(-1) });
    expectCode('ERR_CRL_STALE', () => check([makeCrl(issuing), staleRoot]));
    const leafOnly = check([makeCrl(issuing)]);
    expect(leafOnly.statuses.map(({ status }) => status)).to.deep.equal(['good', 'unknown']);
    expect(codes(leafOnly)).to.deep.equal(['ERR_REVOCATION_EVIDENCE_MISSING']);
  });

  it('writes every check into the report', () => {
    const report = new ReportBuilder('test', AT);
    const checked = check([rootCrl, makeCrl(issuing, { number: 8 })], 'require', { report });
    const outcomes = report.build().checks.map(({ name, outcome }) => `${name} ${outcome}`);
    expect(outcomes).to.deep.equal([
      'revocation.mode passed',
      'revocation.crl passed',
      'revocation.ocsp skipped',
    ]);
    const described = JSON.parse(JSON.stringify(describeEvidence(checked)));
    expect(described.certificates[0]).to.deep.include({ subject: 'CN=Test Developer', status: 'good' });
    expect(described.certificates[0].evidence).to.deep.equal([
      {
        kind: 'crl',
        source: 'test',
        issuer: 'CN=Test Issuing CA',
        thisUpdate: '2026-05-31T00:00:00Z',
        nextUpdate: '2026-07-01T00:00:00Z',
        number: '8',
        says: 'good',
      },
    ]);
  });

  it('says in the report of a refusal what was asked for', async () => {
    const report = new ReportBuilder('test', AT);
    const crls = [makeCrl(issuing, { entries: [{ serial }] })];
    await expectCodeAsync('ERR_REVOKED', () =>
      verifyCertificate(leaf.certificate, {
        anchors: TrustAnchors.from([root.certificate]),
        intermediates: [issuing.certificate],
        at: AT,
        evidence: decodeEvidence({ crls }, 'test'),
        revocation: 'prefer',
        purpose: 'code-signing',
        report,
      }),
    );
    const names = report.build().checks.map(({ name, outcome }) => `${name} ${outcome}`);
    expect(names.slice(-2)).to.deep.equal(['revocation.mode passed', 'revocation failed']);
  });

  it('takes only so many pieces of evidence', () => {
    const piece = new Uint8Array([0x30, 0]);
    expect(decodeEvidence({ crls: new Array(1024).fill(piece) }, 'test').rejected).to.have.length(1024);
    expectCode('ERR_EVIDENCE_TOO_MUCH', () => decodeEvidence({ crls: new Array(1025).fill(piece) }, 'test'));
  });

  it('cannot be passed by, neither with a copy nor with a path that was not validated', () => {
    const checked = check([rootCrl, makeCrl(issuing)], 'require');
    expect(CheckedPath.isChecked(checked)).to.equal(true);
    expect(CheckedPath.isChecked({ ...checked })).to.equal(false);
    const path = { ...pathOf([leaf, issuing, root]) } as unknown as ReturnType<typeof pathOf>;
    expectCode('ERR_INTERNAL', () => checkRevocation(path, { evidence: NO_EVIDENCE, mode: 'off', at: AT }));
  });
});

describe('revocation after signing', () => {
  const signedAt = days(-10);
  const judge = (entry: Omit<TestEntry, 'serial'>, at: Date | undefined = signedAt, spec: CrlSpec = {}) =>
    check([rootCrl, makeCrl(issuing, { ...spec, entries: [{ serial, ...entry }] })], 'require', {
      ...(at ? { signedAt: at } : {}),
    });
  const refused = (...given: Parameters<typeof judge>): void => {
    expectCode('ERR_REVOKED' as ErrorCode, () => judge(...given));
  };
  const later = days(-5);

  it('is accepted when the certificate was only replaced or retired', () => {
    for (const reason of [3, 4, 5]) {
      const checked = judge({ reason, date: later });
      expect(checked.statuses[0]?.status).to.equal('revoked');
      expect(describeEvidence(checked).certificates[0]?.revocations[0]?.date).to.equal(
        '2026-05-27T00:00:00Z',
      );
    }
  });

  it('is refused for every reason that may mean a stolen key, and for none', () => {
    for (const reason of [0, 1, 2, 6, 9, 10]) refused({ reason, date: later });
    refused({ date: later });
  });

  it('is refused when it came before signing, also by its invalidity date', () => {
    refused({ reason: 4, date: days(-11) });
    refused({ reason: 4, date: signedAt });
    refused({ reason: 4, date: later, invalidityDate: days(-11) });
    judge({ reason: 4, date: later, invalidityDate: days(-9) });
  });

  it('is refused when the time of signing is no time', () => {
    refused({ reason: 4, date: later }, new Date(Number.NaN));
  });

  it('is refused without a trusted time of signing', () => {
    for (const reason of [3, 4, 5]) {
      expectCode('ERR_REVOKED', () =>
        check([rootCrl, makeCrl(issuing, { entries: [{ serial, reason }] })], 'require'),
      );
    }
  });

  it('counts by the harshest source', () => {
    const list = makeCrl(issuing, { entries: [{ serial, reason: 4, date: later }] });
    const compromised = makeOcsp(issuing, {
      answers: [{ certificate: leaf.certificate, issuer: issuing, status: { reason: 1, date: later } }],
    });
    expectCode('ERR_REVOKED', () => check([rootCrl, list], 'require', { signedAt, ocsp: [compromised] }));
    check([rootCrl, list], 'require', { signedAt });
  });
});
