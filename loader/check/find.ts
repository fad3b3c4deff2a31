import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError } from '../../core/files.js';
import { isModelFile } from '../../core/model-file.js';
import { SIGNATURE_NAME } from '../pipeline/signature-file.js';

/** What `check` judges as one model. */
export interface FoundModel {
  readonly path: string;
  /** `signed`: a folder with a signature in it; everything below belongs to it. `file`: a model file of its own. */
  readonly kind: 'signed' | 'file';
}

export interface FoundModels {
  readonly models: readonly FoundModel[];
  /** Links that lead nowhere, special files, folders that could not be read. */
  readonly notFollowed: readonly string[];
}

/** More entries than any model store holds; a walk beyond it was started at the wrong place. */
const MAX_ENTRIES = 1_000_000;

/** Deeper than any layout; file systems allow more, and recursion must end. */
const MAX_DEPTH = 100;

/** Version control data: not models, and full of objects that look like anything. */
const OMITTED = new Set(['.git', '.hg', '.svn']);

/**
 * Finds every model below a folder. What a link leads to is judged as well, once: the bytes are what a program would
 * read through it. A link to a place below the folder is that place.
 *
 * @param skip Resolved folders that are left out, such as the quarantine.
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`, `ERR_USAGE` beyond {@link MAX_ENTRIES}
 */
export function findModels(root: string, skip: readonly string[] = []): FoundModels {
  const models: FoundModel[] = [];
  const notFollowed: string[] = [];
  let entries = 0;
  const top = realFolder(root);
  const behindLinks = new Set<string>();
  /** What is at a path, or behind the link there; undefined for what is judged elsewhere or cannot be reached. */
  const throughLink = (path: string): Stats | undefined => {
    const own = lstatSync(path);
    if (!own.isSymbolicLink()) return own;
    let real: string;
    try {
      real = realpathSync(path);
    } catch {
      notFollowed.push(path);
      return undefined;
    }
    // Below the folder it is found where it is; twice is enough for nobody, and a circle never ends.
    if (path !== root && (real === top || real.startsWith(top + sep) || top.startsWith(real + sep)))
      return undefined;
    if (behindLinks.has(real)) return undefined;
    behindLinks.add(real);
    return statSync(path);
  };
  const visit = (path: string, depth: number): void => {
    if (++entries > MAX_ENTRIES || depth > MAX_DEPTH) {
      throw new ModelsealError('ERR_USAGE', { problem: `${root} holds more entries than a model store can` });
    }
    const stat = throughLink(path);
    if (stat === undefined) return;
    if (stat.isDirectory()) {
      if (skip.length > 0 && skip.includes(realpathSync(path))) return;
      let names: string[];
      try {
        names = readdirSync(path).sort();
      } catch (error) {
        if (depth === 0) throw ioError(error, path, 'folder');
        notFollowed.push(path);
        return;
      }
      if (names.includes(SIGNATURE_NAME)) models.push({ path, kind: 'signed' });
      else for (const name of names) if (!OMITTED.has(name)) visit(join(path, name), depth + 1);
    } else if (stat.isFile()) {
      if (isModelFile(path)) models.push({ path, kind: 'file' });
    } else {
      notFollowed.push(path);
    }
  };
  try {
    visit(root, 0);
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, root, 'folder');
  }
  return { models, notFollowed };
}

function realFolder(root: string): string {
  try {
    return realpathSync(root);
  } catch (error) {
    throw ioError(error, root, 'folder');
  }
}
