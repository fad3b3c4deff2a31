import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { PARALLEL_FILES, warmUp } from '../digest/index.js';
import { ModelsealError } from '../errors/index.js';
import { ioError } from '../files.js';
import type { IgnoreRules } from './ignore.js';
import { byCodePoint, checkName, NameSet, windowsProblem } from './names.js';

/** Ten times the largest published model repositories; bounds the memory of a listing (about 200 bytes each). */
export const MAX_ENTRIES = 1_000_000;
/** Deeper than any published model; bounds path lengths and what a chain of links can do. */
export const MAX_DEPTH = 64;

/** A regular file of a model as it was listed. */
export interface ModelFile {
  /** Canonical name (OMS §6.1.2), relative to the model. */
  readonly name: string;
  /** Where to open it: real folders, links resolved. */
  readonly path: string;
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
}

/** A model as it lies on disk: which files it consists of, before one of them is read. */
export interface ModelTree {
  /** The real path of the folder, or of the single file. */
  readonly root: string;
  /** Last component of the path, which becomes the name of the subject. */
  readonly name: string;
  readonly single: boolean;
  /** In order of Unicode code points. */
  readonly files: readonly ModelFile[];
  /** Excluded paths that exist. */
  readonly ignored: readonly string[];
  /** Names that other systems cannot store, and other remarks. */
  readonly warnings: readonly string[];
}

export interface WalkOptions {
  readonly ignore: IgnoreRules;
  /** Follow symbolic links that stay inside the model. Without it a link is an error. */
  readonly allowSymlinks: boolean;
}

/**
 * Lists a model. An excluded path is not looked into; everything else must be a regular file or a folder.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_MODEL_*`, `ERR_NAME_TWIN`, `ERR_NAME_NOT_CANONICAL`
 */
export function walkModel(path: string, options: WalkOptions): ModelTree {
  const given = resolve(path);
  const stat = attempt(() => lstatSync(given), path);
  if (stat.isSymbolicLink() && !options.allowSymlinks)
    throw new ModelsealError('ERR_MODEL_SYMLINK', { file: path });
  const root = attempt(() => realpathSync.native(given), path);
  const name = basename(given) || basename(root) || 'model';
  const real = attempt(() => statSync(root), path);
  if (real.isDirectory()) return new Walker(root, name, path, options).walk();
  if (!real.isFile()) throw new ModelsealError('ERR_MODEL_FILE_TYPE', { file: path, type: typeName(real) });
  if (!isUtf8(Buffer.from(name)) || name.includes('\ufffd')) {
    throw new ModelsealError('ERR_MODEL_NAME_ENCODING', { file: Buffer.from(name).toString('hex') });
  }
  checkName(name);
  const file: ModelFile = { name, path: root, size: real.size, dev: real.dev, ino: real.ino };
  const problem = windowsProblem(name);
  return { root, name, single: true, files: [file], ignored: [], warnings: problem ? [problem] : [] };
}

class Walker {
  readonly #root: string;
  readonly #name: string;
  readonly #given: string;
  readonly #options: WalkOptions;
  readonly #files: ModelFile[] = [];
  readonly #ignored: string[] = [];
  readonly #warnings: string[] = [];
  readonly #names = new NameSet();
  #entries = 0;

  constructor(root: string, name: string, given: string, options: WalkOptions) {
    this.#root = root;
    this.#name = name;
    this.#given = given;
    this.#options = options;
  }

  walk(): ModelTree {
    this.#folder(this.#root, '', 0);
    this.#files.sort((a, b) => byCodePoint(a.name, b.name));
    return {
      root: this.#root,
      name: this.#name,
      single: false,
      files: this.#files,
      ignored: this.#ignored.sort(byCodePoint),
      warnings: this.#warnings,
    };
  }

  /** @param real Real path of the folder; `prefix` is its name in the model with a trailing slash, or empty. */
  #folder(real: string, prefix: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new ModelsealError('ERR_MODEL_TOO_DEEP', { file: prefix, limit: MAX_DEPTH });
    const entries = attempt(() => readdirSync(real, { withFileTypes: true }), prefix || this.#given);
    // A folder that was swapped for a link to elsewhere no longer has its own path as its real path.
    if (attempt(() => realpathSync.native(real), prefix || this.#given) !== real) {
      throw new ModelsealError('ERR_MODEL_MOVED', { file: prefix || this.#given });
    }
    for (const entry of entries) {
      if (++this.#entries > MAX_ENTRIES) {
        throw new ModelsealError('ERR_MODEL_TOO_MANY_FILES', { model: this.#given, limit: MAX_ENTRIES });
      }
      if (entry.name.includes('\ufffd')) refuseBadNames(real, prefix);
      const name = prefix + entry.name;
      if (this.#options.ignore.has(name)) {
        this.#ignored.push(name);
        continue;
      }
      this.#entry(real + sep + entry.name, name, depth);
    }
  }

  #entry(path: string, name: string, depth: number): void {
    const stat = attempt(() => lstatSync(path), name);
    if (stat.isFile()) this.#file(path, name, stat);
    else if (stat.isDirectory()) this.#folder(path, `${name}/`, depth + 1);
    else if (stat.isSymbolicLink()) this.#link(path, name, depth);
    else throw new ModelsealError('ERR_MODEL_FILE_TYPE', { file: name, type: typeName(stat) });
  }

  #file(path: string, name: string, stat: Stats): void {
    checkName(name);
    this.#names.add(name);
    const problem = windowsProblem(name);
    if (problem !== undefined) this.#warnings.push(`${name}: ${problem}`);
    this.#files.push({ name, path, size: stat.size, dev: stat.dev, ino: stat.ino });
    // So many files are hashed by two threads; the second one starts while the rest is listed.
    if (this.#files.length === PARALLEL_FILES + 1) warmUp();
  }

  #link(path: string, name: string, depth: number): void {
    if (!this.#options.allowSymlinks) throw new ModelsealError('ERR_MODEL_SYMLINK', { file: name });
    let target: string;
    try {
      target = realpathSync.native(path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ELOOP') throw new ModelsealError('ERR_MODEL_SYMLINK_CYCLE', { file: name });
      if (code === 'ENOENT' || code === 'ENOTDIR') {
        throw new ModelsealError('ERR_MODEL_SYMLINK_BROKEN', { file: name });
      }
      throw ioError(error, name, 'model file');
    }
    if (path.startsWith(target + sep)) throw new ModelsealError('ERR_MODEL_SYMLINK_CYCLE', { file: name });
    if (!target.startsWith(this.#root + sep)) {
      throw new ModelsealError('ERR_MODEL_SYMLINK_OUTSIDE', { file: name });
    }
    const inside = target
      .slice(this.#root.length + 1)
      .split(sep)
      .join('/');
    // What is excluded does not come back through a link to it.
    if (this.#options.ignore.covers(inside)) {
      throw new ModelsealError('ERR_MODEL_SYMLINK_OUTSIDE', { file: name });
    }
    const stat = attempt(() => lstatSync(target), name);
    if (stat.isFile()) this.#file(target, name, stat);
    else if (stat.isDirectory()) this.#folder(target, `${name}/`, depth + 1);
    else throw new ModelsealError('ERR_MODEL_FILE_TYPE', { file: name, type: typeName(stat) });
  }
}

/** U+FFFD may be in a name, but it is also what bytes that are not UTF-8 are shown as: look at the bytes. */
function refuseBadNames(folder: string, prefix: string): void {
  for (const entry of readdirSync(folder, { encoding: 'buffer' })) {
    if (isUtf8(entry)) continue;
    throw new ModelsealError('ERR_MODEL_NAME_ENCODING', {
      file: Buffer.concat([Buffer.from(prefix), entry]).toString('hex'),
    });
  }
}

function typeName(stat: Stats): string {
  if (stat.isFIFO()) return 'named pipe';
  if (stat.isSocket()) return 'socket';
  if (stat.isCharacterDevice() || stat.isBlockDevice()) return 'device';
  return 'special file';
}

function attempt<T>(work: () => T, file: string): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, file, 'model');
  }
}
