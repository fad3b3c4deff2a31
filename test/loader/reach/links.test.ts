import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { type ErrorCode, isModelsealError } from '../../../core/errors/index.js';
import { loadModel, ReportBuilder, verifyModel } from '../../../loader/index.js';
import { scanPaths } from '../../../scanner/index.js';
import { cacheModel } from '../../support/hub.js';
import { AT } from '../../support/pki.js';
import { publisher, writeModel } from '../../support/signed-model.js';
import { useTemp } from '../../support/temp.js';

describe('links in models', () => {
  const temp = useTemp();
  const alice = publisher();
  const options = { at: AT, trustRoots: alice.trustRoots, revocation: 'off' as const };

  const signed = async (name = 'model', more: Record<string, string> = {}): Promise<string> => {
    const folder = writeModel(join(temp(), name), more);
    await alice.sign(folder);
    return folder;
  };
  const refused = async (code: ErrorCode, path: string): Promise<void> => {
    try {
      await verifyModel(path, options);
    } catch (error) {
      expect(isModelsealError(error), String(error)).to.equal(true);
      expect((error as { code: string }).code).to.equal(code);
      return;
    }
    expect.fail(`accepted instead of ${code}`);
  };

  it('a snapshot of a Hugging Face cache is verified, scanned and loaded', async () => {
    const snapshot = cacheModel(join(temp(), 'hub'), 'acme/tiny', await signed());
    const { model, report } = await verifyModel(snapshot, options);
    expect(model.files).to.deep.equal(['config.json', 'labels/names.txt', 'model.onnx']);
    expect(report.verdict).to.equal('accepted');
    const { live } = await loadModel(snapshot, options);
    expect(live.format).to.equal('onnx');
    await live.close();
    const scan = scanPaths([snapshot]);
    expect(scan.verdict).to.equal('clean');
    expect(scan.files.flatMap((file) => file.findings)).to.deep.equal([]);
  });

  it('a changed, missing or foreign blob of a snapshot is refused', async () => {
    const snapshot = cacheModel(join(temp(), 'hub'), 'acme/tiny', await signed());
    const blob = join(snapshot, readlinkSync(join(snapshot, 'config.json')));
    const bytes = readFileSync(blob);
    writeFileSync(blob, '{"classes": 3}');
    await refused('ERR_FILE_CHANGED', snapshot);
    unlinkSync(blob);
    await refused('ERR_MODEL_SYMLINK_BROKEN', snapshot);
    writeFileSync(blob, bytes);
    await verifyModel(snapshot, options);
    symlinkSync('../../blobs/none', join(snapshot, 'extra.json'));
    await refused('ERR_MODEL_SYMLINK_BROKEN', snapshot);
    unlinkSync(join(snapshot, 'extra.json'));
    symlinkSync('config.json', join(snapshot, 'extra.json'));
    await refused('ERR_FILE_UNSIGNED', snapshot);
  });

  it('a model is named through a link, and a single file through a snapshot', async () => {
    const folder = await signed();
    symlinkSync('model', join(temp(), 'latest'));
    expect((await verifyModel(join(temp(), 'latest'), options)).model.files).to.have.length(3);
    const hub = join(temp(), 'hub');
    const alone = join(temp(), 'alone');
    mkdirSync(alone);
    writeFileSync(join(alone, 'model.onnx'), readFileSync(join(folder, 'model.onnx')));
    await alice.sign(join(alone, 'model.onnx'));
    const snapshot = cacheModel(hub, 'acme/alone', alone);
    const { model } = await verifyModel(join(snapshot, 'model.onnx'), options);
    expect(model.name).to.equal('model.onnx');
  });

  it('the records of a download with --local-dir are left out, and nothing besides them', async () => {
    const folder = await signed();
    const records = join(folder, '.cache/huggingface');
    mkdirSync(join(records, 'download/labels'), { recursive: true });
    writeFileSync(join(records, '.gitignore'), '*');
    writeFileSync(join(records, 'download/config.json.metadata'), 'x');
    writeFileSync(join(records, 'download/labels/names.txt.lock'), '');
    const { model, report } = await verifyModel(folder, options);
    expect(model.has('.cache/huggingface/.gitignore')).to.equal(false);
    expect(report.checks.some((c) => c.name === 'files.download-records')).to.equal(true);
    writeFileSync(join(records, 'download/evil.py'), '');
    await refused('ERR_FILE_UNSIGNED', folder);
  });

  it('a volume of Kubernetes is the model, and what only lies in it is not', async () => {
    const source = await signed();
    const volume = join(temp(), 'volume');
    const state = '..2026_06_01_00_00_00.1';
    mkdirSync(volume);
    cpSync(source, join(volume, state), { recursive: true });
    symlinkSync(state, join(volume, '..data'));
    for (const name of ['config.json', 'labels', 'model.onnx', 'model.sig'])
      symlinkSync(`..data/${name}`, join(volume, name));
    expect((await verifyModel(volume, options)).model.files).to.have.length(3);
    expect(scanPaths([volume]).verdict).to.not.equal('threat');
    const { live } = await loadModel(volume, options);
    await live.close();
    writeFileSync(join(volume, state, 'labels/more.txt'), '');
    await refused('ERR_FILE_UNSIGNED', volume);
    unlinkSync(join(volume, state, 'labels/more.txt'));
    // An entry that nothing leads to is not another name of a listed file.
    writeFileSync(join(volume, state, 'hidden.py'), '');
    await refused('ERR_FILE_UNSIGNED', volume);
  });

  it('a linked folder is entered where files are expected there, and is an extra entry elsewhere', async () => {
    const folder = await signed();
    renameSync(join(folder, 'labels'), join(temp(), 'labels'));
    symlinkSync('../labels', join(folder, 'labels'));
    await verifyModel(folder, options);
    // A whole disk costs nothing.
    symlinkSync('/', join(folder, 'disk'));
    await refused('ERR_FILE_UNSIGNED', folder);
    const report = new ReportBuilder(folder, AT);
    await verifyModel(folder, { ...options, ignoreUnsignedFiles: true, report });
    expect(report.build().files?.extra).to.deep.equal(['disk']);
  });

  it('loops end, and devices and pipes behind links are refused', async () => {
    mkdirSync(join(temp(), 'pipes'));
    execFileSync('mkfifo', [join(temp(), 'pipes/pipe')]);
    for (const [name, target, code] of [
      ['config.json', '/dev/zero', 'ERR_MODEL_FILE_TYPE'],
      ['config.json', '../../pipes/pipe', 'ERR_MODEL_FILE_TYPE'],
      ['labels', '..', 'ERR_FILE_MISSING'],
      ['labels', '.', 'ERR_FILE_MISSING'],
      ['config.json', 'labels', 'ERR_FILE_MISSING'],
      ['config.json', '/proc/self/environ', 'ERR_FILE_CHANGED'],
      ['config.json', 'config.json', 'ERR_MODEL_SYMLINK_CYCLE'],
    ] as const) {
      const folder = await signed(`${name}-${target.replaceAll('/', '_')}/model`);
      rmSync(join(folder, name), { recursive: true });
      symlinkSync(target, join(folder, name));
      await refused(code, folder);
    }
  });

  it('who cannot read what a link leads to has not verified it', async function () {
    if (process.getuid?.() === 0) this.skip();
    const folder = await signed();
    const other = join(temp(), 'other.json');
    renameSync(join(folder, 'config.json'), other);
    symlinkSync(other, join(folder, 'config.json'));
    chmodSync(other, 0);
    await refused('ERR_FILE_UNREADABLE', folder);
  });

  it('a link that is turned while the model is read never lets other bytes through', async () => {
    const folder = await signed();
    const good = join(temp(), 'good.json');
    const evil = join(temp(), 'evil.json');
    renameSync(join(folder, 'config.json'), good);
    writeFileSync(evil, '{"classes": 9}');
    symlinkSync(good, join(folder, 'config.json'));
    const link = join(folder, 'config.json');
    const content = readFileSync(good, 'utf8');
    const { model } = await verifyModel(folder, options);
    const seen = new Set<string>();
    for (let round = 0; round < 200; round++) {
      symlinkSync(round % 2 ? good : evil, `${link}.new`);
      renameSync(`${link}.new`, link);
      const [bytes, fresh] = await Promise.allSettled([
        model.read('config.json'),
        verifyModel(folder, options),
      ]);
      // What was verified stays what it was, wherever the link points now.
      if (bytes.status === 'fulfilled') expect(Buffer.from(bytes.value).toString()).to.equal(content);
      seen.add(fresh.status);
    }
    expect([...seen].sort()).to.deep.equal(['fulfilled', 'rejected']);
    // The target itself replaced, under the same name.
    renameSync(evil, good);
    let error: unknown;
    await model.read('config.json').catch((e: unknown) => (error = e));
    expect(isModelsealError(error)).to.equal(true);
  });
});
