import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ModelsealError } from '../core/errors/index.js';
import { ioError } from '../core/files.js';
import { isOwnBlob } from '../core/hub/index.js';

/** One file below the paths that were named. */
export interface FoundFile {
  readonly path: string;
  readonly size: number;
  /** The caller named it, rather than a folder above it. */
  readonly named: boolean;
  /** Where a link leads when that is outside the folder that was named. */
  readonly outside?: string;
  /** Why it is not looked at. */
  readonly skip?: string;
}

/** More files than any model folder has; a scan of a whole disk was probably not meant. */
const MAX_FILES = 1_000_000;
/** Version control data are not part of a model; the report lists the folders that were left out. */
const OMITTED_FOLDERS = new Set(['.git', '.hg', '.svn']);

/**
 * Every file at or below `path`, sorted by name. Links to files are followed. A link to a folder inside is that folder,
 * which is looked at where it lies; one to a folder outside is not followed, and named as not looked at.
 *
 * @param omitted Receives the folders that were deliberately not entered.
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`
 */
export function findFiles(path: string, omitted: string[] = []): FoundFile[] {
  let stat: Stats;
  let root: string;
  try {
    stat = statSync(path);
    root = realpathSync(path);
  } catch (error) {
    throw ioError(error, path, 'model');
  }
  if (!stat.isDirectory()) return [entry(path, stat, true)];
  const found: FoundFile[] = [];
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    let names: string[];
    try {
      names = readdirSync(folder).sort();
    } catch (error) {
      found.push({ path: folder, size: 0, named: false, skip: ioError(error, folder, 'folder').message });
      continue;
    }
    for (const name of names) {
      const child = join(folder, name);
      const what = look(child, root);
      if (what === 'elsewhere') continue;
      if (what === 'folder') {
        (OMITTED_FOLDERS.has(name) ? omitted : folders).push(child);
        continue;
      }
      found.push(what);
      if (found.length > MAX_FILES) {
        throw new ModelsealError('ERR_FILE_UNREADABLE', {
          file: path,
          reason: `more than ${MAX_FILES} files`,
        });
      }
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function look(path: string, root: string): FoundFile | 'folder' | 'elsewhere' {
  try {
    const stat = lstatSync(path);
    if (stat.isDirectory()) return 'folder';
    if (!stat.isSymbolicLink()) return entry(path, stat, false);
    const target = realpathSync(path);
    const out = isOutside(root, target);
    const outside = out && !isOwnBlob(root, target) ? { outside: target } : {};
    const behind = statSync(path);
    if (behind.isDirectory()) {
      const omitted = relative(root, target)
        .split(sep)
        .some((part) => OMITTED_FOLDERS.has(part));
      if (!out && !omitted) return 'elsewhere';
      return { path, size: 0, named: false, skip: 'it is a link to a folder', ...outside };
    }
    return { ...entry(path, behind, false), ...outside };
  } catch (error) {
    return { path, size: 0, named: false, skip: ioError(error, path, 'file').message };
  }
}

function entry(path: string, stat: Stats, named: boolean): FoundFile {
  const skip = stat.isFile() ? {} : { skip: 'it is a device, a pipe or a socket' };
  return { path, size: stat.isFile() ? stat.size : 0, named, ...skip };
}

function isOutside(root: string, target: string): boolean {
  const way = relative(root, target);
  return way === '..' || way.startsWith(`..${sep}`);
}
