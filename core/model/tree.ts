import { isUtf8 } from 'node:buffer';
import {
  type Dirent,
  lstatSync,
  opendirSync,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { PARALLEL_FILES, warmUp } from '../digest/index.js';
import { ModelsealError } from '../errors/index.js';
import { ioError } from '../files.js';
import { ListedFolders } from './folders.js';
import type { IgnoreRules } from './ignore.js';
import { ListedFile, type ModelFile, type Place } from './listed-file.js';
import { byCodePoint, checkDistinct, checkName, sortByName, windowsProblem } from './names.js';
import { volumeFolders } from './volume.js';

/** Ten times the largest published model repositories; bounds the memory of a listing (about 200 bytes each). */
export const MAX_ENTRIES = 1_000_000;
/** Deeper than any published model; bounds path lengths and what a chain of links can do. */
export const MAX_DEPTH = 64;

/**
 * Up to this many files every one is looked up while listing, so that a replaced file is noticed by its inode. Looking
 * up many costs as much as hashing them; there the folders tell whether an entry was replaced.
 */
export const LOOK_UP_TO = 1000;

/** Entries that are read from a folder in one go: twice as fast as all of them at once, and in a quarter of the memory. */
const AT_ONCE = 1024;

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
  /** Links to folders that were not entered, since nothing was expected there: each is there, and is no file. */
  readonly notEntered: readonly string[];
  /** Some files lie outside of the root, behind links. */
  readonly scattered: boolean;
  /** Names that other systems cannot store, and other remarks. */
  readonly warnings: readonly string[];
  /** To be asked after reading files that were not {@link ModelFile.known}: whether names still mean these files. */
  readonly folders: ListedFolders;
}

export interface WalkOptions {
  readonly ignore: IgnoreRules;
  /** Follow symbolic links that stay inside the model. Without it a link is an error. */
  readonly allowSymlinks: boolean;
  /**
   * For who holds a signed list of files: every link is read through, wherever it leads, since the bytes are judged and
   * not their place. Says whether something is expected below a folder; a link to any other folder is not entered, so
   * that a link to a whole disk costs nothing.
   */
  readonly expects?: ((folder: string) => boolean) | undefined;
}

/**
 * Lists a model. An excluded path is not looked into; everything else must be a regular file or a folder.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_MODEL_*`, `ERR_NAME_TWIN`, `ERR_NAME_NOT_CANONICAL`
 */
export function walkModel(path: string, options: WalkOptions): ModelTree {
  const given = resolve(path);
  const stat = attempt(() => lstatSync(given), path);
  if (stat.isSymbolicLink() && !options.allowSymlinks && !options.expects)
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
  const problem = windowsProblem(name);
  return {
    root,
    name,
    single: true,
    files: [new ListedFile(name, { path: root }, real)],
    ignored: [],
    notEntered: [],
    scattered: false,
    warnings: problem ? [problem] : [],
    folders: new ListedFolders(),
  };
}

class Walker {
  readonly #root: string;
  readonly #name: string;
  readonly #given: string;
  readonly #options: WalkOptions;
  readonly #files: ListedFile[] = [];
  readonly #folders = new ListedFolders();
  readonly #ignored: string[] = [];
  readonly #notEntered: string[] = [];
  #scattered = false;
  #bookkeeping: ReadonlySet<string> = new Set();
  readonly #warnings: string[] = [];
  #entries = 0;

  constructor(root: string, name: string, given: string, options: WalkOptions) {
    this.#root = root;
    this.#name = name;
    this.#given = given;
    this.#options = options;
  }

  walk(): ModelTree {
    if (this.#options.expects) this.#bookkeeping = volumeFolders(this.#root);
    this.#folder(this.#root, '', 0);
    if (this.#files.length <= LOOK_UP_TO) for (const file of this.#files) file.look();
    sortByName(this.#files);
    checkDistinct(this.#files.map((file) => file.name));
    return {
      root: this.#root,
      name: this.#name,
      single: false,
      files: this.#files,
      ignored: this.#ignored.sort(byCodePoint),
      notEntered: this.#notEntered.sort(byCodePoint),
      scattered: this.#scattered,
      warnings: this.#warnings,
      folders: this.#folders,
    };
  }

  /** @param real Real path of the folder; `prefix` is its name in the model with a trailing slash, or empty. */
  #folder(real: string, prefix: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new ModelsealError('ERR_MODEL_TOO_DEEP', { file: prefix, limit: MAX_DEPTH });
    this.#folders.add(real, prefix || this.#given);
    const entries = attempt(() => opendirSync(real, { bufferSize: AT_ONCE }), prefix || this.#given);
    const place = { path: real, cut: prefix.length };
    const others: string[] = [];
    try {
      for (;;) {
        const entry = attempt(() => entries.readSync(), prefix || this.#given);
        if (!entry) break;
        if (!this.#taken(place, prefix, entry)) others.push(entry.name);
      }
    } finally {
      entries.closeSync();
    }
    // Not while the folder is open: a deep model would hold a descriptor for each level.
    for (const entry of others) this.#other(real, prefix, entry, depth);
  }

  /** Takes an entry that is a file or excluded; false for what has to be looked at. */
  #taken(place: Place, prefix: string, entry: Dirent): boolean {
    if (++this.#entries > MAX_ENTRIES)
      throw new ModelsealError('ERR_MODEL_TOO_MANY_FILES', { model: this.#given, limit: MAX_ENTRIES });
    // So many files are hashed by two threads; the second one starts while they are listed.
    if (this.#entries === PARALLEL_FILES) warmUp();
    if (entry.name.includes('\ufffd')) refuseBadNames(place.path, prefix);
    const name = prefix + entry.name;
    if (this.#bookkeeping.has(name)) return true;
    if (this.#options.ignore.has(name)) this.#ignored.push(name);
    else if (entry.isFile()) this.#file(new ListedFile(name, place));
    else return false;
    return true;
  }

  #other(folder: string, prefix: string, entry: string, depth: number): void {
    const path = folder + sep + entry;
    const name = prefix + entry;
    const stat = attempt(() => lstatSync(path), name);
    if (stat.isFile()) this.#file(new ListedFile(name, { path }, stat));
    else if (stat.isDirectory()) this.#folder(path, `${name}/`, depth + 1);
    else if (stat.isSymbolicLink()) this.#link(path, name, depth);
    else throw new ModelsealError('ERR_MODEL_FILE_TYPE', { file: name, type: typeName(stat) });
  }

  #file(file: ListedFile): void {
    const { name } = file;
    checkName(name);
    const problem = windowsProblem(name);
    if (problem !== undefined) this.#warnings.push(`${name}: ${problem}`);
    this.#files.push(file);
  }

  #link(path: string, name: string, depth: number): void {
    const { allowSymlinks, expects } = this.#options;
    if (!allowSymlinks && !expects) throw new ModelsealError('ERR_MODEL_SYMLINK', { file: name });
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
    if (!expects) this.#requireInside(path, target, name);
    else if (!target.startsWith(this.#root + sep)) this.#scattered = true;
    const stat = attempt(() => lstatSync(target), name);
    if (stat.isFile()) this.#file(new ListedFile(name, { path: target }, stat));
    else if (!stat.isDirectory())
      throw new ModelsealError('ERR_MODEL_FILE_TYPE', { file: name, type: typeName(stat) });
    else if (expects?.(name) === false) this.#notEntered.push(name);
    else this.#folder(target, `${name}/`, depth + 1);
  }

  #requireInside(path: string, target: string, name: string): void {
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
