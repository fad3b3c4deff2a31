import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  type DecipherGCM,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError, openRegular, writeAtomic } from '../../core/files.js';
import { type Json, parseStrictJson } from '../../core/json/strict-json.js';
import { requireStrongPassphrase } from '../../core/keys/index.js';

// A sealed file: two lines of text, `modelseal-backup/v1` and a JSON object (scrypt's cost and salt, the nonce, the time), a
// third with HMAC-SHA-256 over both in base64; then AES-256-GCM over an index and the files, with the three lines as
// additional data; then the tag. The HMAC tells a wrong passphrase from a damaged file, and authenticates the header before
// the long part is read. docs/formats.md describes it for other programs.

const FIRST_LINE = 'modelseal-backup/v1';
/** 128 MiB and about half a second: a passphrase is the only thing between a thief and every key. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;
/** A file names its own cost; a forged one may not ask for more memory than a GiB. */
const MAX_N = 2 ** 20;
const MIN_N = 2 ** 15;
const MAX_HEADER = 1024;
const TAG = 16;
const CHUNK = 1024 * 1024;
/** Names of a dozen files and their sizes. */
const MAX_INDEX = 64 * 1024;
/** NIST SP 800-38D §5.2.1.1: so much may be encrypted under one key and nonce. */
const MAX_BYTES = 2 ** 36 - 32;

const JSON_LIMITS = { what: 'backup', maxBytes: MAX_INDEX, maxDepth: 3 };

const deriveKey = promisify<string | Buffer, Buffer, number, object, Buffer>(scrypt);

export interface SealedEntry {
  readonly name: string;
  readonly size: number;
}

/** A file to be sealed: its bytes, or where they lie. */
export interface Source {
  readonly name: string;
  readonly data: Uint8Array | { readonly file: string };
}

/**
 * Writes one encrypted file that holds the given ones. An existing file stays as it is.
 *
 * @throws {ModelsealError} `ERR_PASSPHRASE_WEAK`, `ERR_FILE_EXISTS`, `ERR_FILE_UNWRITABLE`, `ERR_FILE_…`
 */
export async function sealFile(
  target: string,
  sources: readonly Source[],
  passphrase: string,
  at: Date,
): Promise<readonly SealedEntry[]> {
  requireStrongPassphrase(passphrase, 'the backup');
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const keys = await keysFrom(passphrase, salt, COST.N);
  const described = {
    created: at.toISOString(),
    scrypt: { n: COST.N, r: COST.r, p: COST.p, salt: salt.toString('base64') },
    nonce: nonce.toString('base64'),
  };
  const head = `${FIRST_LINE}\n${JSON.stringify(described)}\n`;
  const header = Buffer.from(`${head}${mac(keys, head).toString('base64')}\n`);
  const opened: number[] = [];
  try {
    const parts = sources.map(({ name, data }) => {
      if (data instanceof Uint8Array) return { name, size: data.length, data };
      const fd = openRegular(data.file, 'file of the authority');
      opened.push(fd);
      return { name, size: fstatSync(fd).size, data: { fd, file: data.file } };
    });
    const index = Buffer.from(JSON.stringify(parts.map(({ name, size }) => ({ name, size }))));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(index.length);
    writeAtomic(
      target,
      (write) => {
        const cipher = createCipheriv('aes-256-gcm', keys.encryption, nonce, { authTagLength: TAG });
        cipher.setAAD(header);
        write(header);
        write(cipher.update(Buffer.concat([length, index])));
        for (const { size, data } of parts) {
          if (data instanceof Uint8Array) write(cipher.update(data));
          else for (const chunk of bytesOf(data.fd, 0, size, data.file)) write(cipher.update(chunk));
        }
        write(cipher.final());
        write(cipher.getAuthTag());
      },
      { mode: 0o600 },
    );
    return parts.map(({ name, size }) => ({ name, size }));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** A sealed file whose passphrase fits and whose every byte is as it was written; only {@link SealedFile.open} makes one. */
export class SealedFile {
  readonly created: Date;
  readonly entries: readonly SealedEntry[];
  readonly #extract: (entry: SealedEntry, target: string) => void;
  readonly #check: () => void;

  private constructor(
    created: Date,
    entries: readonly SealedEntry[],
    extract: (entry: SealedEntry, target: string) => void,
    check: () => void,
  ) {
    this.created = created;
    this.entries = entries;
    this.#extract = extract;
    this.#check = check;
  }

  /**
   * Opens a sealed file for as long as `work` takes. All of it is authenticated before `work` begins: nothing in it is
   * believed before.
   *
   * @throws {ModelsealError} `ERR_BACKUP_FORMAT`, `ERR_BACKUP_PASSPHRASE`, `ERR_BACKUP_DAMAGED`, `ERR_FILE_…`
   */
  static async open<T>(file: string, passphrase: string, work: (sealed: SealedFile) => T): Promise<T> {
    const fd = openRegular(file, 'backup');
    try {
      const { size } = fstatSync(fd);
      const header = readHeader(fd, file);
      const keys = await keysFrom(passphrase, header.salt, header.n);
      if (!timingSafeEqual(mac(keys, header.head), header.mac)) {
        throw new ModelsealError('ERR_BACKUP_PASSPHRASE', { file });
      }
      const start = header.raw.length;
      const end = size - TAG;
      if (end - start < 4 || end - start > MAX_BYTES) throw damaged(file);
      const tag = Buffer.concat([...bytesOf(fd, end, TAG, file)]);
      const plain = (): Generator<Buffer> => {
        const decipher = createDecipheriv('aes-256-gcm', keys.encryption, header.nonce, {
          authTagLength: TAG,
        });
        decipher.setAAD(header.raw);
        decipher.setAuthTag(tag);
        return decrypted(decipher, bytesOf(fd, start, end - start, file), file);
      };
      for (const _ of plain());
      // The second pass hands out what the first one authenticated; its own check catches a file that changes meanwhile.
      const reader = new Reader(plain(), file);
      const entries = readIndex(reader, end - start, file);
      const sealed = new SealedFile(
        header.created,
        entries,
        (entry, target) => reader.copy(entry.size, target),
        () => reader.end(),
      );
      return work(sealed);
    } finally {
      closeSync(fd);
    }
  }

  /** Writes every file into a folder, and throws when one of them was changed since the file was opened. */
  extractInto(pathOf: (name: string) => string): void {
    for (const entry of this.entries) this.#extract(entry, pathOf(entry.name));
    this.#check();
  }
}

interface Keys {
  readonly encryption: Buffer;
  readonly authentication: Buffer;
}

async function keysFrom(passphrase: string, salt: Buffer, n: number): Promise<Keys> {
  const options = { N: n, r: COST.r, p: COST.p, maxmem: 2 ** 8 * n * COST.r };
  const bytes = await deriveKey(passphrase.normalize('NFC'), salt, 64, options);
  return { encryption: bytes.subarray(0, 32), authentication: bytes.subarray(32) };
}

const mac = ({ authentication }: Keys, head: string): Buffer =>
  createHmac('sha256', authentication).update(head).digest();

const damaged = (file: string): ModelsealError => new ModelsealError('ERR_BACKUP_DAMAGED', { file });

interface Header {
  readonly raw: Buffer;
  /** The two lines that the HMAC covers. */
  readonly head: string;
  readonly mac: Buffer;
  readonly created: Date;
  readonly n: number;
  readonly salt: Buffer;
  readonly nonce: Buffer;
}

function readHeader(fd: number, file: string): Header {
  const format = (problem: string): never => {
    throw new ModelsealError('ERR_BACKUP_FORMAT', { file, problem });
  };
  const bytes = Buffer.alloc(MAX_HEADER);
  const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, MAX_HEADER, 0));
  const [, first, json = '', code = ''] = /^([^\n]*)\n([^\n]*)\n([^\n]*)\n/.exec(text) ?? [];
  if (first !== FIRST_LINE) format('it does not begin as one');
  let described: Json = null;
  try {
    described = parseStrictJson(Buffer.from(json, 'latin1'), JSON_LIMITS);
  } catch {
    format('its second line is not JSON');
  }
  const { created, scrypt: cost, nonce, ...more } = members(described);
  const { n, r, p, salt, ...rest } = members(cost);
  const time = new Date(typeof created === 'string' ? created : Number.NaN);
  const raw = {
    salt: base64(salt, 16),
    nonce: base64(nonce, 12),
    mac: base64(code, 32),
  };
  if (raw.salt === undefined || raw.nonce === undefined || raw.mac === undefined)
    return format('its header is incomplete');
  if (Number.isNaN(time.getTime()) || time.toISOString() !== created) return format('it names no time');
  if (Object.keys({ ...more, ...rest }).length > 0)
    return format('its header says more than this version knows');
  const known = typeof n === 'number' && Number.isInteger(Math.log2(n)) && n >= MIN_N && n <= MAX_N;
  if (!known || r !== COST.r || p !== COST.p)
    return format('its key is derived in a way that is not allowed');
  const head = `${first}\n${json}\n`;
  const { salt: s, nonce: iv, mac: m } = raw;
  return {
    raw: Buffer.from(`${head}${code}\n`, 'latin1'),
    head,
    mac: m,
    created: time,
    n,
    salt: s,
    nonce: iv,
  };
}

const members = (value: Json | undefined): { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};

/** Exactly so many bytes in the one base64 form that they have. */
function base64(text: unknown, length: number): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === length && bytes.toString('base64') === text ? bytes : undefined;
}

function* bytesOf(fd: number, start: number, size: number, file: string): Generator<Buffer> {
  for (let done = 0; done < size; ) {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - done));
    let read: number;
    try {
      read = readSync(fd, chunk, 0, chunk.length, start + done);
    } catch (error) {
      throw ioError(error, file, 'backup');
    }
    if (read === 0) throw damaged(file);
    done += read;
    yield chunk.subarray(0, read);
  }
}

function* decrypted(decipher: DecipherGCM, bytes: Generator<Buffer>, file: string): Generator<Buffer> {
  for (const chunk of bytes) yield decipher.update(chunk);
  try {
    decipher.final();
  } catch {
    throw damaged(file);
  }
}

function readIndex(reader: Reader, size: number, file: string): readonly SealedEntry[] {
  const length = reader.take(4).readUInt32BE();
  if (length > MAX_INDEX) throw damaged(file);
  const index = parseStrictJson(reader.take(length), JSON_LIMITS);
  if (!Array.isArray(index)) throw damaged(file);
  const entries = index.map((entry) => {
    const { name, size: bytes } = members(entry);
    if (typeof name !== 'string' || typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) {
      throw damaged(file);
    }
    return { name, size: bytes };
  });
  if (entries.reduce((sum, entry) => sum + entry.size, 4 + length) !== size) throw damaged(file);
  return entries;
}

/** Bytes that come in pieces, taken in pieces of another size. */
class Reader {
  readonly #chunks: Generator<Buffer>;
  readonly #file: string;
  #left: Buffer = Buffer.alloc(0);

  constructor(chunks: Generator<Buffer>, file: string) {
    this.#chunks = chunks;
    this.#file = file;
  }

  take(size: number): Buffer {
    return Buffer.concat([...this.#pieces(size)]);
  }

  copy(size: number, target: string): void {
    const fd = openSync(target, 'wx', 0o600);
    try {
      for (const piece of this.#pieces(size)) {
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
      }
    } finally {
      closeSync(fd);
    }
  }

  /** Runs to the end, where the tag is compared. */
  end(): void {
    if (this.#left.length > 0) throw damaged(this.#file);
    for (const chunk of this.#chunks) if (chunk.length > 0) throw damaged(this.#file);
  }

  *#pieces(size: number): Generator<Buffer> {
    for (let missing = size; missing > 0; ) {
      if (this.#left.length === 0) {
        const next = this.#chunks.next();
        if (next.done) throw damaged(this.#file);
        this.#left = next.value;
        continue;
      }
      const piece = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }
}
