import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { TimestampToken } from '../../core/timestamp/index.js';
import { verifyModel } from '../../loader/index.js';
import { timestampSignature } from '../../signer/index.js';
import { cli } from '../support/cli.js';
import { editBundle } from '../support/edit-bundle.js';
import { expectCodeAsync } from '../support/errors.js';
import { AT, testKey } from '../support/pki.js';
import { days } from '../support/revocation.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { signWithSigstore } from '../support/sigstore.js';
import { useTemp } from '../support/temp.js';
import { serveTsa, testTsa } from '../support/timestamp.js';

const pub = publisher({ notAfter: days(90) });
const tsa = testTsa({ notAfter: days(700) });
const second = testTsa({ subject: 'Second', key: testKey('ec-p256', 'second tsa') });

describe('signer: time stamps', () => {
  const temp = useTemp();
  let clock = AT;
  let spoil = (der: Uint8Array): Uint8Array => der;
  let first: Awaited<ReturnType<typeof serveTsa>>;
  let other: Awaited<ReturnType<typeof serveTsa>>;
  before(async () => {
    first = await serveTsa(
      tsa,
      () => clock,
      (der) => spoil(der),
    );
    other = await serveTsa(second, () => clock);
  });
  after(() => {
    first.close();
    other.close();
  });
  beforeEach(() => {
    clock = AT;
    spoil = (der) => der;
  });

  const verify = (folder: string, at: Date) =>
    verifyModel(folder, { at, trustRoots: pub.trustRoots, tsaRoots: tsa.anchors });

  it('are asked for when signing, of each authority', async () => {
    const folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder, { timestampUrls: [first.url, other.url] });
    const { report } = await verify(folder, days(600));
    expect(report.checks.filter(({ name }) => name === 'timestamp.token')).to.have.length(2);
    const { timestampVerificationData } = JSON.parse(
      readFileSync(join(folder, 'model.sig'), 'utf8'),
    ).verificationMaterial;
    const [entry] = timestampVerificationData.rfc3161Timestamps;
    const answer = Buffer.from(entry.signedTimestamp, 'base64');
    // The field holds the whole response, as Sigstore's definition wants it.
    expect(TimestampToken.decode(answer).raw.length).to.be.lessThan(answer.length);
  });

  it('are added afterwards, and renewed before their authority runs out', async () => {
    const folder = writeModel(join(temp(), 'model'));
    const file = join(folder, 'model.sig');
    await pub.sign(folder);
    await expectCodeAsync('ERR_TIMESTAMP_NONE', () =>
      timestampSignature(file, { urls: [first.url], renew: true }),
    );
    const link = join(temp(), 'link.sig');
    symlinkSync(file, link);
    const done = await timestampSignature(link, { urls: [first.url] });
    expect(done.timestamps).to.have.length(1);
    expect(statSync(file).mode & 0o777).to.equal(0o644);
    await expectCodeAsync('ERR_CERT_EXPIRED', () => verify(folder, days(5 * 365)));
    clock = days(650);
    await timestampSignature(folder, { urls: [other.url], renew: true });
    const { report } = await verify(folder, days(5 * 365));
    expect(report.verdict).to.equal('accepted');
  });

  it('leave the file as it was when an authority fails', async () => {
    const folder = writeModel(join(temp(), 'model'));
    const file = join(folder, 'model.sig');
    await pub.sign(folder);
    const before = readFileSync(file);
    const fails = async (code: Parameters<typeof expectCodeAsync>[0], url = first.url): Promise<void> => {
      await expectCodeAsync(code, () => timestampSignature(file, { urls: [other.url, url] }));
      expect(readFileSync(file).equals(before)).to.equal(true);
    };
    const foreign = await tsa.stamp(Buffer.from('foreign'));
    spoil = () => foreign;
    await fails('ERR_TIMESTAMP_ANSWER');
    spoil = (der) => der.map((octet, i) => (i === der.length - 1 ? octet ^ 1 : octet));
    await fails('ERR_TIMESTAMP_ANSWER');
    spoil = () => new Uint8Array(70_000);
    await fails('ERR_FETCH_TOO_LARGE');
    spoil = () => Buffer.from('<html>');
    await fails('ERR_TIMESTAMP_ANSWER');
    await fails('ERR_FETCH_URL', 'ftp://example.org/');
    await fails('ERR_FETCH_CONNECTION', 'http://127.0.0.1:1/');
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => void mute.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}/`;
    await expectCodeAsync('ERR_FETCH_TIMEOUT', () =>
      timestampSignature(file, { urls: [url], timeoutMs: 50 }),
    );
    mute.closeAllConnections();
    mute.close();
    const unsigned = writeModel(join(temp(), 'unsigned'));
    await expectCodeAsync('ERR_FETCH_CONNECTION', () =>
      pub.sign(unsigned, { timestampUrls: ['http://127.0.0.1:1/'] }),
    );
    expect(() => statSync(join(unsigned, 'model.sig'))).to.throw();
  });

  it('are not put into the bundles of Sigstore', async () => {
    const folder = writeModel(join(temp(), 'model'));
    const { signature } = await pub.sign(folder);
    signWithSigstore(signature);
    const before = readFileSync(signature);
    for (const renew of [false, true])
      await expectCodeAsync('ERR_TIMESTAMP_SIGSTORE', () =>
        timestampSignature(signature, { urls: [first.url], renew }),
      );
    expect(readFileSync(signature).equals(before)).to.equal(true);
  });

  it('are no more than a bundle may have', async () => {
    const folder = writeModel(join(temp(), 'model'));
    const file = join(folder, 'model.sig');
    await pub.sign(folder, { timestampUrls: [first.url] });
    editBundle(file, (bundle) => {
      const data = bundle.verificationMaterial.timestampVerificationData;
      data.rfc3161Timestamps = Array.from({ length: 32 }, () => data.rfc3161Timestamps[0]);
    });
    await expectCodeAsync('ERR_TIMESTAMP_TOO_MANY', () => timestampSignature(file, { urls: [first.url] }));
  });

  it('are ordered on the command line', async () => {
    const at = new Date();
    clock = at;
    const folder = writeModel(join(temp(), 'model'));
    const [home, dev, root] = ['ca', 'dev', 'tsa-root.pem'].map((name) => join(temp(), name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(root, tsa.root.pem);
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await cli(args);
      expect(code, stdout + stderr).to.equal(0);
      return stdout;
    };
    await run('ca', 'init', '--home', home, '--no-passphrase', '--key-type', 'ec-p256');
    const issue = ['ca', 'issue', '--home', home, '--out', dev, '--email', 'ada@example.org'];
    await run(...issue, '--days', '1', '--no-passphrase', '--key-type', 'ec-p256');
    const keys = ['--private-key', join(dev, 'key.pem'), '--signing-certificate', join(dev, 'chain.pem')];
    const stamps = ['--timestamp-url', first.url];
    const expires = new Date(at.getTime() + 30 * 86_400_000).toISOString().slice(0, 10);
    await run('sign', folder, ...keys, ...stamps, '--timestamp-url', other.url, '--expires', expires);
    expect(await run('timestamp', folder, ...stamps)).to.include('time-stamped');
    expect(await run('timestamp', join(folder, 'model.sig'), ...stamps, '--renew')).to.include('renewed');
    const trust = ['--trust-root', join(home, 'root.pem'), '--revocation', 'off'];
    const later = new Date(at.getTime() + 10 * 86_400_000).toISOString();
    await run('verify', folder, ...trust, '--tsa-root', root, '--at', later);
    const { claims } = JSON.parse(await run('inspect', join(folder, 'model.sig'), '--json'));
    expect(claims.timestamps.map(({ hash }: { hash: string }) => hash)).to.deep.equal([
      'sha256',
      'sha256',
      'sha256',
      'sha512',
    ]);
    expect(claims.statement.expires).to.equal(`${expires}T00:00:00Z`);
    expect(await run('inspect', folder)).to.include('time stamp   20');
    const refused = async (code: string, ...args: string[]): Promise<void> => {
      const { stdout, stderr } = await cli(['verify', folder, ...trust, ...args]);
      expect(stdout + stderr).to.include(code);
    };
    await refused('ERR_CERT_EXPIRED', '--at', later);
    await refused('ERR_CERT_EXPIRED', '--at', later, '--tsa-root', root, '--tsa-policy', '1.2.3');
    await refused('ERR_USAGE', '--tsa-policy', '1.2.3');
    const end = new Date(at.getTime() + 31 * 86_400_000).toISOString();
    await refused('ERR_SIGNATURE_EXPIRED', '--at', end, '--tsa-root', root);
  });
});
