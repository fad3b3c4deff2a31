import { join } from 'node:path';
import { expect } from 'chai';
import { LintedCertificate, RecordedCertificate } from '../../ca/certify.js';
import * as x from '../../ca/encode/extensions.js';
import { encodeName } from '../../ca/encode/name.js';
import { spkiOf } from '../../ca/encode/spki.js';
import { GroupCommit } from '../../ca/store/group-commit.js';
import { SqliteStore } from '../../ca/store/sqlite-store.js';
import type { PendingCertificate } from '../../ca/store/store.js';
import { generatePrivateKey, type SigningKey, signatureScheme, signingKey } from '../../core/keys/index.js';
import { expectCodeAsync } from '../support/errors.js';
import { useTemp } from '../support/temp.js';
import { AT, days } from './support/authority.js';

const pending = (serial: string): PendingCertificate => ({
  serial,
  issuer: 'issuing',
  subject: 'CN=Ada',
  identities: ['ada@example.org', '100%_sure'],
  notBefore: AT,
  notAfter: days(90),
  keyFingerprint: `key of ${serial}`,
  requestedAt: AT,
});

describe('ca: store', () => {
  const temp = useTemp();
  const file = (): string => join(temp(), 'ca.db');

  it('knows a certificate before it is signed, and signs each record once', async () => {
    const store = SqliteStore.create(file(), {});
    const inner = signingKey(await generatePrivateKey('ec-p256'));
    const seen: string[] = [];
    const key: SigningKey = {
      publicKey: inner.publicKey,
      async sign(bytes) {
        // A second connection sees only what is committed: this is what a crash right now would leave.
        const other = SqliteStore.open(file());
        seen.push(...(await other.list({})).records.map((record) => `${record.serial} ${record.state}`));
        await other.close();
        return inner.sign(bytes);
      },
    };
    const spki = spkiOf(inner.publicKey);
    const keyId = x.keyIdentifier(spki);
    const name = encodeName({ organization: 'Example', commonName: 'Root' });
    const linted = LintedCertificate.lint(
      {
        signatureAlgorithm: signatureScheme(inner.publicKey).algorithmIdentifier,
        issuer: name,
        subject: name,
        notBefore: AT,
        notAfter: days(3650),
        spki,
        extensions: [
          x.basicConstraints(true, 1),
          x.keyUsage('keyCertSign', 'cRLSign'),
          x.subjectKeyIdentifier(keyId),
          x.authorityKeyIdentifier(keyId),
        ],
      },
      'root',
      undefined,
      AT,
    );
    const recorded = await RecordedCertificate.record(linted, store, AT);
    await recorded.sign(key, store);
    const serial = linted.certificate.serialNumber;
    expect(seen).to.deep.equal([`${serial} pending`]);
    expect((await store.find(serial))?.state).to.equal('issued');
    await expectCodeAsync('ERR_INTERNAL', () => recorded.sign(key, store));
    // The same serial again is refused before any key is touched.
    await expectCodeAsync('ERR_CA_SERIAL_COLLISION', () => RecordedCertificate.record(linted, store, AT));
    await store.close();
  });

  it('throws a faulty signature away', async () => {
    const store = SqliteStore.create(file(), {});
    const inner = signingKey(await generatePrivateKey('ec-p256'));
    const faulty: SigningKey = { publicKey: inner.publicKey, sign: (bytes) => inner.sign(bytes.subarray(1)) };
    const spki = spkiOf(inner.publicKey);
    const keyId = x.keyIdentifier(spki);
    const name = encodeName({ organization: 'Example', commonName: 'Root' });
    const extensions = [
      x.basicConstraints(true, 1),
      x.keyUsage('keyCertSign', 'cRLSign'),
      x.subjectKeyIdentifier(keyId),
      x.authorityKeyIdentifier(keyId),
    ];
    const signatureAlgorithm = signatureScheme(inner.publicKey).algorithmIdentifier;
    const fields = {
      signatureAlgorithm,
      issuer: name,
      subject: name,
      notBefore: AT,
      notAfter: days(1),
      spki,
      extensions,
    };
    const recorded = await RecordedCertificate.record(
      LintedCertificate.lint(fields, 'root', undefined, AT),
      store,
      AT,
    );
    await expectCodeAsync('ERR_CA_SIGNATURE_FAULTY', () => recorded.sign(faulty, store));
    expect((await store.list({})).records.map((record) => record.state)).to.deep.equal(['pending']);
    await store.close();
  });

  it('keeps one bad record of a group from harming the others', async () => {
    const store = SqliteStore.create(file(), {});
    await store.recordPending(pending('aa'));
    const results = await Promise.allSettled(
      ['ab', 'aa', 'ac'].map((serial) => store.recordPending(pending(serial))),
    );
    expect(results.map((result) => result.status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    await expectCodeAsync('ERR_SERIAL_UNKNOWN', () =>
      store.recordIssued({ serial: 'ff', der: new Uint8Array(1) }),
    );
    await store.close();
  });

  it('commits what is asked for in one turn together', async () => {
    const batches: number[] = [];
    const commit = new GroupCommit<number>((items) => batches.push(items.length));
    await Promise.all([1, 2, 3].map((n) => commit.add(n)));
    await commit.add(4);
    expect(batches).to.deep.equal([3, 1]);
  });

  it('finds by exact text, not by pattern', async () => {
    const store = SqliteStore.create(file(), {});
    await store.recordPending(pending('aa'));
    expect((await store.list({ text: '100%_sure' })).records).to.have.length(1);
    expect((await store.list({ text: '%' })).records).to.have.length(1);
    expect((await store.list({ text: 'a_a@' })).records).to.have.length(0);
    expect((await store.list({ state: 'issued' })).records).to.have.length(0);
    await store.close();
  });

  it('survives two writers at once', async () => {
    const one = SqliteStore.create(file(), {});
    const two = SqliteStore.open(file());
    const serials = Array.from({ length: 40 }, (_, i) => `${i + 10}`);
    await Promise.all(serials.map((serial, i) => (i % 2 ? one : two).recordPending(pending(serial))));
    expect((await one.list({})).records).to.have.length(40);
    const times = { at: AT, wanted: AT, nextUpdate: days(1) };
    const lists = [
      await one.crlSnapshot('issuing', times),
      await two.crlSnapshot('issuing', times),
      await one.crlSnapshot('root', times),
    ];
    expect(lists.map(({ number }) => number)).to.deep.equal([1, 2, 1]);
    await one.close();
    await two.close();
  });
});
