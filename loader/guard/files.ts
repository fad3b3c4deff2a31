import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import url from 'node:url';
import { type Catalogue, notRegular, readRegular, sha256 } from './catalogue.js';
import { replace } from './lock.js';
import { pristine, taken } from './pristine.js';
import type { Refuse } from './refuse.js';

/** Taken once, as everything that foreign code could replace. */
const { closeSync, constants, fstatSync, openSync, readSync, realpathSync } = fs;
const { basename, dirname, isAbsolute, join, resolve } = path;
const { fileURLToPath } = url;
const { createHash } = crypto;
const { cwd } = process;
const real = realpathSync.native;
const { apply } = Reflect;
const toText = taken(Buffer.prototype.toString) as (self: Buffer, encoding: BufferEncoding) => string;

/** As much of a file is hashed at a time when it is opened and not read whole. */
const CHUNK = 1 << 20;

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Binds names to bytes for everything that a program reads from signed folders: what it reads by a name are the bytes
 * signed under that name, or it gets nothing. A file that is read whole is served from the checked bytes; one that is
 * opened is hashed through the descriptor that the program gets. What it writes is left to the next check.
 */
export function guardFiles(catalogue: Catalogue, refuse: Refuse): void {
  const files = new Names(catalogue, refuse);
  const wrap = (target: object, name: string, make: (original: AnyFunction) => AnyFunction): void => {
    const original = (target as Record<string, unknown>)[name];
    if (typeof original === 'function') replace(target, name, make(original as AnyFunction), true);
  };
  const { promises } = fs;

  wrap(fs, 'readFileSync', (original) => (file, options) => {
    const bytes = files.bytes(file, options);
    return bytes === undefined ? apply(original, fs, [file, options]) : decoded(bytes, options);
  });
  wrap(fs, 'readFile', (original) => (file, options, callback) => {
    const done = (typeof options === 'function' ? options : callback) as AnyFunction;
    const given = typeof options === 'function' ? undefined : options;
    let bytes: Buffer | undefined;
    try {
      bytes = files.bytes(file, given);
    } catch (error) {
      return later(done, error);
    }
    return bytes === undefined
      ? apply(original, fs, typeof options === 'function' ? [file, options] : [file, options, callback])
      : later(done, null, decoded(bytes, given));
  });
  wrap(promises, 'readFile', (original) => async (file, options) => {
    const bytes = files.bytes(file, options);
    return bytes === undefined ? apply(original, promises, [file, options]) : decoded(bytes, options);
  });
  wrap(fs, 'openSync', (original) => (file, flags, mode) => {
    const fd = files.open(file, flags);
    return fd ?? apply(original, fs, [file, flags, mode]);
  });
  wrap(fs, 'open', (original) => (file, flags, mode, callback) => {
    const args = [file, flags, mode, callback];
    const done = [flags, mode, callback].find((arg) => typeof arg === 'function') as AnyFunction;
    try {
      const fd = files.open(file, typeof flags === 'function' ? 'r' : flags);
      return fd === undefined ? apply(original, fs, args) : later(done, null, fd);
    } catch (error) {
      return later(done, error);
    }
  });
  // A file handle cannot be made of a descriptor: it is opened again, and must then be the same file.
  wrap(promises, 'open', (original) => async (file, flags, mode) => {
    const fd = files.open(file, flags);
    if (fd === undefined) return apply(original, promises, [file, flags, mode]);
    const { dev, ino } = fstatSync(fd);
    closeSync(fd);
    const handle = (await apply(original, promises, [file, flags, mode])) as { readonly fd: number };
    const now = fstatSync(handle.fd);
    if (now.dev !== dev || now.ino !== ino) refuse('ERR_GUARD_FILE_CHANGED', { file: pathOf(file) ?? '' });
    return handle;
  });
  for (const name of ['copyFileSync', 'copyFile', 'cpSync', 'cp', 'openAsBlob', 'linkSync', 'link'])
    wrap(fs, name, (original) => (...args) => {
      files.check(args[0]);
      return apply(original, fs, args);
    });
  for (const name of ['copyFile', 'cp', 'link'])
    wrap(promises, name, (original) => async (...args) => {
      files.check(args[0]);
      return apply(original, promises, args);
    });
  const { loadEnvFile } = process as { loadEnvFile?: AnyFunction };
  if (loadEnvFile)
    replace(process, 'loadEnvFile', (file: unknown = '.env') => {
      files.check(file);
      return apply(loadEnvFile, process, [file]);
    });
}

/** What the names in signed folders must lead to. */
class Names {
  readonly #catalogue: Catalogue;
  readonly #refuse: Refuse;

  constructor(catalogue: Catalogue, refuse: Refuse) {
    this.#catalogue = catalogue;
    this.#refuse = refuse;
  }

  /** The checked bytes of a signed file; undefined for what lies outside, and for what is not read. */
  bytes(given: unknown, options: unknown): Buffer | undefined {
    const flag =
      (typeof options === 'object' && options !== null ? (options as { flag?: unknown }).flag : undefined) ??
      'r';
    const file = pathOf(given);
    if (file === undefined || !reads(flag)) return undefined;
    return pristine(() => {
      const expected = this.#expected(file);
      if (expected === undefined) return undefined;
      this.#readOnly(file, flag);
      let bytes: Buffer;
      try {
        bytes = readRegular(file);
      } catch (error) {
        return this.#missing(file, error);
      }
      if (sha256(bytes) !== expected) this.#refuse('ERR_GUARD_FILE_CHANGED', { file });
      return bytes;
    });
  }

  /** A descriptor of a signed file whose content was checked through it. */
  open(given: unknown, flags: unknown): number | undefined {
    const flag = flags ?? 'r';
    const file = pathOf(given);
    if (file === undefined || !reads(flag)) return undefined;
    return pristine(() => {
      const expected = this.#expected(file);
      if (expected === undefined) return undefined;
      this.#readOnly(file, flag);
      let fd: number | undefined;
      try {
        const how = typeof flag === 'number' ? flag : constants.O_RDONLY;
        fd = openSync(file, how | (constants.O_NONBLOCK ?? 0));
        if ((fstatSync(fd).mode & constants.S_IFMT) !== constants.S_IFREG) throw notRegular(file);
        if (hashThrough(fd) !== expected) this.#refuse('ERR_GUARD_FILE_CHANGED', { file });
        return fd;
      } catch (error) {
        if (fd !== undefined) closeSync(fd);
        return this.#missing(file, error);
      }
    });
  }

  /** For functions that read a file by themselves. */
  check(given: unknown): void {
    const fd = this.open(given, 'r');
    if (fd !== undefined) closeSync(fd);
  }

  /**
   * What a name must lead to: the digest signed under it, undefined for what is none of ours.
   *
   * @throws {ModelsealError} `ERR_GUARD_FILE_UNSIGNED` for what was added to a signed folder
   */
  #expected(file: string): string | undefined {
    const named = this.#catalogue.canonical(file);
    const byName = this.#catalogue.digestOf(named);
    if (byName !== undefined) return byName;
    // Through a link from elsewhere, or of the folder: the real name counts then.
    const behind = realName(named);
    const found = this.#catalogue.digestOf(behind);
    const added = this.#catalogue.covers(named);
    if (found !== undefined && !added) return found;
    if ((added || this.#catalogue.covers(behind)) && isFile(behind))
      this.#refuse('ERR_GUARD_FILE_UNSIGNED', { file });
    return undefined;
  }

  #readOnly(file: string, flag: unknown): void {
    if (writes(flag)) this.#refuse('ERR_GUARD_FILE_WRITABLE', { file });
  }

  /** The refusal of a signed file that is not there; what was refused already goes on. */
  #missing(file: string, error: unknown): never {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('ERR_GUARD_')) throw error;
    return this.#refuse('ERR_GUARD_FILE_MISSING', { file, reason: code ?? String(error) });
  }
}

/** The path of a first argument; undefined for descriptors and handles. Read once: what is opened is what was checked. */
function pathOf(given: unknown): string | undefined {
  let text: string;
  if (typeof given === 'string') text = given;
  else if (given instanceof Uint8Array) text = toText(Buffer.from(given), 'utf8');
  else if (given instanceof URL) text = fileURLToPath(given);
  else return undefined;
  return isAbsolute(text) ? resolve(text) : resolve(join(cwd(), text));
}

/** The real path; of what does not exist, the real folder with the name. */
function realName(file: string): string {
  try {
    return real(file);
  } catch {
    try {
      return join(real(dirname(file)), basename(file));
    } catch {
      return file;
    }
  }
}

function isFile(file: string): boolean {
  try {
    const fd = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return (fstatSync(fd).mode & constants.S_IFMT) !== constants.S_IFDIR;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function hashThrough(fd: number): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafeSlow(CHUNK);
  for (let at = 0; ; ) {
    const read = readSync(fd, chunk, 0, CHUNK, at);
    if (read === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, read));
    at += read;
  }
}

/** Whether the flags of an `open` ask for reading. */
const reads = (flag: unknown): boolean =>
  typeof flag === 'number'
    ? (flag & 3) !== constants.O_WRONLY
    : flag === 'r' || flag === 'rs' || flag === 'sr' || `${String(flag)}`.endsWith('+');
const writes = (flag: unknown): boolean =>
  typeof flag === 'number' ? (flag & 3) !== constants.O_RDONLY : `${String(flag)}`.endsWith('+');

function decoded(bytes: Buffer, options: unknown): unknown {
  const encoding =
    typeof options === 'string' ? options : (options as { encoding?: unknown } | null | undefined)?.encoding;
  return typeof encoding === 'string' && encoding !== 'buffer'
    ? toText(bytes, encoding as BufferEncoding)
    : bytes;
}

function later(done: AnyFunction, ...args: unknown[]): void {
  setImmediate(() => apply(done, undefined, args));
}
