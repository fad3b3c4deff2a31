import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ModelsealError } from './errors/index.js';

/** Where a shell puts what is piped in; a pipe or device anywhere else, such as in a model, could block for ever. */
const STREAMS = /^\/(?:dev|proc)\//;

/**
 * Reads a whole file of bounded size: a regular one, or one of the streams that the operator's shell names.
 *
 * @param what What the file is, for errors: `trust root`, `signature`.
 * @param limit Largest size accepted, in bytes; read from the open descriptor, so a growing file cannot exceed it.
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`, `ERR_FILE_TOO_LARGE`
 */
export function readBounded(file: string, what: string, limit: number): Uint8Array {
  return readChecked(file, what, limit, () => {});
}

/**
 * {@link readBounded} for a private key or passphrase: a file that others can read may be known to them already, one
 * that they can write may be theirs. What the shell pipes in has no such file.
 *
 * @param look Throws for what is no secret at all, such as a certificate given in place of its key.
 * @throws {ModelsealError} `ERR_SECRET_EXPOSED`, `ERR_SECRET_OWNER`, what {@link readBounded} throws
 */
export function readSecret(
  file: string,
  what: string,
  limit: number,
  look?: (bytes: Uint8Array) => void,
): Uint8Array {
  let stat: Stats | undefined;
  const bytes = readChecked(file, what, limit, (opened) => {
    stat = opened;
  });
  look?.(bytes);
  const own = process.getuid?.();
  // Windows has no such modes.
  if (own === undefined || stat === undefined || !stat.isFile()) return bytes;
  const mode = stat.mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new ModelsealError('ERR_SECRET_EXPOSED', { file, what, mode: mode.toString(8).padStart(4, '0') });
  }
  if (stat.uid !== own) throw new ModelsealError('ERR_SECRET_OWNER', { file, what, owner: stat.uid, own });
  return bytes;
}

/** @param check Gets to see what is open, and is then read. */
function readChecked(file: string, what: string, limit: number, check: (stat: Stats) => void): Uint8Array {
  const stream = STREAMS.test(file);
  let fd: number;
  try {
    fd = openSync(file, stream ? 'r' : constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw ioError(error, file, what);
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory())
      throw new ModelsealError('ERR_FILE_UNREADABLE', { file, reason: 'it is a directory' });
    if (!stat.isFile() && !stream)
      throw new ModelsealError('ERR_FILE_UNREADABLE', { file, reason: 'it is not a regular file' });
    check(stat);
    if (stat.size > limit) throw new ModelsealError('ERR_FILE_TOO_LARGE', { file, size: stat.size, limit });
    const chunks: Buffer[] = [];
    let size = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(Math.min(Math.max(stat.size - size + 1, 4096), limit + 1));
      const n = readSync(fd, chunk, 0, chunk.length, null);
      if (n === 0) break;
      size += n;
      if (size > limit) throw new ModelsealError('ERR_FILE_TOO_LARGE', { file, size, limit });
      chunks.push(chunk.subarray(0, n));
    }
    const [only] = chunks;
    // Large files are not copied; small buffers lie in a pool with others and are.
    if (only && chunks.length === 1 && only.length >= Buffer.poolSize)
      return new Uint8Array(only.buffer, only.byteOffset, only.length);
    return new Uint8Array(Buffer.concat(chunks));
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, file, what);
  } finally {
    closeSync(fd);
  }
}

/**
 * Opens a regular file for reading. A pipe without a writer would block `open` for ever, a device has no end.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`
 */
export function openRegular(file: string, what: string): number {
  let fd: number | undefined;
  try {
    fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(fd);
    if (stat.isFile()) return fd;
    const reason = stat.isDirectory() ? 'it is a directory' : 'it is not a regular file';
    throw new ModelsealError('ERR_FILE_UNREADABLE', { file, reason });
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw error instanceof ModelsealError ? error : ioError(error, file, what);
  }
}

/**
 * Makes a folder with those above it. The recursive `mkdir` of Node never ends where a folder exists and cannot hold
 * new ones, as in `/proc`.
 *
 * @returns The topmost folder that was made, if any.
 * @throws {ModelsealError} `ERR_FILE_UNWRITABLE`
 */
export function makeFolders(path: string, mode = 0o777): string | undefined {
  const missing: string[] = [];
  for (let at = resolve(path); !isFolder(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // Another process may have been faster.
      if (isFolder(folder)) continue;
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ModelsealError('ERR_FILE_UNWRITABLE', { file: path, reason }, { cause: error });
    }
  }
  return missing[0];
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // The top ends the way up whatever is wrong with it; making a folder there will name the reason.
    return path === dirname(path);
  }
}

/** Turns a failed system call into our error; the path and the system's reason are kept. */
export function ioError(error: unknown, file: string, what: string): ModelsealError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new ModelsealError('ERR_FILE_NOT_FOUND', { file, what });
  const reason = code ?? (error instanceof Error ? error.message : String(error));
  return new ModelsealError('ERR_FILE_UNREADABLE', { file, reason }, { cause: error });
}

export interface WriteOptions {
  /** Permission bits, 0644 unless told. */
  readonly mode?: number;
  /** Replace an existing file; without it an existing file is an error and stays as it is. */
  readonly overwrite?: boolean;
}

/**
 * Writes a file atomically and durably: a reader sees the old state or the whole new file, never a part, and what was
 * written is there after a loss of power too.
 * The temporary file lies in the target folder and is removed on failure.
 *
 * @param data All of it, or a function that writes it piece by piece.
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, what `data` throws
 */
export function writeAtomic(
  file: string,
  data: Uint8Array | string | ((write: (bytes: Uint8Array) => void) => void),
  options: WriteOptions = {},
): void {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const fd = openSync(temporary, 'wx', options.mode ?? 0o644);
    try {
      const write = (bytes: Uint8Array): void => {
        for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      };
      if (typeof data === 'function') data(write);
      else write(typeof data === 'string' ? Buffer.from(data) : data);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (options.overwrite) {
      renameSync(temporary, file);
    } else {
      // link fails on an existing target, where rename would silently replace it.
      linkSync(temporary, file);
      unlinkSync(temporary);
    }
    syncToDisk(dirname(file));
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It was never created, or is already in place.
    }
    if (error instanceof ModelsealError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EEXIST') throw new ModelsealError('ERR_FILE_EXISTS', { file });
    throw new ModelsealError(
      'ERR_FILE_UNWRITABLE',
      { file, reason: code ?? String(error) },
      { cause: error },
    );
  }
}

/** Waits until a file, or the entries of a folder, have reached the disk; some systems cannot do it for folders. */
export function syncToDisk(path: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    fsyncSync(fd);
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'EISDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
