import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchAttacks } from './attack.js';
import { benchCa } from './ca.js';
import { GIB, type Identity, KIB, MIB, MODELSEAL, modelseal, writeModel, writeRandom } from './fixtures.js';
import { growthRows } from './growth.js';
import { type Command, compare, type Spread, spread } from './measure.js';
import { benchPath } from './path.js';
import { benchPickle } from './pickle.js';

/** One line of the table. */
export interface Row {
  readonly work: string;
  readonly against: string;
  readonly unit: 's' | '1/s' | 'MiB';
  readonly ours?: Spread;
  readonly theirs?: Spread;
  /** Ours by theirs; absent where the target is an absolute figure. */
  readonly ratio?: Spread;
  readonly target: string;
  readonly met?: boolean;
  /** Why there is no figure. */
  readonly skipped?: string;
  readonly note?: string;
}

export interface Setting {
  readonly folder: string;
  readonly identity: Identity;
  readonly runs: number;
  /** Divides the sizes, for a quick look; targets are for 1. */
  readonly scale: number;
}

const node = (name: string, ...args: string[]): Command => ({ name, program: process.execPath, args });
export const verify = (model: string, ...more: string[]): Command =>
  node('modelseal verify', MODELSEAL, 'verify', model, ...more);
const opensslDigest = (files: readonly string[]): Command => ({
  name: 'openssl dgst',
  program: 'openssl',
  args: ['dgst', '-sha256', ...files],
});

async function ratioRow(
  work: string,
  target: number,
  ours: Command,
  theirs: Command,
  runs: number,
  note?: string,
): Promise<Row> {
  const result = await compare(ours, theirs, runs);
  return {
    work,
    against: theirs.name,
    unit: 's',
    ours: result.ours,
    theirs: result.theirs,
    ratio: result.ratio,
    target: `at most ${target} ×`,
    met: result.ratio.median <= target,
    note: [note, result.peakMiB === undefined ? undefined : `peak ${Math.round(result.peakMiB)} MiB`]
      .filter(Boolean)
      .join('; '),
  };
}

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
        await ratioRow(
          'verify a tiny model, certificate',
          2.0,
          verify(model, '--trust-root', s.identity.root),
          bare,
          runs,
        ),
        await ratioRow(
          'verify a tiny model, key',
          1.5,
          verify(keyed, '--public-key', s.identity.ecPublic),
          bare,
          runs,
        ),
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
      const whole = await ratioRow(
        'verify one 4 GiB file',
        1.03,
        verify(model, ...trust),
        opensslDigest(files),
        s.runs,
        'target leaves start-up aside',
      );
      const shards = join(s.folder, 'large-shards.sig');
      modelseal(
        'sign',
        model,
        ...sign,
        '--method',
        'shards',
        '--signature',
        shards,
        '--ignore-paths',
        'model.sig',
      );
      const command = verify(model, ...trust, '--signature', shards, '--ignore-paths', 'model.sig');
      return [
        whole,
        await ratioRow('verify one 4 GiB file in shards', 0.55, command, opensslDigest(files), s.runs),
        memoryRow(whole, 'verify, one 4 GiB file', 120),
      ];
    },
  },
  {
    name: 'several large files',
    run: async (s) => {
      const model = join(s.folder, 'several');
      const files = writeModel(model, 8, (512 * MIB) / s.scale);
      modelseal('sign', model, '--private-key', s.identity.key, '--signing-certificate', s.identity.chain);
      return [
        await ratioRow(
          'verify 8 × 512 MiB',
          0.55,
          verify(model, '--trust-root', s.identity.root),
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
        await ratioRow(
          'verify 10,000 × 10 KiB',
          1.3,
          verify(model, '--trust-root', s.identity.root),
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
      const script = (name: string): string => fileURLToPath(new URL(`./load-${name}.mjs`, import.meta.url));
      const ours = node('loadModel', script('model'), model, s.identity.root);
      const theirs = node('hash, then read again', script('twice'), join(model, 'model.safetensors'));
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
];

function memoryRow(row: Row, what: string, limit: number): Row {
  const peak = /peak (\d+) MiB/.exec(row.note ?? '')?.[1];
  return peakRow(what, peak === undefined ? undefined : Number(peak), limit);
}

export function peakRow(what: string, peakMiB: number | undefined, limit: number): Row {
  const work = `peak memory of ${what}`;
  const base = { work, against: '–', unit: 'MiB' as const, target: `at most ${limit} MiB` };
  if (peakMiB === undefined)
    return { ...base, skipped: 'this system does not tell a process its peak memory' };
  return { ...base, ours: spread([peakMiB]), met: peakMiB <= limit };
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
