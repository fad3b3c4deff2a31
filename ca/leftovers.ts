import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { syncToDisk } from '../core/files.js';
import { isAlive } from '../core/process.js';

/** Folder in which a new authority is put together; it names its process, so that one at work is told from a dead one. */
export const stagingName = (home: string): string =>
  `.${basename(home)}-${process.pid}-${randomBytes(6).toString('hex')}.tmp`;

const RANDOM = '[0-9a-f]{12}';
/** What an interrupted write of a key left: `writeAtomic` names its temporary files so. */
const KEY_PART = new RegExp(`^\\.(?:root|issuing(?:-\\d+)?)\\.key\\.${RANDOM}\\.tmp$`);
/** What init and restore put into their folder, and the temporary files of each. */
const STAGED = new RegExp(
  `^\\.?(?:root|issuing(?:-\\d+)?)\\.(?:pem|key|crl)(?:\\.${RANDOM}\\.tmp)?$|^ca\\.db(?:-wal|-shm|-journal)?$|^blocklist\\.txt$|^\\.?transcript\\.(?:json|sig|html)(?:\\.${RANDOM}\\.tmp)?$`,
);

/** Private keys that an interrupted `init` left on the disk. */
export interface Leftover {
  readonly path: string;
  /** A process that is still at work on it, as it seems. */
  readonly owner: number | undefined;
}

/** Looks where `init` works: in the home folder, beside it, and where a root key was to go. */
export function findLeftovers(home: string, rootKeyFolder?: string): readonly Leftover[] {
  const target = resolve(home);
  const name = basename(target).replace(/[^\w]/g, '\\$&');
  const staging = new RegExp(`^\\.${name}-(\\d+)-${RANDOM}\\.tmp$`);
  const folders = new Set([dirname(target), target, ...(rootKeyFolder ? [resolve(rootKeyFolder)] : [])]);
  return [...folders].flatMap((folder) =>
    entriesOf(folder).flatMap((entry) => {
      const path = join(folder, entry);
      if (KEY_PART.test(entry)) return [{ path, owner: undefined }];
      const pid = staging.exec(entry)?.[1];
      if (pid === undefined) return [];
      return [{ path, owner: isAlive(Number(pid)) ? Number(pid) : undefined }];
    }),
  );
}

/**
 * Removes every leftover that may be removed, and says of the first other one why it may not.
 *
 * @throws {ModelsealError} as {@link removeLeftover}
 */
export function removeLeftovers(leftovers: readonly Leftover[]): void {
  const problems: unknown[] = [];
  for (const leftover of leftovers) {
    try {
      removeLeftover(leftover);
    } catch (error) {
      problems.push(error);
    }
  }
  if (problems.length > 0) throw problems[0];
}

/**
 * Removes a leftover, once it was looked at: it must hold what `init` puts there, and nothing else.
 *
 * @throws {ModelsealError} `ERR_CA_LEFTOVER`, `ERR_FILE_UNWRITABLE`
 */
function removeLeftover({ path, owner }: Leftover): void {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_CA_LEFTOVER', { path, problem });
  };
  if (owner !== undefined) fail(`process ${owner} is at work on it`);
  const stat = lstatSync(path);
  if (process.getuid && stat.uid !== process.getuid()) fail(`it belongs to user ${stat.uid}`);
  if (stat.isDirectory()) {
    const foreign = entriesOf(path).find(
      (name) => !STAGED.test(name) || !lstatSync(join(path, name)).isFile(),
    );
    if (foreign !== undefined) fail(`it holds ${foreign}`);
  } else if (!stat.isFile()) fail('it is not a regular file');
  try {
    rmSync(path, { recursive: true });
    syncToDisk(dirname(path));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new ModelsealError('ERR_FILE_UNWRITABLE', { file: path, reason }, { cause: error });
  }
}

/** A folder that is not there, or may not be read, holds nothing that we could name. */
function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
