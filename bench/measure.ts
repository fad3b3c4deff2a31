import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One run of a command: wall-clock seconds and peak resident memory (where the system tells, in MiB). */
export interface Sample {
  readonly seconds: number;
  readonly peakMiB: number | undefined;
}

/** A command to be timed as a whole process. */
export interface Command {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Fed to standard input. */
  readonly input?: string;
}

/** Often enough to see the peak of any run worth measuring. */
const POLL_MS = 5;

/** Runs a command once. @throws when it does not end with exit code 0: a failed run has no time. */
export async function runOnce(command: Command): Promise<Sample> {
  const started = performance.now();
  const child = spawn(command.program, [...command.args], {
    stdio: [command.input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'],
    env: { ...process.env, ...command.env },
  });
  let peak: number | undefined;
  const poll = setInterval(() => {
    peak = peakOf(child.pid) ?? peak;
  }, POLL_MS);
  const errors: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin?.end(command.input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  }).finally(() => clearInterval(poll));
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0)
    throw new Error(`${command.name} ended with ${code}: ${Buffer.concat(errors).toString().slice(0, 500)}`);
  return { seconds, peakMiB: peak };
}

/** The kernel's own high-water mark, so that a peak between two looks is not missed. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

/** Minimum, median and maximum of a figure. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
  return { min: at(0), median: at(0.5), max: at(1) };
}

export interface Comparison {
  readonly ours: Spread;
  readonly theirs: Spread;
  /** Ours by theirs, pair by pair: a slow moment of the machine hurts both of a pair. */
  readonly ratio: Spread;
  readonly peakMiB: number | undefined;
}

/** Runs two commands in turns, after one warm-up of each that also fills the page cache. */
export async function compare(ours: Command, theirs: Command, runs: number): Promise<Comparison> {
  await runOnce(theirs);
  await runOnce(ours);
  const a: Sample[] = [];
  const b: Sample[] = [];
  for (let i = 0; i < runs; i++) {
    a.push(await runOnce(ours));
    b.push(await runOnce(theirs));
  }
  const peaks = a.flatMap((s) => (s.peakMiB === undefined ? [] : [s.peakMiB]));
  return {
    ours: spread(a.map((s) => s.seconds)),
    theirs: spread(b.map((s) => s.seconds)),
    ratio: spread(a.map((s, i) => s.seconds / (b[i] as Sample).seconds)),
    peakMiB: peaks.length > 0 ? Math.max(...peaks) : undefined,
  };
}
