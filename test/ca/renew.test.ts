import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openAuthority, readRequest, renewInto, requestInto } from '../../ca/index.js';
import { openDatabase } from '../../ca/store/database.js';
import { publicKeyFingerprint } from '../../core/keys/index.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, developerKey, noPassphrase, openNew, save, seconds } from './support/authority.js';

describe('ca: renewal', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');
  const out = (): string => join(temp(), 'next');
  const order = (serial: string, more: object = {}) =>
    ({ serial, out: out(), at: days(80), keyType: 'ec-p256', protection: 'plain', ...more }) as const;

  it('makes a successor with a key of its own for the same identities, and both are good side by side', async function () {
    needOpenssl(this);
    const ca = await openNew(home());
    const names = { emails: ['ada@Example.org', 'a@example.org'], uris: ['https://example.org/Ada'] };
    const before = await ca.issue(ada({ ...names, days: 100 }));
    const { issued, files, replaces } = await renewInto(ca, order(before.serialNumber));
    expect(files).to.deep.equal(['key.pem', 'chain.pem', 'cert.pem'].map((name) => join(out(), name)));
    expect(replaces).to.deep.equal({ serial: before.serialNumber, notAfter: days(100) });
    const { certificate } = issued;
    expect(certificate.subject.raw).to.deep.equal(before.certificate.subject.raw);
    expect(certificate.subjectAltName).to.deep.equal(before.certificate.subjectAltName);
    expect(certificate.spki).to.not.deep.equal(before.certificate.spki);
    expect(certificate.notAfter).to.deep.equal(days(180));
    const key = createPublicKey(readFileSync(join(out(), 'key.pem')));
    expect(publicKeyFingerprint(key)).to.equal(publicKeyFingerprint(certificate.publicKey()));
    for (const pem of [before.pem, issued.pem]) {
      const verified = openssl([
        ...['verify', '-x509_strict', '-attime', seconds(days(90)), '-CAfile', join(home(), 'root.pem')],
        ...['-untrusted', join(home(), 'issuing.pem'), save(temp(), 'leaf.pem', pem)],
      ]);
      expect(verified.output).to.match(/: OK/);
    }
    await ca.close();
  });

  it('certifies the same key only when told, and the key of a request', async () => {
    const ca = await openNew(home());
    const { serialNumber, certificate } = await ca.issue(ada());
    const again = await renewInto(ca, order(serialNumber, { reuseKey: true, days: 30 }));
    expect(again.issued.certificate.spki).to.deep.equal(certificate.spki);
    expect(readdirSync(out()).sort()).to.deep.equal(['cert.pem', 'chain.pem']);
    rmSync(out(), { recursive: true });
    const { request } = await requestInto({
      ...{ out: join(temp(), 'request'), name: 'Eve', emails: ['eve@example.org'], uris: [] },
      ...{ keyType: 'ec-p256', protection: 'plain' },
    });
    const csr = readRequest(request);
    const { issued } = await renewInto(ca, order(serialNumber, { csr }));
    expect(publicKeyFingerprint(csr.publicKey)).to.equal(
      publicKeyFingerprint(issued.certificate.publicKey()),
    );
    // Who asks does not say who they are: name and identities are those of the predecessor.
    expect(issued.certificate.subject.toString()).to.equal('CN=Ada,O=Modelseal');
    expect((await ca.find(issued.serialNumber)).identities).to.deep.equal(['email:ada@example.org']);
    rmSync(out(), { recursive: true });
    await expectCodeAsync('ERR_CA_KEY_REUSED', () => renewInto(ca, order(serialNumber, { csr })));
    expect(existsSync(out())).to.equal(false);
    await renewInto(ca, order(serialNumber, { csr, reuseKey: true }));
    await ca.close();
  });

  it('renews a time-stamp authority as one', async () => {
    const ca = await openNew(home());
    const { serialNumber } = await ca.issueTsa({ publicKey: developerKey(), name: 'TSA', at: AT, days: 400 });
    const { issued } = await renewInto(ca, order(serialNumber));
    expect(issued.certificate.extKeyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.8']);
    expect(issued.certificate.notAfter).to.deep.equal(days(480));
    rmSync(out(), { recursive: true });
    await renewInto(ca, order(serialNumber, { reuseKey: true }));
    await ca.close();
  });

  it('refuses what is revoked, was never completed, is compromised, or is a CA', async () => {
    const ca = await openNew(home());
    const [revoked, pending] = [await ca.issue(ada()), await ca.issue(ada())];
    await ca.revoke({ serial: revoked.serialNumber, reason: 'superseded', at: AT });
    const db = openDatabase(join(home(), 'ca.db'));
    db.prepare('UPDATE certificate SET der = NULL WHERE serial = ?').run(pending.serialNumber);
    db.close();
    await expectCodeAsync('ERR_RENEW_REVOKED', () => renewInto(ca, order(revoked.serialNumber)));
    await expectCodeAsync('ERR_RENEW_INCOMPLETE', () => renewInto(ca, order(pending.serialNumber)));
    for (const { serialNumber } of [ca.root.certificate, ca.issuing.certificate]) {
      await expectCodeAsync('ERR_RENEW_CA', () => renewInto(ca, order(serialNumber)));
    }
    expect(existsSync(out())).to.equal(false);
    await ca.close();
  });

  it('the commands: renew, and show-request before it', async () => {
    await (await openNew(home(), { at: new Date() })).close();
    const ca = (...args: string[]) => cli(['ca', ...args, '--home', home()]);
    const keys = ['--no-passphrase', '--key-type', 'ec-p256'];
    const who = ['--name', 'Ada', '--email', 'ada@example.org'];
    await ca('issue', ...who, ...keys, '--out', join(temp(), 'ada'));
    const renewed = await ca('renew', join(temp(), 'ada', 'cert.pem'), ...keys, '--out', out(), '--json');
    expect(renewed.code, renewed.stdout).to.equal(0);
    const { certificate, replaces } = JSON.parse(renewed.stdout);
    expect(certificate.identities).to.deep.equal(['email:ada@example.org']);
    expect((await ca('list')).stdout)
      .to.include(certificate.serialNumber)
      .and.include(replaces.serial);

    await cli([
      'ca',
      'request',
      ...who,
      ...keys,
      '--uri',
      'https://example.org/ada',
      '--out',
      join(temp(), 'r'),
    ]);
    const file = join(temp(), 'r', 'request.csr');
    const shown = await cli(['ca', 'show-request', file]);
    expect(shown.stdout).to.include('ada@example.org').and.include('https://example.org/ada');
    expect(shown.stdout).to.include('subjectAltName').and.include('the sender holds the key');
    const unknown = await ca('show-request', file, '--json');
    expect(JSON.parse(unknown.stdout)).to.deep.include({ name: 'Ada', certificates: [] });
    await ca('issue', '--csr', file, ...who, '--out', join(temp(), 'ada-3'));
    const known = JSON.parse((await ca('show-request', file, '--json')).stdout);
    expect(known.certificates).to.have.length(1);
    const bytes = readFileSync(file, 'utf8');
    const forged = save(
      temp(),
      'forged.csr',
      bytes.replace(/.(?==*\n-----END)/, (c) => (c === 'A' ? 'B' : 'A')),
    );
    const refused = await cli(['ca', 'show-request', forged, '--json']);
    expect(refused.code).to.not.equal(0);
    expect(JSON.parse(refused.stdout).error.code).to.match(/^ERR_(CSR|PEM|DER)/);
    const left = await openAuthority(home(), noPassphrase, { access: 'read' });
    expect((await left.count()).issued).to.equal(5);
    await left.close();
  });
});
