import { existsSync } from 'node:fs';
import { ModelsealError } from '../core/errors/index.js';
import { readBounded } from '../core/files.js';
import { spkiFingerprint } from './encode/spki.js';

/** All weak keys that Debian's OpenSSL ever made for the usual lengths are a million lines: 70 MB. */
const MAX_BLOCKLIST_BYTES = 256 * 1024 * 1024;

/** Longer lines are no hash and no comment that a person wrote. */
const MAX_LINE = 4096;

const LINE = /^(?:[0-9a-f]{64}(?:[ \t].*)?|[ \t]*(?:#.*)?)\r?$/i;
const NEWLINE = 0x0a;

/**
 * Keys that are known to others, such as published test keys (RFC 9500) or the weak keys of Debian (CVE-2008-0166): one
 * SHA-256 over the SubjectPublicKeyInfo a line, hexadecimal, as `badkeys` and crt.sh name keys; behind it, after a
 * space, and on lines that begin with `#`, whatever you like.
 */
export class Blocklist {
  readonly file: string;
  readonly size: number;
  /** The hashes in lower case, one a line. */
  readonly #keys: Buffer;

  private constructor(file: string, keys: Buffer, size: number) {
    this.file = file;
    this.#keys = keys;
    this.size = size;
  }

  /** @throws {ModelsealError} `ERR_FILE_…`, `ERR_BLOCKLIST` */
  static read(file: string): Blocklist {
    return Blocklist.parse(readBounded(file, 'blocklist', MAX_BLOCKLIST_BYTES), file);
  }

  /** @param file Name for errors. */
  static parse(bytes: Uint8Array, file: string): Blocklist {
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const keys = Buffer.allocUnsafe(source.length + 1);
    let length = 0;
    let line = 0;
    for (let at = 0; at < source.length; ) {
      line++;
      const newline = source.indexOf(NEWLINE, at);
      const end = newline < 0 ? source.length : newline;
      const text = source.toString('latin1', at, Math.min(end, at + MAX_LINE + 1));
      if (text.length > MAX_LINE || !LINE.test(text))
        throw malformed(file, `line ${line} is neither a SHA-256 nor a comment`);
      if (/^[0-9a-f]/i.test(text))
        length += keys.write(`${text.slice(0, 64).toLowerCase()}\n`, length, 'latin1');
      at = end + 1;
    }
    // An empty list blocks nothing, and was meant to.
    if (length === 0) throw malformed(file, 'it names no key');
    return new Blocklist(file, Buffer.from(keys.subarray(0, length)), length / ENTRY);
  }

  has(spki: Uint8Array): boolean {
    const wanted = Buffer.from(`${spkiFingerprint(spki)}\n`);
    // Found in the middle of a line it is two halves of others.
    for (let at = this.#keys.indexOf(wanted); at >= 0; at = this.#keys.indexOf(wanted, at + 1)) {
      if (at % ENTRY === 0) return true;
    }
    return false;
  }
}

/** Hexadecimal and line end. */
const ENTRY = 65;

const malformed = (file: string, problem: string): ModelsealError =>
  new ModelsealError('ERR_BLOCKLIST', { file, problem });

/**
 * Reads the lists that an operator names and the one that lies with the authority, where there is one.
 *
 * @throws {ModelsealError} `ERR_FILE_…`, `ERR_BLOCKLIST`
 */
export function readBlocklists(files: readonly string[], own: string): readonly Blocklist[] {
  return [...files, ...(existsSync(own) ? [own] : [])].map((file) => Blocklist.read(file));
}

/** @throws {ModelsealError} `ERR_CA_KEY_KNOWN` */
export function requireUnlisted(spki: Uint8Array, lists: readonly Blocklist[]): void {
  const list = lists.find((candidate) => candidate.has(spki));
  if (list === undefined) return;
  throw new ModelsealError('ERR_CA_KEY_KNOWN', { fingerprint: spkiFingerprint(spki), file: list.file });
}
