import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Authority,
  backupAuthority,
  createAuthority,
  type IssuedCertificate,
  openAuthority,
  restoreAuthority,
} from '../../ca/index.js';
import { readCertificates } from '../../core/x509/index.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, developerKey, noPassphrase, openNew, save, seconds } from './support/authority.js';

describe('ca: rollover', function () {
  this.timeout(60_000);
  const temp = useTemp();
  const path = (...parts: string[]): string => join(temp(), ...parts);
  const home = (): string => path('certs');
  const address = { crlUrl: 'http://crl.example.org/' };
  const plain = (at: Date) => ({ at, protection: 'plain' }) as const;

  /** What OpenSSL says of a chain with every list at hand. */
  function verify({ chainPem, pem }: IssuedCertificate, at: Date): string {
    const lists = readdirSync(home()).filter((name) => name.endsWith('.crl'));
    return openssl([
      ...[
        'verify',
        '-x509_strict',
        '-attime',
        seconds(at),
        '-crl_check_all',
        '-CAfile',
        path('certs', 'root.pem'),
      ],
      ...lists.flatMap((name) => ['-CRLfile', path('certs', name)]),
      ...['-untrusted', save(temp(), 'chain.pem', chainPem), save(temp(), 'leaf.pem', pem)],
    ]).output;
  }

  it('the new CA issues, the old one goes on signing its list, and old and new are good', async function () {
    needOpenssl(this);
    const ca = await openNew(home(), { ...address, emailDomains: ['example.org'] });
    const [before, revoked] = [await ca.issue(ada()), await ca.issue(ada())];
    const at = days(1);
    const { issuer, previous, files } = await ca.rollover(plain(at));
    expect([issuer.id, previous.id, ca.issuing.id]).to.deep.equal(['issuing-2', 'issuing', 'issuing-2']);
    expect(files).to.deep.equal(['key', 'crl', 'pem'].map((end) => path('certs', `issuing-2.${end}`)));
    const [certificate] = readCertificates(path('certs', 'issuing-2.pem'));
    expect(certificate?.subject.toString()).to.not.equal(previous.certificate.subject.toString());
    expect(certificate?.spki).to.not.deep.equal(previous.certificate.spki);
    expect(certificate?.nameConstraints).to.deep.equal(previous.certificate.nameConstraints);
    expect(certificate?.extKeyUsage).to.have.length(3);

    const after = await ca.issue(ada({ at }));
    const raw = Buffer.from(after.certificate.raw).toString('latin1');
    expect(raw).to.include('http://crl.example.org/issuing-2.crl').and.not.include('/issuing.crl');
    expect((await ca.find(after.serialNumber)).issuer).to.equal('issuing-2');
    expect(ca.chainPemOf(await ca.find(before.serialNumber))).to.equal(before.chainPem);
    expect(ca.chainPemOf(await ca.find(after.serialNumber))).to.equal(after.chainPem);
    expect(verify(before, at)).to.match(/: OK/);
    expect(verify(after, at)).to.match(/: OK/);

    // Each revocation stands on the list of the CA that issued the certificate.
    const late = await ca.issue(ada({ at }));
    for (const { serialNumber: serial } of [revoked, late])
      await ca.revoke({ serial, at, reason: 'superseded' });
    expect((await ca.publishCrl({ at, issuer: 'issuing' })).entries).to.equal(1);
    expect(await ca.publishCrl({ at })).to.include({
      entries: 1,
      number: 2,
      file: path('certs', 'issuing-2.crl'),
    });
    for (const one of [revoked, late]) expect(verify(one, at)).to.match(/certificate revoked/);
    for (const one of [before, after]) expect(verify(one, at)).to.match(/: OK/);
    for (const one of [before, after]) {
      const [status] = (await ca.ocspFor(await ca.find(one.serialNumber), { at, days: 1 })).statements;
      expect(status?.status).to.equal('good');
    }
    await expectCodeAsync('ERR_CA_ISSUER_UNKNOWN', () => ca.publishCrl({ at, issuer: 'issuing-3' }));
    await ca.close();

    const again = await openAuthority(home(), noPassphrase);
    expect(again.issuing.id).to.equal('issuing-2');
    expect((await again.rollover(plain(days(2)))).issuer.id).to.equal('issuing-3');
    const tsa = await again.issueTsa({ publicKey: developerKey(), name: 'TSA', at: days(2) });
    expect((await again.find(tsa.serialNumber)).issuer).to.equal('issuing-3');
    expect(verify(tsa, days(2))).to.match(/: OK/);
    await again.close();
  });

  it('an authority is incomplete without the CA that issues, and does not fall back to the one before', async () => {
    const ca = await openNew(home());
    await ca.rollover(plain(AT));
    await ca.close();
    const whole = readFileSync(path('certs', 'issuing-2.pem'));
    rmSync(path('certs', 'issuing-2.pem'));
    await expectCodeAsync('ERR_CA_INCOMPLETE', () => openAuthority(home(), noPassphrase));
    const other = await openNew(path('other'));
    await other.close();
    save(home(), 'issuing-2.pem', readFileSync(path('other', 'issuing.pem')));
    await expectCodeAsync('ERR_CA_FILES_DIFFER', () => openAuthority(home(), noPassphrase));
    save(home(), 'issuing-2.pem', whole);
    await (await openAuthority(home(), noPassphrase)).close();
  });

  it('leaves the old CA at work when anything fails', async () => {
    await createAuthority({
      ...{ home: home(), at: AT, keyType: 'ec-p256' },
      protection: { root: 'of the key in the safe', issuing: 'typed every single day' },
    });
    const open = (passphrase: string): Promise<Authority> => openAuthority(home(), async () => passphrase);
    const wrong = await open('not the one of the root');
    await expectCodeAsync('ERR_PASSPHRASE_WRONG', () => wrong.rollover(plain(AT)));
    await wrong.close();
    const ca = await open('of the key in the safe');
    await expectCodeAsync('ERR_PASSPHRASE_WEAK', () =>
      ca.rollover({ at: AT, protection: async () => 'short' }),
    );
    save(home(), 'issuing-2.crl', 'in the way');
    await expectCodeAsync('ERR_FILE_EXISTS', () => ca.rollover(plain(AT)));
    rmSync(path('certs', 'issuing-2.crl'));
    expect(ca.issuing.id).to.equal('issuing');
    expect(readdirSync(home()).filter((name) => name.startsWith('issuing-2'))).to.deep.equal([]);
    await ca.rollover({ at: AT, protection: async () => 'of the second issuing CA' });
    await ca.close();
    expect(readFileSync(path('certs', 'issuing-2.key'), 'utf8')).to.include('ENCRYPTED PRIVATE KEY');
    const daily = await open('of the second issuing CA');
    await daily.issue(ada());
    await daily.close();
  });

  it('status, revocation of one issuing CA, and backup know several', async () => {
    const ca = await openNew(home());
    const before = await ca.issue(ada());
    await ca.rollover(plain(days(1700)));
    const names = async (n: number): Promise<string[]> =>
      (await ca.status({ at: days(n) })).items
        .filter(({ kind }) => kind === 'crl' || kind === 'issuing')
        .map(({ kind, name }) => `${kind} ${name}`);
    const active = `issuing ${ca.issuing.certificate.label}`;
    const list = (id: string): string => `crl CRL of the ${id} CA`;
    expect(await names(1701)).to.deep.equal([active, list('root'), list('issuing'), list('issuing-2')]);
    // It cannot sign any more once it has expired.
    expect(await names(1830)).to.deep.equal([active, list('root'), list('issuing-2')]);
    const lists = (await ca.listsDue(days(1830))).map(({ issuer }) => issuer);
    expect(lists).to.deep.equal(['root', 'issuing-2']);
    for (const { certificate } of ca.issuers.slice(1)) {
      await expectCodeAsync('ERR_CA_ISSUING_REVOCATION', () =>
        ca.revoke({ serial: certificate.serialNumber, at: days(1700), reason: 'superseded' }),
      );
    }
    const at = days(1701);
    await ca.revokeIssuingCa({ issuer: 'issuing', at, reason: 'cACompromise' });
    await expectCodeAsync('ERR_CA_REVOKED', async () =>
      ca.ocspFor(await ca.find(before.serialNumber), { at, days: 1 }),
    );
    await ca.issue(ada({ at }));
    const passphrase = 'of the backup alone';
    const { files } = await backupAuthority({ home: home(), file: path('b'), passphrase, at });
    expect(files).to.include.members(['issuing-2.key', 'issuing-2.pem', 'issuing-2.crl']);
    await ca.close();
    await restoreAuthority({ home: path('back'), file: path('b'), passphrase, at });
    const back = await openAuthority(path('back'), noPassphrase);
    expect(back.issuing.id).to.equal('issuing-2');
    await expectCodeAsync('ERR_CA_RESTORED', () => back.issue(ada({ at })));
    const found = await back.recover({
      at,
      crls: [path('certs', 'issuing-2.crl'), path('certs', 'root.crl')],
    });
    expect(found.crlNumbers).to.deep.equal({ root: 2, issuing: 1, 'issuing-2': 1 });
    await back.issue(ada({ at }));
    await expectCodeAsync('ERR_CA_RESTORED', () => back.publishCrl({ at, issuer: 'issuing' }));
    await back.close();
  });

  it('is shortened to the life of the root', async () => {
    const ca = await openNew(home());
    const { issuer } = await ca.rollover(plain(days(3000)));
    expect(issuer.certificate.notAfter).to.deep.equal(ca.root.certificate.notAfter);
    await ca.close();
  });

  it('the command takes the passphrase of the root key and one for the new key', async () => {
    const secrets = {
      root: save(temp(), 'root-secret', 'of the key in the safe\n'),
      issuing: save(temp(), 'secret', 'typed every single day\n'),
      next: save(temp(), 'next', 'typed from now on\n'),
    };
    const run = (name: string, ...args: string[]) => cli(['ca', name, '--home', home(), ...args]);
    const keys = ['--root-passphrase-file', secrets.root, '--passphrase-file', secrets.issuing];
    await run('init', '--key-type', 'ec-p256', '--root-out', path('vault'), ...keys);
    const order = ['--root-passphrase-file', secrets.root, '--passphrase-file', secrets.next];
    const absent = await run('rollover', ...order, '--json');
    expect(JSON.parse(absent.stdout).error.code).to.equal('ERR_CA_KEY_ABSENT');
    const done = await run('rollover', ...order, '--root-key', path('vault', 'root.key'), '--json');
    expect(done.code, done.stderr).to.equal(0);
    expect(JSON.parse(done.stdout)).to.deep.include({ issuer: 'issuing-2' });
    const leaf = ['--name', 'Ada', '--email', 'ada@example.org', '--no-passphrase', '--key-type', 'ec-p256'];
    const issue = async (secret: string) =>
      run('issue', ...leaf, '--out', path('ada'), '--passphrase-file', secret);
    expect((await issue(secrets.issuing)).code).to.equal(1);
    expect(existsSync(path('ada'))).to.equal(false);
    expect((await issue(secrets.next)).code).to.equal(0);
    const old = await run('crl', '--issuer', 'issuing', '--passphrase-file', secrets.issuing);
    expect(old.stdout, old.stderr).to.include('issuing.crl: CRL 2');
    const issued = (await run('list', '--json')).stdout;
    const { serial } = JSON.parse(issued).certificates.find(
      (one: { issuer: string }) => one.issuer === 'issuing-2',
    );
    expect((await run('revoke', serial)).stdout).to.match(/publish it with: modelseal ca crl\n$/);
    const unknown = await run('crl', '--issuer', 'issuing-9', '--passphrase-file', secrets.issuing, '--json');
    expect(unknown.code).to.equal(64);
  });
});
