import { join } from 'node:path';
import { expect } from 'chai';
import {
  LiveModel,
  loadModel,
  type MatchedModel,
  ScannedModel,
  TrustPolicy,
  verifyModel,
} from '../../loader/index.js';
import type { FormatScanner } from '../../scanner/types.js';
import { expectCodeAsync } from '../support/errors.js';
import { matMulModel } from '../support/onnx.js';
import { AT } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
const BASE = { trustRoots: pub.trustRoots, at: AT, policy: TrustPolicy.of({ revocation: 'off' }) };
const X = { x: { type: 'float32', dims: [1, 2], data: new Float32Array([1, 1]) } };

/** A tensor of four floats, each 1. */
function safetensors(): Buffer {
  const header = Buffer.from('{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'.padEnd(64));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.from(new Float32Array(4).fill(1).buffer)]);
}

describe('bytes that a verified model hands out', () => {
  const temp = useTemp();
  const verified = async (): Promise<MatchedModel> => {
    const folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder);
    return (await verifyModel(folder, { ...BASE, hold: true })).model;
  };

  it('are the caller’s own: what is written to them reaches neither the scan nor the runtime', async () => {
    const model = await verified();
    (await model.read('model.onnx')).fill(0);
    const scanned = await ScannedModel.from(model, 'the model');
    (await model.read('model.onnx')).fill(0);
    const live = await LiveModel.from(scanned, { engine: 'wasm' });
    (await live.read('model.onnx')).fill(0);
    expect(Array.from((await live.run(X)).y?.data as Float32Array)).to.deep.equal([4, 6]);
    expect(Buffer.from(await live.read('model.onnx')).equals(matMulModel())).to.equal(true);
    await live.close();
  });

  it('are copies for the scanners of a caller too', async () => {
    const model = await verified();
    const vandal: FormatScanner = {
      format: 'any',
      detect: () => 'certain',
      scan: (source) => void source.read(0, source.size).fill(0),
    };
    const scanned = await ScannedModel.from(model, 'the model', {
      scanners: [vandal],
      policy: { allowUnparsed: true, failOn: 'critical' },
    });
    const live = await LiveModel.from(scanned, { engine: 'wasm' });
    expect(Array.from((await live.run(X)).y?.data as Float32Array)).to.deep.equal([4, 6]);
    await live.close();
  });

  it('cannot be replaced by putting another reader into the model', async () => {
    const model = await verified();
    expect(() => Object.assign(model, { read: async () => new Uint8Array(1) })).to.throw(TypeError);
  });

  it('of tensors that were written to are never called verified', async () => {
    const folder = writeModel(join(temp(), 'model'), {
      'model.onnx': 'no graph',
      'w.safetensors': safetensors(),
    });
    await pub.sign(folder, { ignorePaths: ['model.onnx'] });
    const { live } = await loadModel(folder, BASE);
    expect(Buffer.from(await live.read('w.safetensors')).equals(safetensors())).to.equal(true);
    const data = live.safetensors?.tensors.get('w')?.data;
    expect(data).to.be.instanceOf(Float32Array);
    if (!data) return;
    (data as Float32Array).fill(9);
    await expectCodeAsync('ERR_MODEL_BYTES_CHANGED', () => live.read('w.safetensors'));
    (data as Float32Array).fill(1);
    expect(Buffer.from(await live.read('w.safetensors')).equals(safetensors())).to.equal(true);
    await live.close();
  });
});
