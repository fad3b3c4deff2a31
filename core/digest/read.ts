import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { ModelsealError } from '../errors/index.js';
import { ioError } from '../files.js';
import type { HashEngine } from './algorithms.js';

/** Measured best between 256 KiB and 1 MiB: the buffer stays in the L2 cache between reading and hashing. */
export const BUFFER_BYTES = 512 * 1024;

/** A file with what was known of it when the model was listed. */
export interface ListedJob {
  /** Where to open it. */
  readonly path: string;
  /** What errors call it. */
  readonly name: string;
  readonly size: number;
  /** Device and inode at listing: an entry swapped since then, or reached through a swapped folder, is refused. */
  readonly dev: number;
  readonly ino: number;
}

/** A range of one file, `[start, end)`. */
export interface DigestJob extends ListedJob {
  readonly start: number;
  readonly end: number;
}

/**
 * Of a job: the whole file, whatever its size is found to be. Nothing is known that would show whether it is still the
 * file that was listed; who makes such a job checks the folders afterwards. With an `end`, the size that the file must
 * have: one of another size is not read.
 */
export const WHOLE = { size: -1, dev: 0, ino: 0, start: 0, end: -1 } as const;

/** `O_NONBLOCK` keeps a FIFO that was put in a file's place from blocking the open. */
export const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** A file that is open, with its size and time of change then. The caller closes it. */
export interface OpenFile {
  readonly fd: number;
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Opens the file of a job and checks that it is still the one that was listed.
 *
 * @throws {ModelsealError} `ERR_MODEL_MOVED`, `ERR_FILE_CHANGED_WHILE_READ`, `ERR_FILE_UNREADABLE`
 */
export function openListed(job: ListedJob): OpenFile {
  return examine(openJob(job), job);
}

function openJob(job: ListedJob): number {
  try {
    return openSync(job.path, OPEN_FLAGS);
  } catch (error) {
    throw failed(error, job);
  }
}

/** Checks an open file against its job. It is closed where it does not fit. */
function examine(fd: number, job: ListedJob): OpenFile {
  try {
    const stat = fstatSync(fd);
    const { size, mtimeMs } = stat;
    const listed = job.size < 0 || (stat.ino === job.ino && stat.dev === job.dev);
    if (!listed || !stat.isFile()) throw new ModelsealError('ERR_MODEL_MOVED', { file: job.name });
    if (job.size >= 0 && size !== job.size) throw changedFile(job.name, job.size, size);
    return { fd, size, mtimeMs };
  } catch (error) {
    closeSync(fd);
    throw failed(error, job);
  }
}

/** What these say is that no regular file is where one was listed. */
const MOVED: readonly unknown[] = ['ELOOP', 'ENOENT', 'ENOTDIR', 'ENXIO', 'EISDIR', 'EAGAIN', 'ESPIPE'];

function failed(error: unknown, { name }: ListedJob): ModelsealError {
  if (error instanceof ModelsealError) return error;
  if (MOVED.includes((error as NodeJS.ErrnoException).code))
    return new ModelsealError('ERR_MODEL_MOVED', { file: name }, { cause: error });
  return ioError(error, name, 'model file');
}

/** Called after each block of a large file; a promise makes the reader wait for it. */
export type OnBytes = (bytes: number) => Promise<void> | undefined;

/** A range of an open file; the end is known here also where the job left it open. */
export interface OpenRange {
  readonly file: OpenFile;
  /** Its name is for errors alone, and may be costly. */
  readonly job: DigestJob;
  readonly start: number;
  readonly end: number;
}

/** @returns Undefined for a file of another size than the job demands: its digest would cost, and say nothing. */
export function openRange(job: DigestJob): OpenRange | undefined {
  const file = openListed(job);
  const { start, end, size } = job;
  if (size < 0 && end >= 0 && file.size !== end) {
    closeSync(file.fd);
    return undefined;
  }
  return { file, job, start, end: end < 0 ? file.size : end };
}

/** True for a range that one read takes, with a byte to spare that shows a longer file. */
export const isSmall = (range: OpenRange): boolean => range.end - range.start < BUFFER_BYTES;

/**
 * Hashes one range through a buffer that the caller reuses for every range, and closes the file. Synchronous reads on
 * purpose: streams and asynchronous reads cost up to 2.6 times as much.
 *
 * @param buffer Of {@link BUFFER_BYTES}.
 * @throws {ModelsealError} `ERR_FILE_CHANGED_WHILE_READ`: it shrinks, grows or is written to; `ERR_FILE_UNREADABLE`
 */
export async function hashLarge(
  range: OpenRange,
  engine: HashEngine,
  buffer: Buffer,
  onBytes: OnBytes,
): Promise<Uint8Array> {
  const { job, start, end, file } = range;
  const { fd, size, mtimeMs } = file;
  try {
    const running = engine.start();
    for (let at = start; at < end; ) {
      const n = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at);
      if (n === 0) throw changed(range, at);
      running.update(n === buffer.length ? buffer : buffer.subarray(0, n));
      at += n;
      const pause = onBytes(n);
      if (pause) await pause;
    }
    const after = fstatSync(fd);
    if (after.size !== size || after.mtimeMs !== mtimeMs) throw changed(range, after.size);
    return running.digest();
  } catch (error) {
    throw failed(error, job);
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads a range that {@link isSmall} into the buffer, and closes the file.
 *
 * @returns Its length.
 * @throws {ModelsealError} like {@link hashLarge}
 */
export function readSmall(range: OpenRange, buffer: Buffer): number {
  try {
    return small(range, buffer);
  } catch (error) {
    throw failed(error, range.job);
  } finally {
    closeSync(range.file.fd);
  }
}

/** One read, asking for a byte more than there should be where the range ends with the file: a longer file shows. */
function small(range: OpenRange, buffer: Buffer): number {
  const { start, end, file } = range;
  const length = end - start;
  const ask = end === file.size ? length + 1 : length;
  let got = 0;
  while (got < ask) {
    const n = readSync(file.fd, buffer, got, ask - got, start + got);
    got += n;
    if (n === 0) break;
    if (got === length && ask > length) break;
  }
  if (got !== length) throw changed(range, start + got);
  return length;
}

const changed = ({ job, file }: OpenRange, found: number): ModelsealError =>
  changedFile(job.name, file.size, found);

export function changedFile(file: string, expected: number, found: number): ModelsealError {
  return new ModelsealError('ERR_FILE_CHANGED_WHILE_READ', { file, expected, found });
}
