import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  statfsSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { readBounded, writeAtomic } from '../files.js';
import type { HashName } from './algorithms.js';
import { type DigestJob, OPEN_FLAGS } from './read.js';

const FIRST_LINE = /^modelseal digest cache v1 ([0-9a-f]{64})$/;
const ENTRY = /^([0-9]+(?::[0-9]+){4}:[a-z0-9]+:[0-9]+:[0-9]+) ([0-9a-f]{64,128})$/;
/** Ten models of the largest number of files that is usual; what was used last stays. */
const MAX_ENTRIES = 200_000;
/** An entry has about 150 bytes, 300 at most. */
const MAX_CACHE_BYTES = 64 * 1024 * 1024;
/** HMAC-SHA-256 gains nothing from longer keys, and loses with shorter ones (RFC 2104 §3). */
const KEY_BYTES = 32;

/**
 * Times of change are as coarse as a second on some of the systems below. A file that changed so shortly before it was
 * read could change again without a new time; its digest is not kept.
 */
const SETTLED_MS = 2000;

/**
 * Local file systems whose time of change cannot be set, also not by writing through a memory mapping: ext2 to ext4, XFS,
 * Btrfs, F2FS, overlayfs, ZFS on Linux, APFS on macOS. Not tmpfs, which leaves the times as they are when a mapping is
 * written to, and nothing that another machine keeps. On Windows programs may set every time.
 */
const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, readonly number[]>>> = {
  linux: [0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x794c7630, 0x2fc12fc1],
  darwin: [0x1a],
};

/** What was not read again, and what became of the rest. */
export interface CacheUse {
  /** The cache. */
  readonly file: string;
  /** Files that were not read at all. */
  readonly files: number;
  readonly bytes: number;
  /** Why the cache could not be used, or not be written. */
  readonly problem?: string | undefined;
}

/**
 * Digests of files that were hashed before, by all that changes with a file: device, inode, size, mtime and ctime in
 * nanoseconds. It is authenticated with a key of the user, so that whoever can write to it can make no digest up; each
 * entry is a statement that stays true, so that an older copy does no harm either.
 *
 * A digest out of it says that the file was not written to since it was hashed, as far as the system tells; it is not a
 * look at the bytes. Failing disks, and those who write below the file system or set the clock, remain unseen.
 */
export class DigestCache {
  readonly file: string;
  readonly #key: Uint8Array;
  readonly #entries: Map<string, string>;
  readonly #problem: string | undefined;

  private constructor(file: string, key: Uint8Array) {
    if (!(key instanceof Uint8Array) || key.length < KEY_BYTES) {
      const problem = `the key of a digest cache has at least ${KEY_BYTES} bytes`;
      throw new ModelsealError('ERR_USAGE', { problem });
    }
    this.file = file;
    this.#key = Uint8Array.from(key);
    const read = this.#read();
    this.#entries = typeof read === 'string' ? new Map() : read;
    this.#problem = typeof read === 'string' ? read : undefined;
    Object.freeze(this);
  }

  /**
   * A cache that is not there is empty, and so is one that this key did not make, which is said when it is used.
   *
   * @throws {ModelsealError} `ERR_FILE_UNREADABLE`, `ERR_FILE_TOO_LARGE`
   */
  static open(file: string, key: Uint8Array): DigestCache {
    return new DigestCache(file, key);
  }

  /**
   * One use of the cache, for the files of a model.
   *
   * @throws {ModelsealError} `ERR_USAGE` for a cache inside the model
   */
  pass(root: string, algorithm: HashName): CachePass {
    const folder = dirname(resolve(this.file));
    const real = existsSync(folder) ? join(realpathSync.native(folder), basename(this.file)) : this.file;
    if (real === root || real.startsWith(root + sep))
      throw new ModelsealError('ERR_USAGE', { problem: 'the digest cache lies inside the model' });
    return new CachePass(algorithm, this.#entries, (learned, use) => this.#end(learned, use));
  }

  #end(learned: number, use: Pick<CacheUse, 'files' | 'bytes'>): CacheUse {
    const { file } = this;
    const problem = this.#problem ?? (learned > 0 ? this.#save() : undefined);
    // One that another key made is somebody's: it is not written over.
    return { file, ...use, problem };
  }

  #save(): string | undefined {
    const entries = [...this.#entries].slice(-MAX_ENTRIES);
    const body = Buffer.from(entries.map(([key, digest]) => `${key} ${digest}\n`).join(''));
    try {
      const head = `modelseal digest cache v1 ${this.#mac(body).toString('hex')}\n`;
      writeAtomic(this.file, Buffer.concat([Buffer.from(head), body]), { mode: 0o600, overwrite: true });
      return undefined;
    } catch (error) {
      if (isModelsealError(error)) return error.message;
      throw error;
    }
  }

  #read(): Map<string, string> | string {
    let bytes: Uint8Array;
    try {
      bytes = readBounded(this.file, 'digest cache', MAX_CACHE_BYTES);
    } catch (error) {
      if (isModelsealError(error, 'ERR_FILE_NOT_FOUND')) return new Map();
      throw error;
    }
    const end = bytes.indexOf(0x0a);
    const mac = FIRST_LINE.exec(Buffer.from(bytes.subarray(0, Math.max(end, 0))).toString('latin1'))?.[1];
    if (mac === undefined) return 'it is not a digest cache';
    const body = Buffer.from(bytes.subarray(end + 1));
    if (!timingSafeEqual(this.#mac(body), Buffer.from(mac, 'hex')))
      return 'it was made with another key, or changed since';
    const entries = new Map<string, string>();
    for (const line of body.toString('latin1').split('\n')) {
      const [, key, digest] = ENTRY.exec(line) ?? [];
      if (key !== undefined && digest !== undefined) entries.set(key, digest);
    }
    return entries;
  }

  #mac(body: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update('modelseal digest cache v1\n').update(body).digest();
  }
}

/** Made by {@link DigestCache.pass}. */
export class CachePass {
  readonly #algorithm: HashName;
  readonly #entries: Map<string, string>;
  readonly #end: (learned: number, use: Pick<CacheUse, 'files' | 'bytes'>) => CacheUse;
  readonly #settled = BigInt(Date.now() - SETTLED_MS) * 1_000_000n;
  /** By path: what the file is marked by, before it is read; undefined for one that is not kept. */
  readonly #marks = new Map<string, string | undefined>();
  readonly #local = new Map<bigint, boolean>();
  readonly #read = new Set<string>();
  readonly #found = new Map<string, number>();
  #learned = 0;

  constructor(
    algorithm: HashName,
    entries: Map<string, string>,
    end: (learned: number, use: Pick<CacheUse, 'files' | 'bytes'>) => CacheUse,
  ) {
    this.#algorithm = algorithm;
    this.#entries = entries;
    this.#end = end;
  }

  /** Digest of a range, in hexadecimal; undefined for one that has to be read, which is then to be {@link learn}t. */
  find(job: DigestJob, accept: (digest: string) => boolean): string | undefined {
    const mark = markOf(job, this.#local);
    const key = mark && this.#key(mark, job);
    const digest = key === undefined ? undefined : this.#entries.get(key);
    if (digest !== undefined && accept(digest)) {
      this.#found.set(job.path, (this.#found.get(job.path) ?? 0) + job.end - job.start);
      return digest;
    }
    this.#read.add(job.path);
    // What is written through a memory mapping shows in the times only after the pages were written back.
    if (!this.#marks.has(job.path))
      this.#marks.set(job.path, writtenBack(job.path) ? markOf(job, this.#local, this.#settled) : undefined);
    return undefined;
  }

  /** Keeps the digest of a range that was read after `find`, if its file is still what it was then. */
  learn(job: DigestJob, digest: string): void {
    const mark = this.#marks.get(job.path);
    if (mark === undefined || markOf(job, this.#local) !== mark) return;
    const key = this.#key(mark, job);
    this.#entries.delete(key);
    this.#entries.set(key, digest);
    this.#learned++;
  }

  end(): CacheUse {
    const whole = [...this.#found].filter(([path]) => !this.#read.has(path));
    const bytes = [...this.#found.values()].reduce((sum, n) => sum + n, 0);
    return this.#end(this.#learned, { files: whole.length, bytes });
  }

  #key(mark: string, { start, end }: DigestJob): string {
    return `${mark}:${this.#algorithm}:${start}:${end}`;
  }
}

/**
 * All that changes with the content of a listed file; undefined where the system does not promise that.
 *
 * @param settled The file changed before this time, or there is no mark.
 */
function markOf(job: DigestJob, local: Map<bigint, boolean>, settled?: bigint): string | undefined {
  let stat: BigIntStats | undefined;
  try {
    stat = lstatSync(job.path, { bigint: true, throwIfNoEntry: false });
    if (!stat?.isFile()) return undefined;
    const { dev } = stat;
    const known = local.get(dev) ?? isLocal(job.path);
    local.set(dev, known);
    if (!known) return undefined;
  } catch {
    return undefined;
  }
  const { dev, ino, size, mtimeNs, ctimeNs } = stat;
  // Larger numbers are rounded where files are opened, and two inodes would be one.
  if (ino > BigInt(Number.MAX_SAFE_INTEGER) || dev > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  if (Number(dev) !== job.dev || Number(ino) !== job.ino || Number(size) !== job.size) return undefined;
  if (mtimeNs < 0n || ctimeNs < 0n) return undefined;
  if (settled !== undefined && (ctimeNs > settled || mtimeNs > settled)) return undefined;
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

const isLocal = (path: string): boolean =>
  SYSTEMS[process.platform]?.includes(statfsSync(path).type) === true;

/** Has the system write down what others wrote to a file. */
function writtenBack(path: string): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, OPEN_FLAGS);
    fsyncSync(fd);
    return true;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
