import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ErrorCode } from '../../core/errors/index.js';
import { archiveInput, TimestampToken } from '../../core/timestamp/index.js';
import { Oid } from '../../core/x509/index.js';
import {
  decodeEvidence,
  type Report,
  ReportBuilder,
  type TrustAnchors,
  TrustPolicy,
  type VerifyOptions,
  verifyModel,
} from '../../loader/index.js';
import { editBundle, flip } from '../support/edit-bundle.js';
import { expectCodeAsync } from '../support/errors.js';
import { AT, extensions, makeLeaf, makeRoot, testKey } from '../support/pki.js';
import { days, makeCrl, type TestEntry } from '../support/revocation.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';
import { signToken, type TestTsa, TSA_EXTENSIONS, testTsa } from '../support/timestamp.js';

const YEAR = 365;
const LATER = days(5 * YEAR);
const pub = publisher({ notBefore: days(-10), notAfter: days(90) });
const tsa = testTsa();

const signatureOf = (file: string): Uint8Array =>
  new Uint8Array(
    Buffer.from(JSON.parse(readFileSync(file, 'utf8')).dsseEnvelope.signatures[0].sig, 'base64'),
  );

function setTokens(file: string, tokens: readonly Uint8Array[]): void {
  editBundle(file, (bundle) => {
    bundle.verificationMaterial.timestampVerificationData = {
      rfc3161Timestamps: tokens.map((t) => ({ signedTimestamp: Buffer.from(t).toString('base64') })),
    };
  });
}

async function renewal(
  by: TestTsa,
  signature: Uint8Array,
  earlier: readonly Uint8Array[],
  at: Date,
): Promise<Uint8Array> {
  return by.stamp(
    archiveInput(
      signature,
      earlier.map((t) => TimestampToken.decode(t)),
    ),
    at,
    'sha512',
  );
}

describe('time stamps of signatures', () => {
  const temp = useTemp();
  let folder = '';
  let file = '';
  let signature: Uint8Array = new Uint8Array(0);

  beforeEach(async () => {
    folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder);
    file = join(folder, 'model.sig');
    signature = signatureOf(file);
  });

  const base = (more: Partial<VerifyOptions> = {}): VerifyOptions => ({
    at: LATER,
    trustRoots: pub.trustRoots,
    tsaRoots: tsa.anchors,
    ...more,
  });
  const accepted = async (more: Partial<VerifyOptions> = {}): Promise<Report> => {
    const { report } = await verifyModel(folder, base(more));
    expect(report.verdict).to.equal('accepted');
    return report;
  };
  /** Refused as if there were no token, and the report names what was wrong with it. */
  const useless = async (
    code: ErrorCode,
    more: Partial<VerifyOptions> = {},
    refusal: ErrorCode = 'ERR_CERT_EXPIRED',
  ): Promise<void> => {
    const options = base(more);
    const report = new ReportBuilder(folder, options.at);
    await expectCodeAsync(refusal, () => verifyModel(folder, { ...options, report }));
    const said = report.build().checks.filter(({ name }) => name === 'timestamp.token');
    expect(
      said.some(({ detail, outcome }) => outcome === 'warning' && detail.includes(`[${code}]`)),
      JSON.stringify(said),
    ).to.equal(true);
  };

  it('let a signature outlive its certificate', async () => {
    setTokens(file, [await tsa.stamp(signature)]);
    const report = await accepted();
    expect(report.checks.find(({ name }) => name === 'timestamp')?.detail).to.include('2026-06-01T00:00:01Z');
    expect(report.checks.find(({ name }) => name === 'path.validity')?.detail).to.include('2026-06-01');
    // The same without the token, and without an authority that is believed.
    await expectCodeAsync('ERR_CERT_EXPIRED', () => verifyModel(folder, base({ tsaRoots: undefined })));
    setTokens(file, []);
    await expectCodeAsync('ERR_CERT_EXPIRED', () => verifyModel(folder, base()));
    await accepted({ at: days(89) });
  });

  it('are read as bare tokens too', async () => {
    setTokens(file, [TimestampToken.decode(await tsa.stamp(signature)).raw]);
    await accepted();
  });

  it('count by their time: one after the end of the certificate is too late, one before its begin too early', async () => {
    setTokens(file, [await tsa.stamp(signature, days(91))]);
    await expectCodeAsync('ERR_CERT_EXPIRED', () => verifyModel(folder, base()));
    setTokens(file, [await tsa.stamp(signature, days(91)), await tsa.stamp(signature, days(89))]);
    await accepted();
    setTokens(file, [await tsa.stamp(signature, days(-11))]);
    await expectCodeAsync('ERR_CERT_NOT_YET_VALID', () => accepted({ at: AT }));
  });

  it('count no later than their accuracy allows', async () => {
    const vague = testTsa({}, tsa.root, { accuracySeconds: 300 });
    // A second before the end, give or take five minutes.
    setTokens(file, [await vague.stamp(signature, new Date(days(90).getTime() - 1000))]);
    await expectCodeAsync('ERR_CERT_EXPIRED', () => verifyModel(folder, base()));
    setTokens(file, [await vague.stamp(signature, new Date(days(90).getTime() - 301_000))]);
    await accepted();
    const useful = testTsa({}, tsa.root, { accuracySeconds: 3600 });
    setTokens(file, [await useful.stamp(signature)]);
    await useless('ERR_TIMESTAMP_ACCURACY');
  });

  it('do not help when forged, foreign, of the future or not trusted, and are named', async () => {
    const good = await tsa.stamp(signature);
    setTokens(file, [await tsa.stamp(Buffer.from('another signature'))]);
    await useless('ERR_TIMESTAMP_IMPRINT');
    setTokens(file, [good.subarray(0, good.length - 1)]);
    await useless('ERR_DER');
    editBundle(file, (bundle) => {
      const [entry] = bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps;
      entry.signedTimestamp = flip(Buffer.from(good).toString('base64'), -1);
    });
    await useless('ERR_CMS_SIGNATURE');
    setTokens(file, [await tsa.stamp(signature, days(1))]);
    const { checks } = await accepted({ at: AT });
    expect(checks.find(({ name }) => name === 'timestamp.token')?.detail).to.include('ERR_TIMESTAMP_FUTURE');
    setTokens(file, [await tsa.stamp(signature, days(6 * YEAR))]);
    await useless('ERR_TIMESTAMP_FUTURE');
    const other = testTsa({}, makeRoot({ subject: 'Other Root', key: testKey('ec-p256', 'other') }));
    setTokens(file, [await other.stamp(signature)]);
    await useless('ERR_TIMESTAMP_TSA');
    // The signer's own CA is no time-stamp authority unless it is said to be.
    await useless('ERR_TIMESTAMP_TSA', { tsaRoots: pub.trustRoots });
    // A useless one beside a good one harms nothing.
    setTokens(file, [await other.stamp(signature), good, Uint8Array.of(0x30, 0)]);
    await accepted();
  });

  it('must be of an authority for nothing else, valid then and now', async () => {
    const make = async (spec: Parameters<typeof testTsa>[0]): Promise<void> => {
      setTokens(file, [await testTsa(spec, tsa.root).stamp(signature)]);
    };
    await make({ notAfter: days(2 * YEAR) });
    await useless('ERR_TIMESTAMP_TSA');
    await accepted({ at: days(2 * YEAR - 1) });
    await make({ extensions: { [Oid.keyUsage]: extensions.keyUsage(['keyAgreement']) } });
    await useless('ERR_TIMESTAMP_TSA');
    // Our own authority signs with no such certificate, so that the certificate is exchanged for one of the same key.
    const key = testKey('ec-p256', 'exchanged');
    for (const [eku, code] of [
      [extensions.extKeyUsage([Oid.timeStamping], false), 'ERR_TIMESTAMP_TSA'],
      [extensions.extKeyUsage([Oid.timeStamping, Oid.codeSigning], true), 'ERR_TIMESTAMP_TSA'],
      [extensions.extKeyUsage([Oid.codeSigning], true), 'ERR_TIMESTAMP_TSA'],
      [undefined, 'ERR_TIMESTAMP_TSA'],
      [extensions.extKeyUsage([Oid.timeStamping], true), undefined],
    ] as const) {
      const issued = makeLeaf(tsa.root, {
        subject: 'Exchanged',
        key,
        extensions: { ...TSA_EXTENSIONS, [Oid.extKeyUsage]: eku },
      });
      setTokens(file, [await signToken({ signature, issued })]);
      if (code === undefined) await accepted();
      else await useless(code);
    }
  });

  it('say which certificate signed: another for the same key will not do', async () => {
    const key = testKey('ec-p256', 'twice');
    const spec = { subject: 'Twice', key, extensions: TSA_EXTENSIONS, serial: 7 };
    const issued = makeLeaf(tsa.root, spec);
    const twin = makeLeaf(tsa.root, { ...spec, notAfter: days(9 * YEAR) });
    setTokens(file, [await signToken({ signature, issued })]);
    await accepted();
    setTokens(file, [await signToken({ signature, issued, bring: twin })]);
    await useless('ERR_CMS_SIGNATURE');
    setTokens(file, [await signToken({ signature, issued, bound: false })]);
    await useless('ERR_CMS_SIGNATURE');
  });

  it('must be made under a policy that is accepted, where policies are named', async () => {
    const policy = '1.3.6.1.4.1.99999.1';
    const named = testTsa({}, tsa.root, { policy });
    setTokens(file, [await named.stamp(signature)]);
    await accepted({ tsaPolicies: ['1.2.3', policy] });
    await useless('ERR_TIMESTAMP_POLICY', { tsaPolicies: ['1.2.3'] });
  });

  describe('and revocation of the signer', () => {
    const ofTsa = makeCrl(tsa.root, { nextUpdate: days(9 * YEAR) });
    const judge = async (
      entry: Omit<TestEntry, 'serial'> | undefined,
      more: Partial<VerifyOptions> = {},
      thisUpdate = days(30),
    ): Promise<Report> => {
      const entries = entry ? [{ serial: pub.leaf.certificate.serialBytes, ...entry }] : [];
      const list = makeCrl(pub.issuing, { entries, thisUpdate, nextUpdate: days(60) });
      const above = makeCrl(pub.root, { thisUpdate: days(-1), nextUpdate: days(9 * YEAR) });
      const evidence = decodeEvidence({ crls: [list, above, ofTsa] }, 'test');
      return accepted({ at: days(40), evidence, ...more });
    };
    beforeEach(async () => {
      setTokens(file, [await tsa.stamp(signature)]);
    });
    const late = days(20);

    it('counts later ones by their reason', async () => {
      for (const reason of [3, 4, 5]) {
        const report = await judge({ reason, date: late });
        expect(report.checks.some(({ name }) => name === 'revocation.after-signing')).to.equal(true);
        await expectCodeAsync('ERR_REVOKED', () => judge({ reason, date: late }, { tsaRoots: undefined }));
        await expectCodeAsync('ERR_REVOKED', () => judge({ reason, date: days(-1) }));
        await expectCodeAsync('ERR_REVOKED', () => judge({ reason, date: late, invalidityDate: days(-1) }));
      }
      for (const reason of [undefined, 0, 1, 2, 6, 9, 10])
        await expectCodeAsync('ERR_REVOKED', () =>
          judge({ date: late, ...(reason === undefined ? {} : { reason }) }),
        );
    });

    it('counts a compromise by its invalidity date', async () => {
      for (const reason of [1, 2, 10]) {
        await judge({ reason, date: late, invalidityDate: days(10) });
        await expectCodeAsync('ERR_REVOKED', () => judge({ reason, date: late, invalidityDate: days(-1) }));
        await expectCodeAsync('ERR_REVOKED', () => judge({ reason, date: late, invalidityDate: AT }));
        await expectCodeAsync('ERR_REVOKED', () =>
          judge({ reason, date: late, invalidityDate: days(10) }, { tsaRoots: undefined }),
        );
      }
      // Reasons that say nothing of a time do not gain by one.
      for (const reason of [0, 6, 9])
        await expectCodeAsync('ERR_REVOKED', () => judge({ reason, date: late, invalidityDate: days(10) }));
    });

    it('wants evidence of the present while the certificate lives, afterwards of any time since signing', async () => {
      await judge(undefined);
      await expectCodeAsync('ERR_CRL_STALE', () => judge(undefined, { at: days(70) }));
      const report = await judge(undefined, { at: LATER });
      expect(report.checks.find(({ name }) => name === 'revocation.as-of')?.detail).to.include('2026-07-01');
      await expectCodeAsync('ERR_CRL_STALE', () => judge(undefined, { at: LATER, revocation: 'require' }));
      const last = makeCrl(pub.issuing, { thisUpdate: days(89), nextUpdate: days(120) });
      const above = makeCrl(pub.root, { thisUpdate: days(-1), nextUpdate: days(9 * YEAR) });
      await accepted({
        at: LATER,
        revocation: 'require',
        evidence: decodeEvidence({ crls: [last, above, ofTsa] }, 'test'),
      });
    });

    it('does not clear anybody with evidence from before signing', async () => {
      const list = makeCrl(pub.issuing, { thisUpdate: days(-40), nextUpdate: days(-10) });
      await expectCodeAsync('ERR_CRL_STALE', () =>
        accepted({ evidence: decodeEvidence({ crls: [list] }, 'test') }),
      );
    });
  });

  describe('and revocation of their authority', () => {
    const listing = (entry: Omit<TestEntry, 'serial'>): Partial<VerifyOptions> => ({
      evidence: decodeEvidence(
        {
          crls: [
            makeCrl(tsa.root, {
              entries: [{ serial: tsa.issued.certificate.serialBytes, ...entry }],
              thisUpdate: days(4 * YEAR),
              nextUpdate: days(6 * YEAR),
            }),
          ],
        },
        'test',
      ),
      revocation: 'prefer',
    });

    it('counts by reason, as RFC 3161 §4 has it', async () => {
      setTokens(file, [await tsa.stamp(signature)]);
      const later = days(YEAR);
      for (const reason of [0, 3, 4, 5]) {
        await accepted(listing({ reason, date: later }));
        await useless('ERR_TIMESTAMP_TSA', listing({ reason, date: days(-1) }));
      }
      for (const reason of [1, 2]) {
        await useless('ERR_TIMESTAMP_TSA', listing({ reason, date: later }));
        await useless('ERR_TIMESTAMP_TSA', listing({ reason, date: later, invalidityDate: days(300) }));
      }
      await useless('ERR_TIMESTAMP_TSA', listing({ date: later }));
    });

    it('harms no token that another authority renewed before', async () => {
      const second = testTsa({ subject: 'Second TSA', key: testKey('ec-p256', 'second') });
      const first = await tsa.stamp(signature);
      setTokens(file, [first, await renewal(second, signature, [first], days(100))]);
      await accepted(listing({ reason: 1, date: days(200), invalidityDate: days(150) }));
      await useless('ERR_TIMESTAMP_TSA', listing({ reason: 1, date: days(200), invalidityDate: days(50) }));
      await useless('ERR_TIMESTAMP_TSA', listing({ reason: 1, date: days(200) }));
    });
  });

  describe('renewed', () => {
    const short = testTsa({ notAfter: days(2 * YEAR), key: testKey('ec-p256', 'short') });
    const middle = testTsa({ notAfter: days(4 * YEAR), key: testKey('ec-p256', 'middle') });

    it('hold as long as the newest one does, and not without', async () => {
      const first = await short.stamp(signature);
      setTokens(file, [first]);
      await accepted({ at: days(2 * YEAR - 1) });
      await useless('ERR_TIMESTAMP_TSA');
      const second = await renewal(middle, signature, [first], days(YEAR));
      setTokens(file, [first, second]);
      await accepted({ at: days(4 * YEAR - 1) });
      await useless('ERR_TIMESTAMP_TSA');
      const third = await renewal(tsa, signature, [first, second], days(3 * YEAR));
      setTokens(file, [first, second, third]);
      const report = await accepted();
      expect(report.checks.filter(({ name }) => name === 'timestamp.token')).to.have.length(3);
      // A link is missing, or another stands in its place.
      setTokens(file, [first, third]);
      await useless('ERR_TIMESTAMP_IMPRINT');
      setTokens(file, [second, third]);
      await useless('ERR_TIMESTAMP_IMPRINT');
      setTokens(file, [await short.stamp(signature), second, third]);
      await useless('ERR_TIMESTAMP_IMPRINT');
    });

    it('do not hold when renewed too late, or before they were made', async () => {
      const first = await short.stamp(signature);
      setTokens(file, [first, await renewal(tsa, signature, [first], days(2 * YEAR + 1))]);
      await useless('ERR_TIMESTAMP_TSA');
      setTokens(file, [first, await renewal(tsa, signature, [first], days(-1))]);
      await useless('ERR_TIMESTAMP_TSA');
      setTokens(file, [first, await renewal(tsa, Buffer.from('another'), [first], days(YEAR))]);
      await useless('ERR_TIMESTAMP_IMPRINT');
    });
  });

  it('are of one signature: that of another in the envelope does not help', async () => {
    const stolen = Buffer.from('junk that was stamped long ago');
    setTokens(file, [await tsa.stamp(stolen)]);
    editBundle(file, (bundle) => {
      bundle.dsseEnvelope.signatures.push({ sig: stolen.toString('base64'), keyid: '' });
    });
    const policy = TrustPolicy.of({ signatures: 'any' });
    await expectCodeAsync('ERR_TIMESTAMP_OTHER_SIGNATURE', () => accepted({ policy }));
    await expectCodeAsync('ERR_SIGNATURE_INVALID', () => accepted());
  });

  it('do not prolong a signature that its signer limited', async () => {
    await pub.sign(folder, { overwrite: true, expires: days(30) });
    setTokens(file, [await tsa.stamp(signatureOf(file))]);
    await accepted({ at: days(30) });
    await expectCodeAsync('ERR_SIGNATURE_EXPIRED', () => accepted({ at: days(31) }));
    await expectCodeAsync('ERR_SIGNATURE_EXPIRED', () => accepted());
    await expectCodeAsync('ERR_SIGN_OPTION', () => pub.sign(folder, { overwrite: true, expires: days(-1) }));
  });

  it('need anchors that were made as such', async () => {
    setTokens(file, [await tsa.stamp(signature)]);
    await expectCodeAsync('ERR_USAGE', () => accepted({ tsaRoots: { ...tsa.anchors } as TrustAnchors }));
  });
});
