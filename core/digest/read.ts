import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ModelsealError } from '../errors/index.js';
import { ioError } from '../files.js';
import type { HashEngine } from './algorithms.js';

/** Measured best between 256 KiB and 1 MiB: the buffer stays in the L2 cache between reading and hashing. */
export const BUFFER_BYTES = 512 * 1024;

/** A range of one file, `[start, end)`, with what was known of the file when the model was listed. */
export interface DigestJob {
  /** Where to open it. */
  readonly path: string;
  /** What errors call it. */
  readonly name: string;
  readonly size: number;
  /** Device and inode at listing: an entry swapped since then, or reached through a swapped folder, is refused. */
  readonly dev: number;
  readonly ino: number;
  readonly start: number;
  readonly end: number;
}

/** `O_NONBLOCK` keeps a FIFO that was put in a file's place from blocking the open. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Opens the file of a job and checks that it is still the one that was listed.
 *
 * @throws {ModelsealError} `ERR_MODEL_MOVED`, `ERR_FILE_CHANGED_WHILE_READ`, `ERR_FILE_UNREADABLE`
 */
export function openListed(job: Omit<DigestJob, 'start' | 'end'>): number {
  let fd: number;
  try {
    fd = openSync(job.path, OPEN_FLAGS);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ELOOP' || code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENXIO') {
      throw new ModelsealError('ERR_MODEL_MOVED', { file: job.name }, { cause: error });
    }
    throw ioError(error, job.name, 'model file');
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.ino !== job.ino || stat.dev !== job.dev) {
      throw new ModelsealError('ERR_MODEL_MOVED', { file: job.name });
    }
    if (stat.size !== job.size) throw changed(job, stat.size);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error instanceof ModelsealError ? error : ioError(error, job.name, 'model file');
  }
}

/** Called after each block of a large file; a promise makes the reader wait for it. */
export type OnBytes = (bytes: number) => Promise<void> | undefined;

/** True for a range that one read takes, with a byte to spare that shows a longer file. */
export const isSmall = (job: DigestJob): boolean => job.end - job.start < BUFFER_BYTES;

/**
 * Hashes one range through a buffer that the caller reuses for every range. Synchronous reads on purpose: streams
 * and asynchronous reads cost up to 2.6 times as much.
 *
 * @param buffer Of {@link BUFFER_BYTES}.
 * @throws {ModelsealError} like {@link openListed}; a file that shrinks, grows or is written to is refused
 */
export async function hashLarge(
  job: DigestJob,
  engine: HashEngine,
  buffer: Buffer,
  onBytes: OnBytes,
): Promise<Uint8Array> {
  const fd = openListed(job);
  try {
    const before = fstatSync(fd).mtimeMs;
    const running = engine.start();
    for (let at = job.start; at < job.end; ) {
      const n = readSync(fd, buffer, 0, Math.min(buffer.length, job.end - at), at);
      if (n === 0) throw changed(job, at);
      running.update(n === buffer.length ? buffer : buffer.subarray(0, n));
      at += n;
      const pause = onBytes(n);
      if (pause) await pause;
    }
    const after = fstatSync(fd);
    if (after.size !== job.size || after.mtimeMs !== before) throw changed(job, after.size);
    return running.digest();
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, job.name, 'model file');
  } finally {
    closeSync(fd);
  }
}

/** {@link hashLarge} for a range that {@link isSmall}, without a turn of the event loop. */
export function hashSmall(job: DigestJob, engine: HashEngine, buffer: Buffer): Uint8Array {
  const fd = openListed(job);
  try {
    return small(fd, job, engine, buffer);
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, job.name, 'model file');
  } finally {
    closeSync(fd);
  }
}

/** One read, asking for a byte more than there should be where the range ends with the file: a longer file shows. */
function small(fd: number, job: DigestJob, engine: HashEngine, buffer: Buffer): Uint8Array {
  const length = job.end - job.start;
  const ask = job.end === job.size ? length + 1 : length;
  let got = 0;
  while (got < ask) {
    const n = readSync(fd, buffer, got, ask - got, job.start + got);
    got += n;
    if (n === 0) break;
    if (got === length && ask > length) break;
  }
  if (got !== length) throw changed(job, job.start + got);
  return engine.once(buffer.subarray(0, length));
}

export function changed(
  job: { readonly name: string; readonly size: number },
  found: number,
): ModelsealError {
  return new ModelsealError('ERR_FILE_CHANGED_WHILE_READ', { file: job.name, expected: job.size, found });
}
