import { type Identity, MODELSEAL } from './fixtures.js';
import { type Command, compare, type Spread, spread } from './measure.js';

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

export const node = (name: string, ...args: string[]): Command => ({ name, program: process.execPath, args });
export const verify = (model: string, ...more: string[]): Command =>
  node('modelseal verify', MODELSEAL, 'verify', model, ...more);
/** The command line as one program, where MODELSEAL_STANDALONE names it: the same words, without Node. */
export function standalone(words: readonly string[]): Command | undefined {
  const { MODELSEAL_STANDALONE: program } = process.env;
  return program ? { name: 'standalone', program, args: words } : undefined;
}

/** The same work by Node and by the standalone program, each against the same other command. */
export async function bothRows(
  work: string,
  targets: { readonly node: number; readonly standalone: number },
  words: readonly string[],
  theirs: Command,
  runs: number,
): Promise<[Row, ...Row[]]> {
  const row = await ratioRow(work, targets.node, node('modelseal', MODELSEAL, ...words), theirs, runs);
  const program = standalone(words);
  if (!program) return [row];
  return [row, await ratioRow(`${work}, standalone`, targets.standalone, program, theirs, runs)];
}

export const opensslDigest = (files: readonly string[]): Command => ({
  name: 'openssl dgst',
  program: 'openssl',
  args: ['dgst', '-sha256', ...files],
});

/**
 * @param target Largest ratio; without it the row is there to compare with.
 * @param startUp Seconds that the target leaves aside.
 */
export async function ratioRow(
  work: string,
  target: number | undefined,
  ours: Command,
  theirs: Command,
  runs: number,
  startUp?: number,
): Promise<Row> {
  const result = await compare(ours, theirs, runs);
  return {
    work,
    against: theirs.name,
    unit: 's',
    ours: result.ours,
    theirs: result.theirs,
    ratio: result.ratio,
    ...(target === undefined
      ? { target: '–' }
      : {
          target: `at most ${target} ×${startUp === undefined ? '' : ` + ${startUp.toFixed(3)} s of start-up`}`,
          met:
            startUp === undefined
              ? result.ratio.median <= target
              : result.ours.median - startUp <= target * result.theirs.median,
        }),
    ...(result.peakMiB === undefined ? {} : { note: `peak ${Math.round(result.peakMiB)} MiB` }),
  };
}

export function memoryRow(row: Row, what: string, limit: number): Row {
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
