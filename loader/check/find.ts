import { existsSync, lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError } from '../../core/files.js';
import { snapshotOf, snapshotsIn } from '../../core/hub/index.js';
import { IgnoreRules } from '../../core/model/index.js';
import { isModelFile } from '../../core/model-file.js';
import { SIGNATURE_NAME } from '../pipeline/signature-file.js';

/** What `check` judges as one model. */
export interface FoundModel {
  readonly path: string;
  /**
   * `signed`: a folder with a signature in it; everything below belongs to it. `snapshot`: one of a Hugging Face cache
   * without a signature. `file`: a model file of its own.
   */
  readonly kind: 'signed' | 'snapshot' | 'file';
  /** Links below the same folder that lead to it, such as `current`: it is judged once, under its own name. */
  readonly links: readonly string[];
  /** Paths in it that are no part of it. */
  readonly ignorePaths: readonly string[];
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
 * @param ignorePaths Relative to the folder; what lies there is not looked at.
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`, `ERR_USAGE` beyond {@link MAX_ENTRIES}
 * @example
 * const { models, notFollowed } = findModels('models');
 */
export function findModels(
  root: string,
  skip: readonly string[] = [],
  ignorePaths: readonly string[] = [],
): FoundModels {
  const ignored = IgnoreRules.from(ignorePaths, 'caller');
  const models: (FoundModel & { readonly links: string[] })[] = [];
  const linked: { readonly path: string; readonly real: string }[] = [];
  const add = (path: string, kind: FoundModel['kind']): void => {
    const inside = `${named(root, path)}/`;
    const own = ignored.paths
      .filter((name) => name.startsWith(inside))
      .map((name) => name.slice(inside.length));
    models.push({ path, kind, links: [], ignorePaths: own });
  };
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
    if (path !== root && (real === top || real.startsWith(top + sep) || top.startsWith(real + sep))) {
      linked.push({ path, real });
      return undefined;
    }
    if (behindLinks.has(real)) return undefined;
    behindLinks.add(real);
    return statSync(path);
  };
  const visit = (path: string, depth: number): void => {
    if (++entries > MAX_ENTRIES || depth > MAX_DEPTH) {
      throw new ModelsealError('ERR_USAGE', { problem: `${root} holds more entries than a model store can` });
    }
    if (ignored.has(named(root, path))) return;
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
      const snapshots = snapshotsIn(path, names);
      if (snapshots) for (const snapshot of snapshots) visitSnapshot(snapshot);
      else if (names.includes(SIGNATURE_NAME)) add(path, 'signed');
      else if (snapshotOf(path)) add(path, 'snapshot');
      else for (const name of names) if (!OMITTED.has(name)) visit(join(path, name), depth + 1);
    } else if (stat.isFile()) {
      if (isModelFile(path)) add(path, 'file');
    } else {
      notFollowed.push(path);
    }
  };
  // The rest of such a repository are blobs, which are the files of its snapshots under other names.
  const visitSnapshot = (path: string): void => {
    if (ignored.covers(named(root, path))) return;
    add(path, existsSync(join(path, SIGNATURE_NAME)) ? 'signed' : 'snapshot');
  };
  try {
    visit(root, 0);
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, root, 'folder');
  }
  for (const { path, real } of linked)
    models.find((model) => realpathSync(model.path) === real)?.links.push(path);
  return { models, notFollowed };
}

/** The name of a path below the folder, as `--ignore-paths` spells it. */
const named = (root: string, path: string): string => relative(root, path).split(sep).join('/');

function realFolder(root: string): string {
  try {
    return realpathSync(root);
  } catch (error) {
    throw ioError(error, root, 'folder');
  }
}
