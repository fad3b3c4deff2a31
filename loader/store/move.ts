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
import { basename, dirname, join } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';

/** Name of the place where content waits while it is copied between file systems. */
export const STAGED = 'content.partial';

/** Prefix under which the original waits for its deletion once the copy is complete. */
const LEAVING = '.modelseal-leaving-';

/**
 * Moves a file or folder so that it is in exactly one place whenever the process is killed.
 *
 * Within a file system this is one `rename`. Across file systems the content is copied beside the target and made
 * durable, then the original steps aside under a name that nobody uses (`rename`), then the copy takes its place
 * (`rename`), then the original is deleted. {@link settle} finishes what a kill left in between.
 *
 * @param id Identifier shared with {@link settle}.
 * @throws {ModelsealError} `ERR_QUARANTINE_COPY`, `ERR_FILE_UNWRITABLE`; the original is then where it was
 */
export function moveAtomically(
  from: string,
  to: string,
  id: string,
  options: { forceCopy?: boolean } = {},
): void {
  makeWritable(from);
  if (!options.forceCopy) {
    try {
      renameSync(from, to);
      syncFolder(dirname(to));
      syncFolder(dirname(from));
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'EXDEV') {
        throw new ModelsealError(
          'ERR_FILE_UNWRITABLE',
          { file: to, reason: code ?? String(error) },
          { cause: error },
        );
      }
    }
  }
  const staged = join(dirname(to), STAGED);
  try {
    copyTree(from, staged);
  } catch (error) {
    rmSync(staged, { recursive: true, force: true });
    throw error;
  }
  syncFolder(dirname(staged));
  const leaving = leavingName(from, id);
  renameSync(from, leaving);
  syncFolder(dirname(from));
  renameSync(staged, to);
  syncFolder(dirname(to));
  removeTree(leaving);
}

/**
 * Finishes or undoes a move that was killed, from what lies on disk.
 *
 * @returns Where the content is now, or `lost` when it is in neither place (it was moved away by hand).
 */
export function settle(from: string, to: string, id: string): 'at-source' | 'at-target' | 'lost' {
  const staged = join(dirname(to), STAGED);
  const leaving = leavingName(from, id);
  if (exists(to)) {
    if (exists(leaving)) removeTree(leaving);
    return 'at-target';
  }
  if (exists(leaving)) {
    // The copy was complete and durable before the original stepped aside.
    if (exists(staged)) {
      renameSync(staged, to);
      syncFolder(dirname(to));
      removeTree(leaving);
      return 'at-target';
    }
    renameSync(leaving, from);
    return 'at-source';
  }
  if (exists(staged)) removeTree(staged);
  return exists(from) ? 'at-source' : 'lost';
}

const leavingName = (from: string, id: string): string =>
  join(dirname(from), `${LEAVING}${id}-${basename(from)}`);

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
  if ((stat.mode & 0o700) !== 0o700) chmodSync(path, 0o700);
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
    syncFolder(to);
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

/** Makes a rename durable. Some systems cannot sync a folder; there the file system's own order must do. */
function syncFolder(path: string): void {
  try {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'EACCES') throw error;
  }
}

export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** A short random part of an identifier. */
export const randomId = (): string => randomBytes(4).toString('hex');
