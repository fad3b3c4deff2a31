import { closeSync, openSync, readSync } from 'node:fs';
import { ModelsealError } from '../errors/index.js';
import type { HashEngine } from './algorithms.js';
import { BUFFER_BYTES, hashLarge, isSmall, type OnBytes, OPEN_FLAGS, openRange, readSmall } from './read.js';
import { amount, Control, Done, SharedJob, type SharedWork } from './shared.js';

/** Small jobs are taken in groups, so that the shared counter is not what the threads wait for. */
const GROUP_BELOW_BYTES = 256 * 1024;
const GROUP = 16;

/** One thread's side of the work: hashes jobs and stores what it finds. */
export class Hand {
  readonly #work: SharedWork;
  readonly #engine: HashEngine;
  readonly #text: Buffer;
  readonly #digests: Buffer;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);

  constructor(work: SharedWork, engine: HashEngine) {
    this.#work = work;
    this.#engine = engine;
    this.#text = Buffer.from(work.text.buffer);
    this.#digests = Buffer.from(work.digests.buffer);
  }

  /**
   * Hashes one job.
   *
   * @returns A promise for a large range only: waiting costs more than hashing a small one.
   */
  hash(index: number, onBytes: OnBytes): Promise<void> | undefined {
    const job = new SharedJob(this.#work, this.#text, index);
    const range = openRange(job);
    if (!range) {
      this.#work.done[index] = Done.otherSize;
      return undefined;
    }
    if (isSmall(range)) {
      const length = readSmall(range, this.#buffer);
      this.#engine.into(this.#buffer.subarray(0, length), this.#digests, index * this.#engine.size);
      this.#finish(index, range.end);
      return onBytes(length);
    }
    return hashLarge(range, this.#engine, this.#buffer, onBytes).then((digest) => {
      this.#digests.set(digest, index * this.#engine.size);
      this.#finish(index, range.end);
    });
  }

  /**
   * Hashes whole files of which nothing is known, up to the first that is not as usual: large, not there, not readable.
   * All in one function without a step that can be spared: ten thousand files are read before a compiler has got to
   * know more than that.
   *
   * @returns How many were hashed, and their bytes.
   */
  hashUsual(first: number, end: number): { readonly files: number; readonly bytes: number } {
    const { base, spans, ends, done } = this.#work;
    const buffer = this.#buffer;
    const { size } = this.#engine;
    let bytes = 0;
    for (let index = first; index < end; index++) {
      const from = index === 0 ? 0 : (spans[index * 2 - 1] as number);
      let fd = -1;
      let length = BUFFER_BYTES;
      try {
        fd = openSync(base + this.#text.toString('utf8', from, spans[index * 2]), OPEN_FLAGS);
        // POSIX: of a regular file, fewer bytes than were asked for are all up to its end; pipes have no position.
        length = readSync(fd, buffer, 0, BUFFER_BYTES, 0);
      } catch {
        // Tried again in the usual way, which says what it is.
      }
      if (fd >= 0) closeSync(fd);
      if (length === BUFFER_BYTES) return { files: index - first, bytes };
      const wanted = ends[index] as number;
      if (wanted >= 0 && wanted !== length) {
        done[index] = Done.otherSize;
        continue;
      }
      this.#engine.into(buffer.subarray(0, length), this.#digests, index * size);
      ends[index] = length;
      done[index] = Done.hashed;
      bytes += length;
    }
    return { files: end - first, bytes };
  }

  #finish(index: number, end: number): void {
    this.#work.ends[index] = end;
    this.#work.done[index] = Done.hashed;
  }
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
  const hand = new Hand(work, engine);
  const { control, tally } = work;
  const count = work.done.length;
  // Jobs that are measured when they are opened count as nothing: there are very many of them, or none.
  const small = amount(work).total < GROUP_BELOW_BYTES * count;
  const group = small && count > GROUP * 4 ? GROUP : 1;
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
    const end = Math.min(first + group, count);
    for (let index = first; index < end; ) {
      if (Atomics.load(control, Control.stop) !== 0) return;
      const usual = work.known ? NONE : hand.hashUsual(index, end);
      index += usual.files;
      const pause = usual.files > 0 ? onBytes(usual.bytes) : hand.hash(index++, onBytes);
      if (pause) await pause;
      tally[bytesAt + 1] = (tally[bytesAt + 1] as number) + Math.max(1, usual.files);
    }
    if (end >= count) return;
  }
}

const NONE = { files: 0, bytes: 0 };
