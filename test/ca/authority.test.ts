import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createAuthority, openAuthority } from '../../ca/index.js';
import { KEY_TYPES, readPrivateKey } from '../../core/keys/index.js';
import { CertificateList } from '../../core/x509/crl.js';
import { Oid, readCertificates } from '../../core/x509/index.js';
import { certIdFor, encodeOcspRequest } from '../../core/x509/ocsp.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, developerKey, noPassphrase, openNew, save, seconds } from './support/authority.js';

describe('ca: creating an authority', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');

  for (const keyType of KEY_TYPES) {
    it(`writes what OpenSSL accepts under its strict rules (${keyType})`, async function () {
      this.timeout(120_000);
      needOpenssl(this);
      const ca = await openNew(home(), {
        keyType,
        crlUrl: 'http://crl.example.org/',
        ocspUrl: 'http://ocsp.example.org/',
      });
      const issued = await ca.issue(ada({ uris: ['https://example.org/ada'] }));
      const leaf = save(temp(), 'leaf.pem', issued.pem);
      const chain = save(temp(), 'chain.pem', issued.chainPem);
      const crl = save(temp(), 'issuing.crl', (await ca.crl({ at: AT })).der);
      await ca.close();
      const root = join(home(), 'root.pem');
      const issuing = join(home(), 'issuing.pem');
      const time = ['-attime', seconds(AT)];
      const strict = [
        'verify',
        '-x509_strict',
        ...time,
        '-purpose',
        'any',
        '-CAfile',
        root,
        '-untrusted',
        chain,
      ];
      expect(openssl([...strict, leaf]).output).to.match(/OK\s*$/);
      const lists = ['-crl_check_all', '-CRLfile', crl, '-CRLfile', join(home(), 'root.crl')];
      expect(openssl([...strict, ...lists, leaf]).output).to.match(/OK\s*$/);
      expect(openssl(['crl', '-in', crl, '-CAfile', issuing, '-noout']).output).to.include('verify OK');
      expect(openssl(['crl', '-in', join(home(), 'root.crl'), '-CAfile', root, '-noout']).output).to.include(
        'verify OK',
      );
      for (const key of ['root.key', 'issuing.key']) {
        expect(openssl(['pkey', '-in', join(home(), key), '-noout', '-check']).status, key).to.equal(0);
      }
    });
  }

  it('makes two tiers with the promised constraints and lifetimes', async () => {
    const summary = await createAuthority({
      home: home(),
      at: AT,
      protection: 'plain',
      keyType: 'ec-p256',
      organization: 'Example Corp',
    });
    const [root] = readCertificates(summary.trustAnchor);
    const [issuing] = readCertificates(join(home(), 'issuing.pem'));
    expect(root?.basicConstraints).to.deep.equal({ ca: true, pathLength: 1 });
    expect(issuing?.basicConstraints).to.deep.equal({ ca: true, pathLength: 0 });
    expect(root?.notAfter.getUTCFullYear()).to.equal(2036);
    expect(issuing?.notAfter.getUTCFullYear()).to.equal(2031);
    expect(root?.subject.toString()).to.match(/^CN=Root CA [0-9a-f]{8},O=Example Corp$/);
    expect(issuing?.issuer.toString()).to.equal(root?.subject.toString());
    expect(summary.root.fingerprint).to.equal(root?.fingerprint);
    // Without a configured address, certificates name none.
    expect(issuing?.crlDistributionPoints).to.equal(undefined);
  });

  it('defaults to RSA-2048 and keeps keys encrypted, for the owner alone', async () => {
    const protection = { root: 'staple of the safe', issuing: 'correct horse' };
    await createAuthority({ home: home(), at: AT, protection });
    for (const name of ['root.key', 'issuing.key', 'ca.db']) {
      expect(statSync(join(home(), name)).mode & 0o777, name).to.equal(0o600);
    }
    expect(statSync(home()).mode & 0o777).to.equal(0o700);
    const key = join(home(), 'issuing.key');
    expect(readFileSync(key, 'utf8')).to.match(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    expect(
      (await readPrivateKey(key, async () => 'correct horse')).asymmetricKeyDetails?.modulusLength,
    ).to.equal(2048);
    const locked = await openAuthority(home(), async () => 'wrong');
    await expectCodeAsync('ERR_PASSPHRASE_WRONG', () => locked.issue(ada()));
    expect((await locked.count()).pending).to.equal(0);
    await locked.close();
    const open = await openAuthority(home(), async () => 'correct horse');
    expect((await open.issue(ada())).serialNumber).to.match(/^[0-9a-f]{40}$/);
    await open.close();
  });

  it('never overwrites an authority, nor a part of one', async () => {
    const options = { home: home(), at: AT, protection: 'plain', keyType: 'ec-p256' } as const;
    await createAuthority(options);
    const before = readFileSync(join(home(), 'root.key'), 'utf8');
    await expectCodeAsync('ERR_CA_EXISTS', () => createAuthority(options));
    expect(readFileSync(join(home(), 'root.key'), 'utf8')).to.equal(before);
    expect(readdirSync(temp())).to.deep.equal(['certs']);

    const half = join(temp(), 'half');
    mkdirSync(half);
    writeFileSync(join(half, 'issuing.key'), 'precious');
    await expectCodeAsync('ERR_CA_EXISTS', () => createAuthority({ ...options, home: half }));
    expect(readdirSync(half)).to.deep.equal(['issuing.key']);
  });

  it('moves into a folder that holds other things, and leaves nothing when a file is in the way', async () => {
    const options = { at: AT, protection: 'plain', keyType: 'ec-p256' } as const;
    mkdirSync(home());
    writeFileSync(join(home(), 'README.md'), 'mine');
    await createAuthority({ ...options, home: home() });
    expect(readdirSync(home()).sort()).to.include.members(['README.md', 'ca.db', 'root.key', 'root.pem']);

    const blocked = join(temp(), 'blocked');
    mkdirSync(blocked);
    writeFileSync(join(blocked, 'root.crl'), 'in the way');
    await expectCodeAsync('ERR_CA_EXISTS', () => createAuthority({ ...options, home: blocked }));
    expect(readdirSync(blocked)).to.deep.equal(['root.crl']);
    expect(readFileSync(join(blocked, 'root.crl'), 'utf8')).to.equal('in the way');
  });

  it('puts the root key elsewhere and issues without it', async () => {
    const vault = join(temp(), 'vault');
    const ca = await openNew(home(), { rootOut: vault });
    expect(existsSync(join(home(), 'root.key'))).to.equal(false);
    expect(statSync(join(vault, 'root.key')).mode & 0o777).to.equal(0o600);
    await ca.issue(ada());
    await ca.crl({ at: AT });
    await expectCodeAsync('ERR_CA_KEY_ABSENT', () => ca.crl({ at: AT, issuer: 'root' }));
    await ca.close();
    const withVault = await openAuthority(home(), noPassphrase, { rootKey: join(vault, 'root.key') });
    expect((await withVault.crl({ at: AT, issuer: 'root' })).number).to.equal(2);
    await withVault.close();
    // An occupied vault stops everything.
    await expectCodeAsync('ERR_FILE_EXISTS', () =>
      createAuthority({
        home: join(temp(), 'second'),
        at: AT,
        protection: 'plain',
        keyType: 'ec-p256',
        rootOut: vault,
      }),
    );
    expect(readdirSync(temp()).sort()).to.deep.equal(['certs', 'vault']);
  });

  it('takes a folder of its own home for the root key, too', async () => {
    const ca = await openNew(home(), { rootOut: join(home(), 'vault') });
    await ca.issue(ada());
    await ca.close();
    expect(readdirSync(home()))
      .to.include.members(['vault', 'ca.db', 'root.pem'])
      .and.not.include('root.key');
    const same = await openNew(join(temp(), 'same'), { rootOut: join(temp(), 'same') });
    expect((await same.crl({ at: AT, issuer: 'root' })).entries).to.equal(0);
    await same.close();
    expect(readdirSync(temp()).sort()).to.deep.equal(['certs', 'same']);
  });

  it('leaves nothing behind where it cannot write', async () => {
    writeFileSync(join(temp(), 'file'), '');
    await expectCodeAsync('ERR_FILE_UNWRITABLE', () => openNew(join(temp(), 'file', 'certs')));
    await expectCodeAsync('ERR_FILE_UNWRITABLE', () =>
      openNew(home(), { rootOut: join(temp(), 'file', 'vault') }),
    );
    expect(readdirSync(temp())).to.deep.equal(['file']);
  });

  it('refuses settings that cannot stand in certificates', async () => {
    const attempt = (more: object) => () => openNew(home(), more);
    await expectCodeAsync('ERR_CA_NAME', attempt({ organization: ' ' }));
    await expectCodeAsync('ERR_CA_NAME', attempt({ organization: 'x'.repeat(65) }));
    await expectCodeAsync('ERR_CA_NAME', attempt({ organization: 'evil\u202Eorg' }));
    await expectCodeAsync('ERR_CA_URL', attempt({ crlUrl: 'file:///etc' }));
    await expectCodeAsync('ERR_CA_URL', attempt({ ocspUrl: 'http://user:secret@example.org/' }));
    await expectCodeAsync('ERR_CA_DAYS', attempt({ crlDays: 0 }));
    await expectCodeAsync('ERR_KEY_UNSUPPORTED', attempt({ keyType: 'rsa-1024' }));
    expect(readdirSync(temp())).to.deep.equal([]);
  });
});

describe('ca: opening an authority', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');

  it('names what is missing or foreign', async () => {
    await expectCodeAsync('ERR_CA_NOT_FOUND', () => openAuthority(home(), noPassphrase));
    await (await openNew(home())).close();
    const other = join(temp(), 'other');
    await (await openNew(other)).close();

    renameSync(join(home(), 'root.pem'), join(temp(), 'root.pem'));
    await expectCodeAsync('ERR_CA_INCOMPLETE', () => openAuthority(home(), noPassphrase));
    writeFileSync(join(home(), 'root.pem'), readFileSync(join(other, 'root.pem')));
    await expectCodeAsync('ERR_CA_FILES_DIFFER', () => openAuthority(home(), noPassphrase));
    writeFileSync(join(home(), 'root.pem'), readFileSync(join(temp(), 'root.pem')).subarray(0, 200));
    await expectCodeAsync('ERR_PEM', () => openAuthority(home(), noPassphrase));
    writeFileSync(join(home(), 'root.pem'), readFileSync(join(temp(), 'root.pem')));

    const wrong = await openAuthority(home(), noPassphrase, { issuingKey: join(other, 'issuing.key') });
    await expectCodeAsync('ERR_CA_KEY_MISMATCH', () => wrong.issue(ada()));
    await wrong.close();
    const right = await openAuthority(home(), noPassphrase);
    await right.issue(ada());
    await right.close();
  });

  it('refuses a damaged and a newer database', async () => {
    await (await openNew(home())).close();
    const { openDatabase } = await import('../../ca/store/database.js');
    const db = openDatabase(join(home(), 'ca.db'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    const error = await expectCodeAsync('ERR_CA_DATABASE_NEWER', () => openAuthority(home(), noPassphrase));
    expect(error.details).to.include({ found: 99 });
    for (const name of ['ca.db-wal', 'ca.db-shm']) rmSync(join(home(), name), { force: true });
    writeFileSync(join(home(), 'ca.db'), 'this is no database, whatever its name says '.repeat(100));
    await expectCodeAsync('ERR_CA_DATABASE', () => openAuthority(home(), noPassphrase));
  });
});

describe('ca: issuing', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');

  it('follows the profile', async () => {
    const ca = await openNew(home(), {
      crlUrl: 'http://crl.example.org/x',
      ocspUrl: 'http://ocsp.example.org/',
    });
    const { certificate: c, chainPem } = await ca.issue(ada({ uris: ['urn:example:ada'] }));
    expect(c.version).to.equal(3);
    expect(c.basicConstraints).to.deep.equal({ ca: false, pathLength: undefined });
    expect([...(c.keyUsage ?? [])]).to.deep.equal(['digitalSignature']);
    expect(c.extensions.get(Oid.keyUsage)?.critical).to.equal(true);
    expect(c.extKeyUsage).to.deep.equal([Oid.codeSigning]);
    expect(c.subjectAltName).to.deep.equal([
      { type: 'email', value: 'ada@example.org' },
      { type: 'uri', value: 'urn:example:ada' },
    ]);
    expect(c.subjectKeyIdentifier).to.have.length(20);
    expect(c.authorityKeyIdentifier?.keyIdentifier).to.deep.equal(
      ca.issuing.certificate.subjectKeyIdentifier,
    );
    expect(c.crlDistributionPoints?.[0]?.name).to.deep.equal({
      type: 'full',
      names: [{ type: 'uri', value: 'http://crl.example.org/x/issuing.crl' }],
    });
    expect(c.ocspUrls).to.deep.equal(['http://ocsp.example.org/']);
    expect(ca.issuing.certificate.crlDistributionPoints?.[0]?.name).to.deep.equal({
      type: 'full',
      names: [{ type: 'uri', value: 'http://crl.example.org/x/root.crl' }],
    });
    expect(c.notAfter.toISOString()).to.equal(days(90).toISOString());
    expect(c.serialBytes).to.have.length(20);
    expect(chainPem.match(/BEGIN CERTIFICATE/g)).to.have.length(2);
    await ca.close();
  });

  it('never outlives its issuer, and refuses bounds that do not fit', async () => {
    const ca = await openNew(home());
    const { notBefore, notAfter } = ca.issuing.certificate;
    const brief = await ca.issue(ada({ notBefore: AT, notAfter: days(1) }));
    expect(brief.certificate.notAfter).to.deep.equal(days(1));
    const later = await ca.issue(ada({ notBefore: days(30), notAfter: days(1126) }));
    expect(later.certificate.notBefore).to.deep.equal(days(30));
    // Explicit bounds go round neither the longest life nor the backdating.
    const earlier = (ms: number): Date => new Date(AT.getTime() - ms);
    await ca.issue(ada({ notBefore: earlier(300_000), notAfter: days(1096) }));
    await expectCodeAsync('ERR_CA_VALIDITY', () => ca.issue(ada({ notBefore: earlier(301_000) })));
    await expectCodeAsync('ERR_CA_VALIDITY', () => ca.issue(ada({ notBefore, notAfter: days(0) })));
    await expectCodeAsync('ERR_CA_VALIDITY', () => ca.issue(ada({ notAfter: days(1097) })));
    await expectCodeAsync('ERR_CA_VALIDITY', () =>
      ca.issue(ada({ notBefore: days(30), notAfter: days(1127) })),
    );
    await expectCodeAsync('ERR_CA_VALIDITY', () => ca.issue(ada({ notAfter: days(1, notAfter) })));
    await expectCodeAsync('ERR_CA_VALIDITY', () => ca.issue(ada({ notBefore: days(-1, notBefore) })));
    await expectCodeAsync('ERR_CA_VALIDITY', () => ca.issue(ada({ notBefore: AT, notAfter: AT })));
    await expectCodeAsync('ERR_CA_DAYS', () => ca.issue(ada({ days: 5000 })));
    await expectCodeAsync('ERR_CA_DAYS', () => ca.issue(ada({ days: 1.5 })));
    await expectCodeAsync('ERR_CA_NOT_YET_VALID', () => ca.issue(ada({ at: days(-1, notBefore) })));
    await expectCodeAsync('ERR_CA_EXPIRED', () => ca.issue(ada({ at: days(1, notAfter) })));
    const late = await ca.issue(ada({ at: days(-10, notAfter), days: 30 }));
    expect(late.shortened).to.equal(true);
    expect(late.certificate.notAfter).to.deep.equal(notAfter);
    await ca.close();
  });

  it('refuses names and identities that mislead', async () => {
    const ca = await openNew(home());
    await expectCodeAsync('ERR_CA_IDENTITY_MISSING', () => ca.issue(ada({ emails: [] })));
    for (const email of [
      'ada',
      '@example.org',
      'a b@example.org',
      'ada@exa\u0000mple.org',
      'ädä@example.org',
      'ada@-x.org',
    ]) {
      await expectCodeAsync('ERR_CA_IDENTITY', () => ca.issue(ada({ emails: [email] })));
    }
    for (const uri of [
      'ada',
      '/team',
      'https://',
      'https://u:p@example.org/',
      'https://exämple.org/',
      'https://e.org/%zz',
    ]) {
      await expectCodeAsync('ERR_CA_IDENTITY', () => ca.issue(ada({ uris: [uri] })));
    }
    for (const name of ['', 'x'.repeat(65), 'Ada\nCN=Root', 'Ada\u200B']) {
      await expectCodeAsync('ERR_CA_NAME', () => ca.issue(ada({ name })));
    }
    expect((await ca.count()).issued).to.equal(2);
    expect((await ca.issue(ada({ name: '  Ada   Lovelace ' }))).certificate.subject.toString()).to.equal(
      'CN=Ada Lovelace,O=Modelseal',
    );
    await ca.close();
  });

  it('does not certify its own keys', async () => {
    const ca = await openNew(home());
    for (const issuer of [ca.root, ca.issuing]) {
      await expectCodeAsync('ERR_CA_OWN_KEY', () =>
        ca.issue(ada({ publicKey: issuer.certificate.publicKey() })),
      );
    }
    await ca.close();
  });

  it('stops when the issuing CA is revoked', async () => {
    const ca = await openNew(home());
    const { serialNumber: serial, subject: name, spki } = ca.issuing.certificate;
    const reason = 'keyCompromise';
    await expectCodeAsync('ERR_CA_ISSUING_REVOCATION', () => ca.revoke({ serial, at: AT, reason }));
    const root = ca.root.certificate.serialNumber;
    await expectCodeAsync('ERR_CA_ROOT_REVOCATION', () => ca.revoke({ serial: root, at: AT, reason }));
    expect((await ca.find(serial)).state).to.equal('issued');
    // The root's list says so in the same step.
    const { file, entries } = await ca.revokeIssuingCa({ at: AT, reason });
    expect([file, entries]).to.deep.equal([join(home(), 'root.crl'), 1]);
    expect(CertificateList.decode(readFileSync(file)).find(Buffer.from(serial, 'hex'))).to.have.length(1);
    await expectCodeAsync('ERR_CA_REVOKED', () => ca.issue(ada()));
    const question = encodeOcspRequest([certIdFor({ name, spki }, Buffer.from('01', 'hex'))]);
    await expectCodeAsync('ERR_CA_REVOKED', () => ca.answerOcsp(question, 'issuing', { at: AT, days: 1 }));
    // One last list may be signed, so that what it issued is not left without one.
    expect((await ca.publishCrl({ at: AT })).number).to.equal(2);
    await ca.close();
  });

  it('commits many concurrent requests together, each with a serial of its own', async () => {
    const ca = await openNew(home());
    const publicKey = developerKey();
    const issued = await Promise.all(
      Array.from({ length: 50 }, (_, i) => ca.issue(ada({ publicKey, name: `Dev ${i}`, reuseKey: true }))),
    );
    expect(new Set(issued.map((c) => c.serialNumber)).size).to.equal(50);
    expect((await ca.list({ text: 'Dev 49' })).records.map((r) => r.state)).to.deep.equal(['issued']);
    await ca.close();
  });
});
