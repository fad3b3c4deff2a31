import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { cli } from '../support/cli.js';
import { testKey } from '../support/pki.js';
import { useTemp } from '../support/temp.js';

const POINTER = `version https://git-lfs.github.com/spec/v1
oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
size 12345
`;

/** A safetensors file with one tensor of one number for each name. */
function safetensors(...names: string[]): Buffer {
  const entries = names.map((name, i) => [
    name,
    { dtype: 'F32', shape: [1], data_offsets: [4 * i, 4 * i + 4] },
  ]);
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(4 * names.length)]);
}

const index = (map: Readonly<Record<string, string>>): string =>
  JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });

const SHARDED: Readonly<Record<string, string | Buffer>> = {
  'config.json': '{}',
  'model-00001-of-00002.safetensors': safetensors('a'),
  'model-00002-of-00002.safetensors': safetensors('b', 'c'),
  'model.safetensors.index.json': index({
    a: 'model-00001-of-00002.safetensors',
    b: 'model-00002-of-00002.safetensors',
    c: 'model-00002-of-00002.safetensors',
  }),
};
const TORCH = {
  'pytorch_model-00001-of-00002.bin': 'x',
  'pytorch_model-00002-of-00002.bin': 'y',
  'pytorch_model.bin.index.json': index({
    a: 'pytorch_model-00001-of-00002.bin',
    b: 'pytorch_model-00002-of-00002.bin',
  }),
};

type Files = Readonly<Record<string, string | Buffer | undefined>>;

const ACCEPTED: readonly (readonly [name: string, files: Files])[] = [
  ['a sharded checkpoint with its index', SHARDED],
  ['two of them, one in a subfolder', { ...SHARDED, ...below('torch', TORCH) }],
  ['whole weights beside a sharded checkpoint', { ...SHARDED, 'consolidated.safetensors': safetensors('z') }],
  [
    'a variant with its own index',
    {
      ...SHARDED,
      'model.fp16-00001-of-00001.safetensors': safetensors('a'),
      'model.safetensors.index.fp16.json': index({ a: 'model.fp16-00001-of-00001.safetensors' }),
    },
  ],
  ['parts counted from 0, without an index', { 'v.data-00000-of-00002': 'x', 'v.data-00001-of-00002': 'y' }],
  ['a text that speaks of pointers', { 'README.md': `# LFS\n\n${POINTER}` }],
  ['a large file that begins like a pointer', { 'notes.txt': POINTER + ' '.repeat(2000) }],
  ['an index of something else', { 'search.index.json': '{"weight_map": 3}', 'w.onnx': 'x' }],
];

const REFUSED: readonly (readonly [name: string, code: string, says: string, files: Files])[] = [
  [
    'a pointer in place of weights',
    'ERR_SIGN_POINTER',
    'weights/m.bin',
    { 'weights/m.bin': POINTER, 'config.json': '{}' },
  ],
  [
    'a pointer in place of a shard',
    'ERR_SIGN_POINTER',
    '00002-of',
    { ...SHARDED, 'model-00002-of-00002.safetensors': POINTER },
  ],
  [
    'a pointer in place of the index',
    'ERR_SIGN_POINTER',
    'index',
    { ...SHARDED, 'model.safetensors.index.json': POINTER },
  ],
  ['a pointer of git-annex', 'ERR_SIGN_POINTER', 'm.bin', { 'm.bin': '/annex/objects/SHA256E-s5--0.bin\n' }],
  [
    'an unfinished download',
    'ERR_SIGN_UNFINISHED',
    'm.bin.incomplete',
    { 'm.bin.incomplete': 'x', 'config.json': '{}' },
  ],
  [
    'a missing shard of safetensors',
    'ERR_SIGN_SHARD_MISSING',
    '00002-of-00002',
    { ...SHARDED, 'model-00002-of-00002.safetensors': undefined },
  ],
  [
    'a missing shard of PyTorch',
    'ERR_SIGN_SHARD_MISSING',
    '00001-of-00002',
    { ...TORCH, 'pytorch_model-00001-of-00002.bin': undefined },
  ],
  [
    'an index that leads out of the model',
    'ERR_SIGN_SHARD_MISSING',
    '../m.safetensors',
    { 'model.safetensors.index.json': index({ a: '../m.safetensors' }), 'm.safetensors': safetensors('a') },
  ],
  [
    'a shard of another total beside it',
    'ERR_SIGN_INDEX_FOREIGN',
    'model-00003-of-00003',
    { ...SHARDED, 'model-00003-of-00003.safetensors': safetensors('d') },
  ],
  [
    'an index of another total',
    'ERR_SIGN_SHARD_MISSING',
    '00001-of-00003',
    { ...SHARDED, 'model.safetensors.index.json': index({ a: 'model-00001-of-00003.safetensors' }) },
  ],
  [
    'weights that no index names',
    'ERR_SIGN_INDEX_FOREIGN',
    'other-00001-of-00001',
    { ...SHARDED, 'other-00001-of-00001.safetensors': safetensors('d') },
  ],
  [
    'an index of other tensors',
    'ERR_SIGN_INDEX',
    'lm_head',
    {
      ...SHARDED,
      'model.safetensors.index.json': index({
        a: 'model-00001-of-00002.safetensors',
        lm_head: 'model-00002-of-00002.safetensors',
      }),
    },
  ],
  [
    'an index that is cut off',
    'ERR_SIGN_INDEX',
    'index.json',
    { ...SHARDED, 'model.safetensors.index.json': '{"weight_map": {"a"' },
  ],
  [
    'an index without files',
    'ERR_SIGN_INDEX',
    'weight_map',
    { ...SHARDED, 'model.safetensors.index.json': '{}' },
  ],
  [
    'parts without an index, one missing',
    'ERR_SIGN_SHARDS',
    '3 parts',
    { 'm-00001-of-00003.gguf': 'x', 'm-00003-of-00003.gguf': 'y' },
  ],
];

function below(folder: string, files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]));
}

describe('sign: what was not meant', () => {
  const temp = useTemp();
  let key: string;
  beforeEach(() => {
    key = join(temp(), 'key.pem');
    writeFileSync(key, testKey().privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  });
  const model = (files: Files): string => {
    const folder = join(temp(), 'm');
    rmSync(folder, { recursive: true, force: true });
    for (const [name, content] of Object.entries(files)) {
      if (content === undefined) continue;
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    return folder;
  };
  const sign = async (path: string, ...more: string[]) => {
    const run = await cli(['sign', path, '--private-key', key, '--json', ...more]);
    return { ...run, report: JSON.parse(run.stdout) };
  };

  for (const [name, files] of ACCEPTED) {
    it(`signs ${name}`, async () => {
      const { code, report } = await sign(model(files));
      expect([code, report.warnings], JSON.stringify(report)).to.deep.equal([0, []]);
    });
  }

  for (const [name, code, says, files] of REFUSED) {
    it(`refuses ${name}, and signs it when that is meant`, async () => {
      const folder = model(files);
      const refused = await sign(folder);
      expect([refused.code, refused.report.error?.code], refused.stdout).to.deep.equal([1, code]);
      expect(refused.report.error.message).to.include(says);
      expect(refused.report.error.hint).to.include('--allow-incomplete');
      const meant = await sign(folder, '--allow-incomplete');
      expect(meant.code, meant.stdout).to.equal(0);
      expect(meant.report.warnings.join()).to.include(says);
    });
  }

  it('a shard that is excluded is as missing as one that is not there', async () => {
    const excluded = join(model(SHARDED), 'model-00002-of-00002.safetensors');
    const { report } = await sign(join(temp(), 'm'), '--ignore-paths', excluded);
    expect(report.error?.code).to.equal('ERR_SIGN_SHARD_MISSING');
  });

  it('a part that is named itself is meant, a pointer that is named is not', async () => {
    const folder = model({ ...SHARDED, 'p.bin': POINTER });
    expect((await sign(join(folder, 'model-00001-of-00002.safetensors'))).code).to.equal(0);
    expect(
      (await sign(join(folder, 'p.bin'), '--signature', join(temp(), 'p.sig'))).report.error?.code,
    ).to.equal('ERR_SIGN_POINTER');
  });

  it('migration shows it in the dry run already', async () => {
    const folder = model({ 'm.bin': POINTER });
    await cli(['metadata', 'write', join(folder, 'm.bin')]);
    const run = await cli(['migrate', folder, '--json']);
    expect(JSON.parse(run.stdout).folders[0].problem?.code).to.equal('ERR_SIGN_POINTER');
    const apply = ['--apply', '--private-key', key, '--allow-incomplete'];
    expect((await cli(['migrate', folder, ...apply])).code).to.equal(0);
  });
});
