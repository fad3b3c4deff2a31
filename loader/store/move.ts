import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { syncToDisk } from '../../core/files.js';

/** Name of the place where content waits while it is copied between file systems; `id` keeps two copies apart. */
export const stagedName = (to: string, id: string): string => join(dirname(to), `.modelseal-partial-${id}`);

/**
 * Moves a file or folder. Within a file system this is one `rename`. Where that is not to be had (another file system, a
 * layer of an overlay) the content is copied beside the target, read again and compared, made durable, put in its place,
 * and only then the original is removed: whenever the process is killed, one place has it whole.
 *
 * @returns Why the original is still there, where the copy is complete and removing it failed.
 * @throws {ModelsealError} `ERR_QUARANTINE_COPY`, `ERR_FILE_UNWRITABLE`; the original is then where it was
 */
export function moveDurably(
  from: string,
  to: string,
  id: string,
  options: { forceCopy?: boolean } = {},
): string | undefined {
  makeWritable(from);
  if (!options.forceCopy) {
    try {
      renameSync(from, to);
      syncToDisk(dirname(to));
      syncToDisk(dirname(from));
      return undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw unwritable(to, error);
    }
  }
  const staged = stagedName(to, id);
  try {
    copyTree(from, staged);
    syncToDisk(dirname(staged));
    renameSync(staged, to);
    syncToDisk(dirname(to));
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    throw error instanceof ModelsealError ? error : unwritable(to, error);
  }
  try {
    removeTree(from);
    syncToDisk(dirname(from));
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

const unwritable = (file: string, error: unknown): ModelsealError =>
  new ModelsealError(
    'ERR_FILE_UNWRITABLE',
    { file, reason: (error as NodeJS.ErrnoException).code ?? String(error) },
    { cause: error },
  );

/** Deletes a tree that may have been made read-only. */
export function removeTree(path: string): void {
  makeWritable(path);
  rmSync(path, { recursive: true, force: true });
}

/** Takes write permission away from everything below `path`; links are left alone. */
export function makeReadOnly(path: string): void {
  walk(path, (entry, mode) => chmodSync(entry, mode & ~0o222));
}

/** Gives the owner write permission back. */
export function makeOwnerWritable(path: string): void {
  walk(path, (entry, mode) => chmodSync(entry, mode | 0o200));
}

/** A folder that is read-only can be neither renamed across parents nor emptied. */
function makeWritable(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return;
  try {
    if ((stat.mode & 0o700) !== 0o700) chmodSync(path, 0o700);
  } catch {
    // Somebody else's: whether it can be moved all the same, moving will tell.
    return;
  }
  for (const name of readdirSync(path)) makeWritable(join(path, name));
}

/** Visits children before their folder, so that a folder can be locked last. */
function walk(path: string, visit: (entry: string, mode: number) => void): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  if (stat.isDirectory()) for (const name of readdirSync(path)) walk(join(path, name), visit);
  if (stat.isDirectory() || stat.isFile()) visit(path, stat.mode & 0o7777);
}

function copyTree(from: string, to: string): void {
  const stat = lstatSync(from);
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_QUARANTINE_COPY', { file: from, problem });
  };
  if (stat.isSymbolicLink()) {
    symlinkSync(readlinkSync(from), to);
  } else if (stat.isDirectory()) {
    mkdirSync(to, { mode: 0o700 });
    for (const name of readdirSync(from)) copyTree(join(from, name), join(to, name));
    syncToDisk(to);
  } else if (stat.isFile()) {
    try {
      copyFileSync(from, to, constants.COPYFILE_EXCL);
      chmodSync(to, 0o600);
      utimesSync(to, stat.atime, stat.mtime);
      syncFile(to);
    } catch (error) {
      fail((error as NodeJS.ErrnoException).code ?? String(error));
    }
    if (sha256File(from) !== sha256File(to)) fail('the copy differs from the original');
  } else {
    fail('it is neither file, folder nor link');
  }
}

/** SHA-256 of a file, hexadecimal. */
export function sha256File(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(512 * 1024);
    for (let n = readSync(fd, chunk); n > 0; n = readSync(fd, chunk)) hash.update(chunk.subarray(0, n));
    return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** A short random part of an identifier. */
export const randomId = (): string => randomBytes(4).toString('hex');
