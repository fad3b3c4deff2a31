import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Comparison,
  compareModel,
  IgnoreRules,
  type Manifest,
  type MeasuredModel,
  manifestOf,
  measureModel,
  type Serialization,
  treeDigestOf,
  walkModel,
} from '../../../core/model/index.js';
import { useTemp } from '../../support/temp.js';

const FILES: Serialization = { method: 'files', hashType: 'sha256', allowSymlinks: false, ignorePaths: [] };
const SHARDS: Serialization = { ...FILES, method: 'shards', shardSize: 10 };

describe('compareModel', () => {
  const temp = useTemp();
  const put = (name: string, size: number, fill = 1): void => {
    mkdirSync(join(temp(), name, '..'), { recursive: true });
    writeFileSync(join(temp(), name), Buffer.alloc(size, fill));
  };
  const measure = (serialization: Serialization, path = temp()): Promise<MeasuredModel> =>
    measureModel(walkModel(path, { ignore: IgnoreRules.from([]), allowSymlinks: false }), serialization);
  const differ = async (manifest: Manifest, only?: string[]): Promise<Comparison> =>
    compareModel(manifest, await measure(manifest.serialization), only && new Set(only));

  for (const serialization of [FILES, SHARDS]) {
    it(`names every changed, missing and extra file, by ${serialization.method}`, async () => {
      for (const name of ['a', 'b', 'c/d', 'e', 'f', 'g']) put(name, 25);
      const manifest = manifestOf(await measure(serialization));
      expect(await differ(manifest)).to.deep.equal({
        matched: ['a', 'b', 'c/d', 'e', 'f', 'g'],
        changed: [],
        missing: [],
        extra: [],
      });
      put('a', 25, 2);
      put('b', 26);
      put('e', 24);
      put('f', 0);
      rmSync(join(temp(), 'g'));
      put('new', 3);
      put('c/new', 3);
      expect(await differ(manifest)).to.deep.equal({
        matched: ['c/d'],
        changed: ['a', 'b', 'e', 'f'],
        missing: ['g'],
        extra: ['c/new', 'new'],
      });
      expect(await differ(manifest, ['a', 'c/d', 'g'])).to.deep.equal({
        matched: ['c/d'],
        changed: ['a'],
        missing: ['g'],
        extra: [],
      });
    });
  }

  it('by shards: an empty file is in no manifest, but in the tree digest', async () => {
    put('a', 25);
    const before = await measure(SHARDS);
    const manifest = manifestOf(before);
    put('__init__.py', 0);
    const after = await measure(SHARDS);
    expect(compareModel(manifest, after).extra).to.deep.equal([]);
    expect(treeDigestOf(after)).to.not.equal(treeDigestOf(before));
  });

  for (const serialization of [FILES, SHARDS]) {
    it(`a single file without a name matches under any name, by ${serialization.method}`, async () => {
      put('one.bin', 25);
      const file = join(temp(), 'one.bin');
      const measured = await measure(serialization, file);
      const nameless = manifestOf(measured, '.');
      expect(nameless.files()).to.deep.equal(['.']);
      expect(compareModel(nameless, measured).matched).to.deep.equal(['.']);
      put('one.bin', 25, 9);
      expect(compareModel(nameless, await measure(serialization, file)).changed).to.deep.equal(['.']);
      expect(compareModel(manifestOf(measured), await measure(serialization, file)).changed).to.deep.equal([
        'one.bin',
      ]);
    });
  }
});
