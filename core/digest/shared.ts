import { ModelsealError } from '../errors/index.js';
import type { HashEngine, HashName } from './algorithms.js';
import {
  BUFFER_BYTES,
  type DigestJob,
  hashLarge,
  hashSmall,
  isSmall,
  type OnBytes,
  openRange,
} from './read.js';

/** Everything that the two threads share. Numbers lie in shared memory; only paths and names are copied. */
export interface SharedWork {
  readonly algorithm: HashName;
  readonly paths: readonly string[];
  /** One after the other, {@link SEPARATOR} between them: one string is copied faster, and errors alone need them. */
  readonly names: string;
  /** Per job: size, dev, ino, start, end. The end is filled in where a job leaves it open. */
  readonly numbers: Float64Array;
  /** Digests, one after the other. */
  readonly digests: Uint8Array;
  /** Per job: 0 not done, 1 done. */
  readonly done: Uint8Array;
  /** See {@link Control}. */
  readonly control: Int32Array;
  /** Bytes and files done: main thread, then worker. Each slot has one writer. */
  readonly tally: Float64Array;
}

/** What a worker is sent: the paths as one string too. */
export interface SentWork extends Omit<SharedWork, 'paths'> {
  readonly paths: string;
}

/** No path and no name contains it. */
export const SEPARATOR = '\0';

export const send = (work: SharedWork): SentWork => ({ ...work, paths: work.paths.join(SEPARATOR) });
export const receive = (work: SentWork): SharedWork => ({ ...work, paths: work.paths.split(SEPARATOR) });

export const FIELDS = 5;
const END = 4;

/** Slots of the control array. */
export const Control = { next: 0, stop: 1 } as const;

/** Small jobs are taken in groups, so that the shared counter is not what the threads wait for. */
const GROUP_BELOW_BYTES = 256 * 1024;
const GROUP = 16;

class SharedJob implements DigestJob {
  readonly #work: SharedWork;
  readonly #index: number;
  readonly path: string;
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
  readonly start: number;
  readonly end: number;

  constructor(work: SharedWork, index: number) {
    const at = index * FIELDS;
    this.#work = work;
    this.#index = index;
    this.path = work.paths[index] as string;
    this.size = work.numbers[at] as number;
    this.dev = work.numbers[at + 1] as number;
    this.ino = work.numbers[at + 2] as number;
    this.start = work.numbers[at + 3] as number;
    this.end = work.numbers[at + END] as number;
  }

  get name(): string {
    return this.#work.names.split(SEPARATOR)[this.#index] as string;
  }
}

/** Ends of the ranges, in the order of the work; all known when every job is done. */
export function endsOf(work: SharedWork): Float64Array {
  return work.numbers.filter((_, i) => i % FIELDS === END);
}

/**
 * Takes jobs from the shared counter until there are none left or the other side has failed.
 *
 * @param slot 0 for the main thread, 1 for the worker.
 * @param between Called after each job and each block; gives the event loop its turn where that is needed.
 */
export async function drain(
  work: SharedWork,
  engine: HashEngine,
  slot: 0 | 1,
  between: () => Promise<void> | undefined,
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const { control, tally } = work;
  const count = work.paths.length;
  const group = averageLength(work) < GROUP_BELOW_BYTES && count > GROUP * 4 ? GROUP : 1;
  const bytesAt = slot * 2;
  const onBytes: OnBytes = (n) => {
    tally[bytesAt] = (tally[bytesAt] as number) + n;
    if (Atomics.load(control, Control.stop) !== 0) {
      throw new ModelsealError('ERR_INTERRUPTED', { work: 'reading the model' });
    }
    return between();
  };
  for (;;) {
    const first = Atomics.add(control, Control.next, group);
    if (first >= count) return;
    for (let index = first; index < Math.min(first + group, count); index++) {
      if (Atomics.load(control, Control.stop) !== 0) return;
      const large = hashOne(work, index, engine, buffer, onBytes);
      if (large) await large;
      tally[bytesAt + 1] = (tally[bytesAt + 1] as number) + 1;
      const pause = between();
      if (pause) await pause;
    }
  }
}

/**
 * Hashes one job and stores what was found.
 *
 * @returns A promise for a large range only: waiting costs more than hashing a small one.
 */
export function hashOne(
  work: SharedWork,
  index: number,
  engine: HashEngine,
  buffer: Buffer,
  onBytes: OnBytes,
): Promise<void> | undefined {
  const range = openRange(new SharedJob(work, index));
  const store = (digest: Uint8Array): void => {
    work.digests.set(digest, index * engine.size);
    work.numbers[index * FIELDS + END] = range.end;
    work.done[index] = 1;
  };
  if (!isSmall(range)) return hashLarge(range, engine, buffer, onBytes).then(store);
  store(hashSmall(range, engine, buffer));
  return onBytes(range.end - range.start);
}

/** Jobs that are measured when they are opened count as nothing: there are very many of them, or none. */
function averageLength(work: SharedWork): number {
  const count = work.paths.length;
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const at = i * FIELDS;
    bytes += Math.max(0, (work.numbers[at + END] as number) - (work.numbers[at + 3] as number));
  }
  return bytes / Math.max(1, count);
}
