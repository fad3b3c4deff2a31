import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchAttacks } from './attack.js';
import { benchCache } from './digest-cache.js';
import { benchCa } from './ca.js';
import { GIB, KIB, MIB, modelseal, writeModel, writeRandom } from './fixtures.js';
import { growthRows } from './growth.js';
import { type Command, compare, spread } from './measure.js';
import { benchPath } from './path.js';
import { benchPickle } from './pickle.js';
import {
  bothRows,
  memoryRow,
  node,
  opensslDigest,
  type Row,
  ratioRow,
  type Setting,
  standalone,
  verify,
} from './row.js';
import { textRows } from './texts.js';

/** Signed models of the sizes that the targets name. Each case makes its files and leaves them for the next. */
export const CASES: readonly { readonly name: string; readonly run: (s: Setting) => Promise<Row[]> }[] = [
  {
    name: 'start',
    run: async (s) => {
      const model = join(s.folder, 'tiny');
      writeModel(model, 1, KIB);
      modelseal('sign', model, '--private-key', s.identity.key, '--signing-certificate', s.identity.chain);
      const keyed = join(s.folder, 'tiny-key');
      writeModel(keyed, 1, KIB);
      modelseal('sign', keyed, '--private-key', s.identity.ecKey);
      const bare = node('node -e 0', '-e', '0');
      const runs = s.runs * 3;
      return [
        ...(await bothRows(
          'verify a tiny model, certificate',
          { node: 1.35, standalone: 0.35 },
          ['verify', model, '--trust-root', s.identity.root],
          bare,
          runs,
        )),
        ...(await bothRows(
          'verify a tiny model, key',
          { node: 1.35, standalone: 0.35 },
          ['verify', keyed, '--public-key', s.identity.ecPublic],
          bare,
          runs,
        )),
      ];
    },
  },
  {
    name: 'one large file',
    run: async (s) => {
      const model = join(s.folder, 'large');
      const files = writeModel(model, 1, (4 * GIB) / s.scale);
      const trust = ['--trust-root', s.identity.root];
      const sign = ['--private-key', s.identity.key, '--signing-certificate', s.identity.chain];
      modelseal('sign', model, ...sign);
      const tiny = join(s.folder, 'large-tiny');
      writeModel(tiny, 1, KIB);
      modelseal('sign', tiny, ...sign);
      const started = await compare(verify(tiny, ...trust), node('node -e 0', '-e', '0'), s.runs);
      const startUp = started.ours.median;
      const whole = await ratioRow(
        'verify one 4 GiB file',
        0.97,
        verify(model, ...trust),
        opensslDigest(files),
        s.runs,
        startUp,
      );
      const shards = join(s.folder, 'large-shards.sig');
      modelseal(
        'sign',
        model,
        ...sign,
        '--method',
        'shards',
        '--shard-size',
        String(GIB / s.scale),
        '--signature',
        shards,
        '--ignore-paths',
        'model.sig',
      );
      const words = ['verify', model, ...trust, '--signature', shards, '--ignore-paths', 'model.sig'];
      const program = standalone(['verify', model, ...trust]);
      const one = 'verify one 4 GiB file';
      return [
        whole,
        ...(program
          ? [await ratioRow(`${one}, standalone`, 0.92, program, opensslDigest(files), s.runs)]
          : []),
        ...(await bothRows(
          `${one} in shards of 1 GiB`,
          { node: 0.54, standalone: 0.53 },
          words,
          opensslDigest(files),
          s.runs,
        )),
        memoryRow(whole, 'verify, one 4 GiB file', 120),
      ];
    },
  },
  { name: 'digest cache', run: benchCache },
  {
    name: 'several large files',
    run: async (s) => {
      const model = join(s.folder, 'several');
      const files = writeModel(model, 8, (512 * MIB) / s.scale);
      modelseal('sign', model, '--private-key', s.identity.key, '--signing-certificate', s.identity.chain);
      return [
        ...(await bothRows(
          'verify 8 × 512 MiB',
          { node: 0.54, standalone: 0.53 },
          ['verify', model, '--trust-root', s.identity.root],
          opensslDigest(files),
          s.runs,
        )),
        await ratioRow(
          'for comparison: two openssl processes, half of the 8 files each',
          undefined,
          twoAtOnce(files),
          opensslDigest(files),
          s.runs,
        ),
      ];
    },
  },
  {
    name: 'many small files',
    run: async (s) => {
      const model = join(s.folder, 'many');
      const files = writeModel(model, 10_000, 10 * KIB);
      modelseal('sign', model, '--private-key', s.identity.key, '--signing-certificate', s.identity.chain);
      const xargs: Command = {
        name: 'one xargs openssl dgst',
        program: 'xargs',
        args: ['-n', '100000', '-s', '2000000', 'openssl', 'dgst', '-sha256'],
        input: files.join('\n'),
      };
      return [
        ...(await bothRows(
          'verify 10,000 × 10 KiB',
          { node: 1.6, standalone: 1.1 },
          ['verify', model, '--trust-root', s.identity.root],
          xargs,
          s.runs,
        )),
        await ratioRow(
          'for comparison: Node and one worker, hashing these files and nothing else',
          undefined,
          node('bare hashing', script('hash-bare'), model),
          xargs,
          s.runs,
        ),
      ];
    },
  },
  {
    name: 'load',
    run: async (s) => {
      const size = (2 * GIB) / s.scale;
      const model = join(s.folder, 'load');
      writeSafetensors(model, size);
      modelseal('sign', model, '--private-key', s.identity.key, '--signing-certificate', s.identity.chain);
      const ours = node('loadModel', script('load-model'), model, s.identity.root);
      const theirs = node('hash, then read again', script('load-twice'), join(model, 'model.safetensors'));
      const row = await ratioRow('loadModel of 2 GiB (verified bytes in memory)', 1.0, ours, theirs, s.runs);
      const fileMiB = Math.round(size / MIB);
      return [row, memoryRow(row, `loadModel of ${fileMiB} MiB`, fileMiB + 80)];
    },
  },
  { name: 'growth', run: growthRows },
  {
    name: 'certificate authority',
    run: async (s) => {
      const figures = await benchCa(Math.round(1_000_000 / s.scale));
      const rate = (work: string, value: number, least: number): Row => ({
        work,
        against: 'bare RSA-2048 signatures',
        unit: '1/s',
        ours: spread([value]),
        theirs: spread([figures.signatures]),
        ratio: spread([value / figures.signatures]),
        target: `at least ${least} ×`,
        met: value / figures.signatures >= least,
      });
      const entries = figures.crlEntries.toLocaleString('en');
      return [
        rate('certificates issued, in process', figures.inProcess, 0.6),
        rate('certificates issued, with the database', figures.withDatabase, 0.4),
        {
          work: `CRL of ${entries} entries`,
          against: '–',
          unit: 's',
          ours: spread([figures.crlSeconds]),
          target: 'at most 1 s',
          met: figures.crlSeconds <= 1,
        },
        {
          work: `CRL of ${entries} entries, memory`,
          against: '–',
          unit: 'MiB',
          ours: spread([figures.crlPeakMiB]),
          target: 'at most 250 MiB',
          met: figures.crlPeakMiB <= 250,
        },
      ];
    },
  },
  {
    name: 'path building under attack',
    run: async () =>
      benchAttacks().map(({ attack, milliseconds }) => {
        const seconds = spread(milliseconds.map((ms) => ms / 1000));
        return {
          work: attack,
          against: '–',
          unit: 's' as const,
          ours: seconds,
          target: 'refused within 0.1 s',
          met: seconds.median <= 0.1,
        };
      }),
  },
  {
    name: 'path validation',
    run: async () => {
      const results = await benchPath();
      return results
        .filter((r) => r.timesBare !== undefined || r.contestant.startsWith('openssl'))
        .map((r) => ({
          work: `validate a chain of 3, ${r.key}: ${r.contestant}`,
          against: 'parse + bare signature checks',
          unit: '1/s' as const,
          ours: spread([r.validationsPerSecond]),
          ...(r.timesBare === undefined ? {} : { ratio: spread([r.timesBare]) }),
          target: r.contestant === 'modelseal' ? 'at most 1.3 × its time' : '–',
          ...(r.contestant === 'modelseal' && r.timesBare !== undefined ? { met: r.timesBare <= 1.3 } : {}),
        }));
    },
  },
  { name: 'pickle', run: benchPickle },
  { name: 'texts', run: textRows },
];

const script = (name: string): string => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));

/** What two cores can do at best. */
function twoAtOnce(files: readonly string[]): Command {
  const half = files.length / 2;
  const commands = [files.slice(0, half), files.slice(half)].map(
    (part) => `openssl dgst -sha256 ${part.join(' ')}`,
  );
  return { name: 'two openssl processes', program: 'sh', args: ['-c', `${commands.join(' & ')}; wait`] };
}

/** One F32 tensor that fills the file. */
function writeSafetensors(folder: string, size: number): void {
  writeModel(folder, 0, 0);
  const count = Math.floor(size / 4);
  const header = Buffer.from(
    JSON.stringify({ weights: { dtype: 'F32', shape: [count], data_offsets: [0, count * 4] } }).padEnd(120),
  );
  const file = join(folder, 'model.safetensors');
  writeRandom(file, 8 + header.length + count * 4);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(file, Buffer.concat([length, header]), { flag: 'r+' });
  if (!existsSync(file)) throw new Error('fixture was not written');
}
