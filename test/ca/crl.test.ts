import { join } from 'node:path';
import { expect } from 'chai';
import { CertificateRevocationList } from 'pkijs';
import { encodeRevokedEntry } from '../../ca/encode/crl.js';
import { OFFERED_REASONS } from '../../ca/index.js';
import { invalidityDate } from '../../ca/reasons.js';
import { openDatabase } from '../../ca/store/database.js';
import { CertificateList } from '../../core/x509/crl.js';
import { signatureAlgorithm, verifySignedData } from '../../core/x509/index.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, openNew, save, seconds } from './support/authority.js';

describe('ca: revocation and CRLs', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');

  it('publishes every reason as OpenSSL and pkijs read it', async function () {
    needOpenssl(this);
    const ca = await openNew(home());
    const reasons = OFFERED_REASONS;
    for (const reason of reasons) {
      const { serialNumber: serial } = await ca.issue(ada());
      const [record] = await ca.revoke({
        serial,
        at: AT,
        reason,
        ...(reason === 'keyCompromise' ? { invalidityDate: days(-3) } : {}),
      });
      expect(record).to.deep.include({ state: 'revoked' });
    }
    const crl = await ca.crl({ at: AT, days: 7 });
    expect(crl).to.deep.include({ entries: reasons.length, number: 2, nextUpdate: days(7) });
    const file = save(temp(), 'issuing.crl', crl.der);
    const text = openssl([
      'crl',
      '-in',
      file,
      '-CAfile',
      join(home(), 'issuing.pem'),
      '-noout',
      '-text',
    ]).output;
    expect(text).to.include('verify OK');
    expect(text).to.match(/X509v3 CRL Number:\s+2\n/);
    expect(text).to.include('X509v3 Authority Key Identifier');
    expect(text).to.match(/Invalidity Date:\s+Nov 19 12:00:00 2026 GMT/);
    // `unspecified` is said by leaving the extension out.
    expect(text.match(/X509v3 CRL Reason Code/g)).to.have.length(reasons.length - 1);

    const other = CertificateRevocationList.fromBER(new Uint8Array(crl.der));
    expect(other.revokedCertificates).to.have.length(reasons.length);
    expect(other.revokedCertificates?.[0]?.crlEntryExtensions).to.equal(undefined);
    await ca.close();
  });

  it('is read back by our own decoder, empty and with entries', async () => {
    const ca = await openNew(home());
    const empty = CertificateList.decode((await ca.crl({ at: AT })).der);
    // Backdated for slow clocks, like certificates.
    const thisUpdate = new Date(AT.getTime() - 300_000);
    expect(empty).to.deep.include({ thisUpdate, number: 2n, entryCount: 0 });
    expect(empty.expiredCertificatesSince).to.deep.equal(ca.issuing.certificate.notBefore);
    expect(empty.authorityKeyId).to.deep.equal(ca.issuing.certificate.subjectKeyIdentifier);
    const { serialNumber: serial } = await ca.issue(ada());
    await ca.revoke({ serial, at: AT, reason: 'superseded' });
    const list = CertificateList.decode((await ca.crl({ at: AT })).der);
    // Not before the newest revocation on it.
    expect(list).to.deep.include({ thisUpdate: AT, nextUpdate: days(30) });
    expect(list.find(Buffer.from(serial, 'hex'))).to.deep.equal([
      { revocationDate: AT, reason: 'superseded' },
    ]);
    expect(
      verifySignedData(
        signatureAlgorithm(list.signatureAlgorithm),
        ca.issuing.certificate.publicKey(),
        list.tbs,
        list.signature,
      ),
    ).to.equal(true);
    await ca.close();
  });

  it('makes OpenSSL refuse exactly the revoked certificate', async function () {
    needOpenssl(this);
    const ca = await openNew(home());
    const good = await ca.issue(ada());
    const bad = await ca.issue(ada());
    await ca.revoke({ serial: bad.serialNumber, at: AT, reason: 'keyCompromise' });
    const crl = save(temp(), 'issuing.crl', (await ca.crl({ at: AT })).der);
    await ca.close();
    const verify = (pem: string, chain: string) =>
      openssl([
        ...['verify', '-x509_strict', '-attime', seconds(AT), '-crl_check_all', '-CRLfile', crl],
        ...['-CRLfile', join(home(), 'root.crl'), '-CAfile', join(home(), 'root.pem')],
        ...['-untrusted', save(temp(), 'chain.pem', chain), save(temp(), 'leaf.pem', pem)],
      ]);
    expect(verify(good.pem, good.chainPem).output).to.match(/OK\s*$/);
    expect(verify(bad.pem, bad.chainPem).output).to.include('certificate revoked');
  });

  it('refuses unknown serials, second revocations and impossible dates', async () => {
    const ca = await openNew(home());
    const { serialNumber: serial } = await ca.issue(ada());
    await expectCodeAsync('ERR_SERIAL_UNKNOWN', () =>
      ca.revoke({ serial: 'ab', at: AT, reason: 'superseded' }),
    );
    await expectCodeAsync('ERR_REVOCATION_DATE', () =>
      ca.revoke({ serial, at: AT, reason: 'keyCompromise', invalidityDate: days(1) }),
    );
    expect((await ca.find(serial)).state).to.equal('issued');
    await expectCodeAsync('ERR_USAGE', () =>
      ca.revoke({ serial, at: AT, reason: 'certificateHold' as 'superseded' }),
    );
    await ca.revoke({ serial, at: AT, reason: 'superseded' });
    await expectCodeAsync('ERR_ALREADY_REVOKED', () => ca.revoke({ serial, at: AT, reason: 'superseded' }));
    // Any reason gives way to the news that the key is compromised, and that one is final.
    await ca.revoke({ serial, at: AT, reason: 'keyCompromise' });
    await expectCodeAsync('ERR_ALREADY_REVOKED', () => ca.revoke({ serial, at: AT, reason: 'superseded' }));
    expect((await ca.find(serial)).revocation?.reason).to.equal('keyCompromise');
    expect((await ca.crl({ at: AT })).entries).to.equal(1);
    await ca.close();
  });

  it('numbers CRLs upwards, each issuer its own, and bounds their life', async () => {
    const ca = await openNew(home());
    const numbers: number[] = [];
    for (let i = 0; i < 3; i++) numbers.push((await ca.crl({ at: AT })).number);
    expect(numbers).to.deep.equal([2, 3, 4]);
    expect((await ca.crl({ at: AT, issuer: 'root' })).number).to.equal(2);
    await expectCodeAsync('ERR_CA_DAYS', () => ca.crl({ at: AT, days: 400 }));
    await expectCodeAsync('ERR_CA_NOT_YET_VALID', () => ca.crl({ at: days(-2) }));
    await ca.close();
  });

  it('joins lists that are longer than one piece of the database', async function () {
    this.timeout(60_000);
    const ca = await openNew(home());
    const { serialNumber } = await ca.issue(ada());
    const count = 45_001;
    const serialOf = (i: number): Buffer => Buffer.from(`50${i.toString(16).padStart(38, '0')}`, 'hex');
    // Straight into the tables: issuing as many certificates would take a minute.
    const db = openDatabase(join(home(), 'ca.db'));
    const certificate = db.prepare(
      `INSERT INTO certificate (serial, issuer, subject, not_before, not_after, key_fingerprint, requested_at)
        VALUES (?, 'issuing', '', 0, 0, '', 0)`,
    );
    const insert = db.prepare(
      `INSERT INTO revocation (serial, issuer, revoked_at, reason, entry) VALUES (?, 'issuing', ?, 'superseded', ?)`,
    );
    db.transaction(() => {
      for (let i = 0; i < count; i++) {
        const serial = serialOf(i);
        const entry = encodeRevokedEntry(serial.toString('hex'), {
          revokedAt: AT,
          reason: 'superseded',
          invalidityDate: undefined,
        });
        certificate.run(serial.toString('hex'));
        insert.run(serial.toString('hex'), AT.getTime(), Buffer.from(entry));
      }
    })();
    db.close();
    const { der, entries } = await ca.crl({ at: AT });
    const list = CertificateList.decode(der);
    expect([entries, list.entryCount]).to.deep.equal([count, count]);
    for (const i of [0, 19_999, 20_000, 40_000, count - 1]) {
      expect(list.find(serialOf(i))[0], String(i)).to.deep.include({ reason: 'superseded' });
    }
    expect(list.find(Buffer.from(serialNumber, 'hex'))).to.deep.equal([]);
    await ca.close();
  });

  it('reads invalidity dates strictly', () => {
    expect(invalidityDate('2026-11-01').toISOString()).to.equal('2026-11-01T00:00:00.000Z');
    expect(invalidityDate('2026-11-01T10:30Z').toISOString()).to.equal('2026-11-01T10:30:00.000Z');
    for (const value of ['yesterday', '2026-02-31', '01.11.2026', '2026-11-01T10:30']) {
      expectCode('ERR_REVOCATION_DATE', () => invalidityDate(value));
    }
  });
});
