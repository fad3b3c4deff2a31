import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { isModelsealError } from '../../core/errors/index.js';
import {
  type LiveModel,
  type LoadOptions,
  loadModel,
  type Report,
  ReportBuilder,
  verifyModel,
} from '../../loader/index.js';
import { expectCodeAsync } from '../support/errors.js';
import { external, matMulModel, weightBytes } from '../support/onnx.js';
import { AT } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
const BASE: LoadOptions = { at: AT, trustRoots: pub.trustRoots };
const X = { x: { type: 'float32', dims: [1, 2], data: [1, 1] } };

const answer = async (live: LiveModel): Promise<number[]> => {
  const { y } = await live.run(X);
  return Array.from((y?.data ?? []) as Float32Array);
};

/** y = x · 0: what an attacker puts in the place of the weights. */
const zeroed = (): Buffer => {
  const bytes = Buffer.from(matMulModel());
  bytes.fill(0, bytes.indexOf(weightBytes()), bytes.indexOf(weightBytes()) + 16);
  return bytes;
};

const ATTACKS: readonly [string, (folder: string) => void][] = [
  ['written in place', (f) => writeInPlace(join(f, 'model.onnx'), zeroed())],
  [
    'renamed over',
    (f) => {
      writeFileSync(join(f, '..', 'evil.onnx'), zeroed());
      renameSync(join(f, '..', 'evil.onnx'), join(f, 'model.onnx'));
    },
  ],
  [
    'replaced by a link',
    (f) => {
      writeFileSync(join(f, '..', 'evil.onnx'), zeroed());
      unlinkSync(join(f, 'model.onnx'));
      symlinkSync(join(f, '..', 'evil.onnx'), join(f, 'model.onnx'));
    },
  ],
  [
    'swapped with its whole folder',
    (f) => {
      renameSync(f, `${f}-moved`);
      mkdirSync(f);
      writeFileSync(join(f, 'model.onnx'), zeroed());
    },
  ],
  ['deleted', (f) => rmSync(join(f, 'model.onnx'))],
  ['cut to nothing', (f) => writeFileSync(join(f, 'model.onnx'), '')],
];

function writeInPlace(file: string, bytes: Uint8Array): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, bytes.length, 0);
  closeSync(fd);
}

describe('loadModel', () => {
  const temp = useTemp();
  const signed = async (more: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> => {
    const folder = writeModel(join(temp(), 'model'), more);
    await pub.sign(folder);
    return folder;
  };

  it('verifies, scans and runs a model, and closes it', async () => {
    const { live, report } = await loadModel(await signed(), BASE);
    expect(live.format).to.equal('onnx');
    expect(await answer(live)).to.deep.equal([4, 6]);
    expect(report.verdict).to.equal('accepted');
    expect(report.checks.map((c) => c.name)).to.include.members(['files', 'scan', 'load']);
    expect(Buffer.from(await live.read('labels/names.txt')).toString()).to.equal('no\nyes\n');
    await live.close();
    await expectCodeAsync('ERR_MODEL_CLOSED', () => live.run(X));
    await expectCodeAsync('ERR_MODEL_CLOSED', () => live.read('labels/names.txt'));
  });

  it('the attack of the swap tests would work on a loader that reads again', async () => {
    const folder = await signed();
    await verifyModel(folder, BASE);
    writeInPlace(join(folder, 'model.onnx'), zeroed());
    expect(readFileSync(join(folder, 'model.onnx')).equals(matMulModel())).to.equal(false);
    await expectCodeAsync('ERR_FILE_CHANGED', () => loadModel(folder, BASE));
  });

  for (const [what, attack] of ATTACKS) {
    it(`a file ${what} after verification changes nothing for a held model`, async () => {
      const folder = await signed();
      const { model } = await verifyModel(folder, { ...BASE, hold: true });
      attack(folder);
      const bytes = await model.read('model.onnx');
      expect(Buffer.from(bytes).equals(matMulModel())).to.equal(true);
      const { ScannedModel } = await import('../../scanner/scanned-model.js');
      const { LiveModel } = await import('../../loader/index.js');
      const live = await LiveModel.from(await ScannedModel.from(model, folder));
      expect(await answer(live)).to.deep.equal([4, 6]);
      await live.close();
    });

    it(`a file ${what} after verification is refused when it is read again`, async () => {
      const folder = await signed();
      const { model } = await verifyModel(folder, BASE);
      attack(folder);
      const outcome = await model.read('model.onnx').then(
        () => 'read',
        (error) => error.code,
      );
      expect(outcome).to.be.oneOf(['ERR_FILE_CHANGED', 'ERR_MODEL_MOVED', 'ERR_FILE_CHANGED_WHILE_READ']);
    });
  }

  it('a live model does not notice that its folder is gone', async () => {
    const folder = await signed();
    const { live } = await loadModel(folder, BASE);
    rmSync(folder, { recursive: true });
    expect(await answer(live)).to.deep.equal([4, 6]);
    await live.close();
  });

  it('supplies external tensor data from the manifest, and refuses any other', async () => {
    const inside = matMulModel(external({ location: 'weights.bin' }));
    const { live } = await loadModel(
      await signed({ 'model.onnx': inside, 'weights.bin': weightBytes() }),
      BASE,
    );
    expect(await answer(live)).to.deep.equal([4, 6]);
    await live.close();
    const outside = writeModel(join(temp(), 'outside'), { 'model.onnx': inside });
    await pub.sign(outside);
    await expectCodeAsync('ERR_ONNX_EXTERNAL_UNSIGNED', () => loadModel(outside, BASE));
    writeFileSync(join(outside, 'weights.bin'), weightBytes());
    await expectCodeAsync('ERR_ONNX_EXTERNAL_UNSIGNED', () =>
      loadModel(outside, { ...BASE, ignoreUnsignedFiles: true }),
    );
  });

  it('refuses a signed model with a threat, and the report names it', async () => {
    // GLOBAL posix system, on an argument that is never run: opcodes only.
    const pickle = Buffer.from("cposix\nsystem\n(S'true'\ntR.");
    const folder = await signed({ 'extra.pkl': pickle });
    const report = new ReportBuilder(folder, AT);
    await expectCodeAsync('ERR_THREAT_FOUND', () => loadModel(folder, { ...BASE, report }));
    const built: Report = report.build();
    expect(built.verdict).to.equal('threat');
    expect(built.threats.map((t) => t.file)).to.include('extra.pkl');
    await verifyModel(folder, BASE);
  });

  it('loads safetensors as tensors, and says that they do not run', async () => {
    const header = Buffer.from('{"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}   ');
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    const file = Buffer.concat([size, header, weightBytes()]);
    const folder = writeModel(join(temp(), 'tensors'), { 'weights.dat': file });
    rmSync(join(folder, 'model.onnx'));
    await pub.sign(folder);
    const { live } = await loadModel(folder, BASE);
    expect([...(live.safetensors?.tensors.get('w')?.float32() ?? [])]).to.deep.equal([1, 2, 3, 4]);
    await expectCodeAsync('ERR_NOT_RUNNABLE', async () => live.run({}));
    await live.close();
  });

  it('takes the engines that its type names', async () => {
    const folder = await signed();
    for (const engine of ['auto', 'wasm', 'native'] as const) {
      const error = await loadModel(folder, { ...BASE, engine }).then(
        ({ live }) => live.close(),
        (thrown: unknown) => thrown,
      );
      expect(isModelsealError(error, 'ERR_USAGE'), engine).to.equal(false);
    }
    await expectCodeAsync('ERR_USAGE', () => loadModel(folder, { ...BASE, engine: 'node' as 'wasm' }));
  });

  it('asks which file where several could be meant', async () => {
    const folder = await signed({ 'second.onnx': matMulModel() });
    await expectCodeAsync('ERR_MODEL_FILE_AMBIGUOUS', () => loadModel(folder, BASE));
    const { live } = await loadModel(folder, { ...BASE, file: 'second.onnx' });
    expect(live.file).to.equal('second.onnx');
    await live.close();
    await expectCodeAsync('ERR_MODEL_FORMAT_UNKNOWN', () =>
      loadModel(folder, { ...BASE, file: 'config.json' }),
    );
    await expectCodeAsync('ERR_MODEL_FILE_NOT_SIGNED', () =>
      loadModel(folder, { ...BASE, file: 'model.sig' }),
    );
  });

  it('refuses at run time what the types refuse at compile time', async () => {
    const { LiveModel, MatchedModel, VerifiedManifest } = await import('../../loader/index.js');
    const { ComparedModel } = await import('../../loader/pipeline/compared-model.js');
    const { ListedModel } = await import('../../loader/pipeline/listed-model.js');
    const { ScannedModel } = await import('../../scanner/scanned-model.js');
    const folder = await signed();
    const { model } = await verifyModel(folder, BASE);
    const fake = { names: model.names, read: (name: string) => model.read(name) };
    const scannedFake = (await ScannedModel.from(fake, 'fake')) as unknown as Parameters<
      typeof LiveModel.from
    >[0];
    await expectCodeAsync('ERR_USAGE', () => LiveModel.from(scannedFake));
    const edited = { ...model.manifest } as unknown as typeof model.manifest;
    expect(VerifiedManifest.isVerified(edited)).to.equal(false);
    await expectCodeAsync('ERR_USAGE', async () => ListedModel.of(edited, folder, {}));
    const listed = ListedModel.of(model.manifest, folder, {});
    const copy = { ...listed } as unknown as typeof listed;
    await expectCodeAsync('ERR_USAGE', () => ComparedModel.of(copy, {}));
    const compared = await ComparedModel.of(listed, {});
    const clean = { ...compared, differences: [] } as unknown as typeof compared;
    await expectCodeAsync('ERR_USAGE', async () => MatchedModel.from(clean));
    const notHeld = await ScannedModel.from(model, folder);
    await expectCodeAsync('ERR_MODEL_NOT_HELD', () => LiveModel.from(notHeld));
  });
});
