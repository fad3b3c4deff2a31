import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { loadModel } from '../../../loader/index.js';
import { cli } from '../../support/cli.js';
import { expectCodeAsync } from '../../support/errors.js';
import { matMulModel } from '../../support/onnx.js';
import { AT } from '../../support/pki.js';
import { publisher, writeModel } from '../../support/signed-model.js';
import { useTemp } from '../../support/temp.js';

const ONE = 'model-00001-of-00002.safetensors';
const TWO = 'model-00002-of-00002.safetensors';
const INDEX = 'model.safetensors.index.json';

/** A safetensors file with one 32-bit float a tensor. */
function tensors(...names: string[]): Buffer {
  const entries = names.map((name, i) => [
    name,
    { dtype: 'F32', shape: [1], data_offsets: [i * 4, i * 4 + 4] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, Buffer.from(Float32Array.from(names, (_, i) => i + 1).buffer)]);
}

describe('models in several files', () => {
  const temp = useTemp();
  const alice = publisher();
  const base = { at: AT, trustRoots: alice.trustRoots, revocation: 'off' as const };

  const sharded = async (
    map: Record<string, string> = { a: ONE, b: ONE, c: TWO },
    more: Record<string, Uint8Array> = {},
  ): Promise<string> => {
    const folder = writeModel(join(temp(), 'model'), {
      [ONE]: tensors('a', 'b'),
      [TWO]: tensors('c'),
      [INDEX]: JSON.stringify({ metadata: { total_size: 12 }, weight_map: map }),
      ...more,
    });
    rmSync(join(folder, 'model.onnx'));
    await alice.sign(folder, { allowIncomplete: true });
    return folder;
  };

  it('a sharded checkpoint is loaded by its index', async () => {
    const folder = await sharded();
    const { live } = await loadModel(folder, base);
    expect(live.file).to.equal(INDEX);
    expect([...(live.safetensors?.tensors.keys() ?? [])]).to.deep.equal(['a', 'b', 'c']);
    expect([...(live.safetensors?.tensors.get('b')?.float32() ?? [])]).to.deep.equal([2]);
    await live.close();
    const named = await loadModel(folder, { ...base, file: INDEX });
    expect(named.live.safetensors?.tensors.size).to.equal(3);
    const one = await loadModel(folder, { ...base, file: TWO });
    expect([...(one.live.safetensors?.tensors.keys() ?? [])]).to.deep.equal(['c']);
    expect((await cli(['scan', folder])).code).to.equal(0);
  });

  for (const [what, map, more] of [
    ['a shard that is not there', { a: ONE, b: ONE, c: TWO, d: 'model-00003-of-00003.safetensors' }],
    ['a shard that the index does not name', { a: ONE, b: ONE, c: TWO }, 'model-00003-of-00003.safetensors'],
    ['a tensor that its shard does not have', { a: ONE, b: TWO, c: TWO }],
    ['a tensor that the index does not name', { a: ONE, c: TWO }],
    ['a shard outside of the model', { a: ONE, b: ONE, c: '../evil.safetensors' }],
    ['an index without files', {}],
  ] as [string, Record<string, string>, string?][])
    it(`refuses ${what}`, async () => {
      const folder = await sharded(map, more === undefined ? {} : { [more]: tensors('z') });
      await expectCodeAsync('ERR_SAFETENSORS_INDEX', () => loadModel(folder, { ...base, file: INDEX }));
    });

  it('several ONNX files are loaded together where they are named', async () => {
    const folder = writeModel(join(temp(), 'pair'), { 'decoder.onnx': matMulModel() });
    await alice.sign(folder);
    await expectCodeAsync('ERR_MODEL_FILE_AMBIGUOUS', () => loadModel(folder, base));
    const { live } = await loadModel(folder, { ...base, file: ['model.onnx', 'decoder.onnx'] });
    const x = { type: 'float32', dims: [1, 2], data: [1, 1] };
    expect(await live.run({ x })).to.deep.equal(await live.run({ x }, 'decoder.onnx'));
    await expectCodeAsync('ERR_USAGE', async () => live.run({ x }, 'config.json'));
    await live.close();
    await expectCodeAsync('ERR_USAGE', () =>
      loadModel(folder, { ...base, file: ['model.onnx', 'model.onnx'] }),
    );
    await expectCodeAsync('ERR_MODEL_FORMAT_UNKNOWN', () =>
      loadModel(folder, { ...base, file: ['model.onnx', 'config.json'] }),
    );
  });
});
