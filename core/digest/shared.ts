import { ModelsealError } from '../errors/index.js';
import type { HashEngine, HashName } from './algorithms.js';
import { BUFFER_BYTES, type DigestJob, hashLarge, hashSmall, isSmall, type OnBytes } from './read.js';

/** Everything that the two threads share. Numbers lie in shared memory; only paths and names are copied. */
export interface SharedWork {
  readonly algorithm: HashName;
  readonly paths: readonly string[];
  readonly names: readonly string[];
  /** Per job: size, dev, ino, start, end. */
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

export const FIELDS = 5;

/** Slots of the control array. */
export const Control = { next: 0, stop: 1 } as const;

/** Small jobs are taken in groups, so that the shared counter is not what the threads wait for. */
const GROUP_BELOW_BYTES = 256 * 1024;
const GROUP = 16;

export function jobOf(work: SharedWork, index: number): DigestJob {
  const at = index * FIELDS;
  const n = (field: number): number => work.numbers[at + field] as number;
  return {
    path: work.paths[index] as string,
    name: work.names[index] as string,
    size: n(0),
    dev: n(1),
    ino: n(2),
    start: n(3),
    end: n(4),
  };
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
      const job = jobOf(work, index);
      if (isSmall(job)) {
        store(work, index, engine, hashSmall(job, engine, buffer));
        tally[bytesAt] = (tally[bytesAt] as number) + job.end - job.start;
      } else {
        store(work, index, engine, await hashLarge(job, engine, buffer, onBytes));
      }
      tally[bytesAt + 1] = (tally[bytesAt + 1] as number) + 1;
      const pause = between();
      if (pause) await pause;
    }
  }
}

/** Hashes one job on its own, for what a lost worker left undone. */
export async function hashOne(
  work: SharedWork,
  index: number,
  engine: HashEngine,
  buffer: Buffer,
): Promise<void> {
  const job = jobOf(work, index);
  const digest = isSmall(job)
    ? hashSmall(job, engine, buffer)
    : await hashLarge(job, engine, buffer, () => undefined);
  store(work, index, engine, digest);
}

function store(work: SharedWork, index: number, engine: HashEngine, digest: Uint8Array): void {
  work.digests.set(digest, index * engine.size);
  work.done[index] = 1;
}

function averageLength(work: SharedWork): number {
  const count = work.paths.length;
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    bytes += (work.numbers[i * FIELDS + 4] as number) - (work.numbers[i * FIELDS + 3] as number);
  }
  return bytes / Math.max(1, count);
}
