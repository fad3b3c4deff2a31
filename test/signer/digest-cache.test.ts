import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { signingKey } from '../../core/keys/index.js';
import { DigestCache, digestCacheKey, type Report, verifyModel } from '../../loader/index.js';
import { cli } from '../support/cli.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { AT, testKey } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
/** Files that changed less than two seconds ago are not kept. */
const SETTLE_MS = 2100;
const key = Buffer.alloc(32, 7);

describe('the digest cache', function () {
  this.timeout(30_000);
  const temp = useTemp();
  let folder = '';
  let file = '';
  const open = (): DigestCache => DigestCache.open(file, key);
  const verify = async (digestCache?: DigestCache): Promise<Report> =>
    (await verifyModel(folder, { at: AT, trustRoots: pub.trustRoots, digestCache })).report;
  const said = (report: Report): string =>
    report.reservations.filter((text) => text.includes('not read')).join();

  beforeEach(async () => {
    folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder);
    file = join(temp(), 'digests');
  });

  /** A cache that knows all files of the model. */
  const filled = async (): Promise<void> => {
    await setTimeout(SETTLE_MS);
    expect(said(await verify(open()))).to.equal('');
  };

  it('spares reading what did not change, and says so; without it everything is read', async function () {
    if (process.platform === 'win32') this.skip();
    await filled();
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(said(await verify(open())))
      .to.include('3 files')
      .and.to.include(file);
    expect(said(await verify())).to.equal('');
    // Changed and set back to its old time: the time of change tells.
    const target = join(folder, 'config.json');
    const { atime, mtime } = statSync(target);
    writeFileSync(target, '{"classes": 3}');
    utimesSync(target, atime, mtime);
    await expectCodeAsync('ERR_FILE_CHANGED', () => verify(open()));
    writeFileSync(target, '{"classes": 2}');
    expect(said(await verify(open()))).to.include('2 files');
  });

  it('does not keep what changed a moment ago, nor take one file for another', async () => {
    await verify(open());
    expect(existsSync(file)).to.equal(false);
    await filled();
    const target = join(folder, 'config.json');
    writeFileSync(join(temp(), 'other'), '{"classes": 9}');
    renameSync(join(temp(), 'other'), target);
    await expectCodeAsync('ERR_FILE_CHANGED', () => verify(open()));
  });

  it('is of no use when another key made it or somebody changed it, and stays as it is', async () => {
    await filled();
    const good = readFileSync(file, 'utf8');
    const foreign = await verify(DigestCache.open(file, Buffer.alloc(32, 8)));
    expect(said(foreign)).to.equal('');
    expect(foreign.checks.find(({ name }) => name === 'files.cache')?.detail).to.include('another key');
    expect(readFileSync(file, 'utf8')).to.equal(good);
    const lines = good.split('\n');
    for (const text of [
      good.replace(/[0-9a-f](?=\n)/, (c) => (c === '0' ? '1' : '0')),
      lines.slice(0, -2).join('\n'),
      lines.slice(1).join('\n'),
      '',
      'modelseal digest cache v1 00',
    ]) {
      writeFileSync(file, text);
      const report = await verify(open());
      expect(said(report)).to.equal('');
      expect(report.checks.find(({ name }) => name === 'files.cache')?.outcome).to.equal('warning');
    }
  });

  it('makes up no digest: what it says is held against the signature', async () => {
    await filled();
    // The same files under another signature, which says something else of one of them.
    const other = writeModel(join(temp(), 'other'), { 'config.json': '{"classes": 7}' });
    const { signature } = await pub.sign(other);
    copyFileSync(signature, join(folder, 'model.sig'));
    await expectCodeAsync('ERR_FILE_CHANGED', () => verify(open()));
  });

  it('lies outside of the model, and has a key that is one', async () => {
    const inside = DigestCache.open(join(folder, 'digests'), key);
    await expectCodeAsync('ERR_USAGE', () => verify(inside));
    expectCode('ERR_USAGE', () => DigestCache.open(file, Buffer.alloc(16)));
    const keyFile = join(temp(), 'own', 'key');
    expect(Buffer.from(digestCacheKey(keyFile)).equals(digestCacheKey(keyFile))).to.equal(true);
    chmodSync(keyFile, 0o644);
    if (process.platform !== 'win32') expectCode('ERR_SECRET_EXPOSED', () => digestCacheKey(keyFile));
    chmodSync(keyFile, 0o600);
    writeFileSync(keyFile, 'no key');
    expectCode('ERR_DIGEST_CACHE_KEY', () => digestCacheKey(keyFile));
  });

  it('lets a signer read only what changed, where the older signature agrees', async () => {
    await setTimeout(SETTLE_MS);
    const signature = join(folder, 'model.sig');
    const first = await pub.sign(folder, { overwrite: true, digestCache: open() });
    // On its own it spares nothing.
    const again = await pub.sign(folder, { overwrite: true, digestCache: open() });
    expect([first.reused?.files, again.reused?.files]).to.deep.equal([0, 0]);
    writeFileSync(join(folder, 'config.json'), '{"classes": 4}');
    const reused = await pub.sign(folder, { overwrite: true, digestCache: open(), reuse: signature });
    expect(reused.reused).to.deep.include({ files: 2, problem: undefined });
    expect(said(await verify())).to.equal('');
    const full = await pub.sign(folder, { overwrite: true });
    expect(full.rootDigest).to.equal(reused.rootDigest);
    expect(full.reused).to.equal(undefined);
  });

  it('is not enough for signing, and neither is an older signature', async () => {
    const reuse = join(folder, 'model.sig');
    const more = { overwrite: true, reuse };
    await expectCodeAsync('ERR_SIGN_OPTION', () => pub.sign(folder, more));
    await expectCodeAsync('ERR_SIGN_REUSE', () =>
      pub.sign(folder, {
        ...more,
        digestCache: open(),
        key: signingKey(testKey('ec-p256', 'somebody else').privateKey),
        certificate: undefined,
        chain: undefined,
      }),
    );
    await expectCodeAsync('ERR_SIGN_REUSE', () =>
      pub.sign(folder, { ...more, digestCache: open(), hash: 'blake2b' }),
    );
    // A signature that says something else of a file that the cache knows: the file is read.
    const other = writeModel(join(temp(), 'other'), { 'config.json': '{"classes": 7}' });
    const { signature } = await pub.sign(other);
    await filled();
    const signed = await pub.sign(folder, { ...more, digestCache: open(), reuse: signature });
    expect(signed.reused?.files).to.equal(2);
    await verify();
  });

  it('works for shards, and on the command line', async () => {
    await pub.sign(folder, { overwrite: true, method: 'shards', shardSize: 7 });
    await filled();
    expect(said(await verify(open()))).to.include('3 files');
    writeFileSync(join(temp(), 'root.pem'), pub.root.pem);
    const home = join(temp(), 'home');
    const words = [
      'verify',
      folder,
      '--trust-root',
      join(temp(), 'root.pem'),
      '--at',
      AT.toISOString(),
      '--json',
    ];
    const run = (): ReturnType<typeof cli> =>
      cli([...words, '--digest-cache', `${join(temp(), 'caches')}/`], { XDG_CONFIG_HOME: home });
    expect((await run()).code).to.equal(0);
    const second = await run();
    expect(second.code).to.equal(0);
    expect(JSON.parse(second.stdout).reservations.join()).to.include('3 files');
    expect(existsSync(join(home, 'modelseal', 'digest-cache.key'))).to.equal(true);
    expect((await cli([...words, '--digest-cache-key', 'k'])).code).to.equal(64);
  });
});
