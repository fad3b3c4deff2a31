import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from '../json/octets.js';
import { type Span, skipSpace } from '../json/json-span.js';
import { Digests } from '../model/index.js';

/** Resources of a manifest, in columns, all of one algorithm. */
export interface ResourceColumns {
  readonly names: string[];
  readonly digests: Digests;
  readonly algorithm: string;
  readonly span: Span;
}

/** `{"name":"","algorithm":"","digest":""}` */
const SHORTEST_ENTRY = 39;
const MAX_DIGEST_HEX = 128;

const KEYS = ['name', 'algorithm', 'digest'].map((key) => Buffer.from(`"${key}"`));

/** Values of lower-case hexadecimal digits; above 15 for every other octet. */
const HEX = Uint8Array.from({ length: 256 }, (_, c) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(c));
  return digit < 0 ? 255 : digit;
});

/**
 * Reads the array of resources as every known signer writes it: objects of a name, an algorithm, the same in all, and
 * a digest, without escapes. A manifest may have a million of them, so that no object is made of any.
 *
 * @param bytes JSON in valid UTF-8.
 * @param start Of the array.
 * @returns Undefined for anything else, well-formed or not: a general parser has to say what it is.
 */
export function readResources(bytes: Uint8Array, start: number): ResourceColumns | undefined {
  return new Reader(bytes).array(start);
}

/** Not of `#private` members: they would cost a third of the time here, where each octet is looked at. */
class Reader {
  private readonly bytes: Buffer;
  private at = 0;
  private readonly names: string[] = [];
  private algorithm: Buffer | undefined;
  private digests = Buffer.alloc(0);
  private digestSize = 0;
  private entries = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  array(start: number): ResourceColumns | undefined {
    this.at = start;
    if (!this.take(OPEN_ARRAY)) return undefined;
    do {
      if (!this.entry()) return undefined;
    } while (this.take(COMMA));
    if (!this.take(CLOSE_ARRAY) || !this.algorithm) return undefined;
    const size = this.digestSize;
    return {
      names: this.names,
      digests: new Digests(this.digests.subarray(0, this.names.length * size), size),
      algorithm: this.algorithm.toString('utf8', 1, this.algorithm.length - 1),
      span: { start, end: this.at },
    };
  }

  private entry(): boolean {
    if (!this.take(OPEN_OBJECT)) return false;
    let seen = 0;
    do {
      const key = this.key();
      if (key < 0 || seen & (1 << key) || !this.take(COLON)) return false;
      seen |= 1 << key;
      this.at = skipSpace(this.bytes, this.at);
      if (!(key === 0 ? this.name() : key === 1 ? this.sameAlgorithm() : this.digest())) return false;
    } while (this.take(COMMA));
    return seen === 7 && this.take(CLOSE_OBJECT);
  }

  private key(): number {
    this.at = skipSpace(this.bytes, this.at);
    // Their second octets tell them apart.
    const second = this.bytes[this.at + 1];
    const key = second === 0x6e ? 0 : second === 0x61 ? 1 : 2;
    return this.word(KEYS[key] as Buffer) ? key : -1;
  }

  private word(word: Buffer): boolean {
    const bytes = this.bytes;
    for (let i = 0; i < word.length; i++) if (bytes[this.at + i] !== word[i]) return false;
    this.at += word.length;
    return true;
  }

  /** Leaves the position behind the closing quote. */
  private name(): boolean {
    const bytes = this.bytes;
    if (bytes[this.at] !== QUOTE) return false;
    const start = this.at + 1;
    let at = start;
    let ascii = true;
    for (; ; at++) {
      const c = bytes[at];
      if (c === QUOTE) break;
      // Past the end it is undefined.
      if (c === undefined || c === BACKSLASH || c < 0x20) return false;
      if (c > 0x7e) ascii = false;
    }
    this.names.push(bytes.toString(ascii ? 'latin1' : 'utf8', start, at));
    this.at = at + 1;
    return true;
  }

  private sameAlgorithm(): boolean {
    if (this.algorithm) return this.word(this.algorithm);
    const start = this.at;
    const end = this.bytes.indexOf(QUOTE, start + 1);
    if (this.bytes[start] !== QUOTE || end < 0) return false;
    const text = this.bytes.subarray(start, end + 1);
    if (text.some((c) => c < 0x20 || c > 0x7e || c === BACKSLASH)) return false;
    this.algorithm = text;
    this.at = end + 1;
    return true;
  }

  private digest(): boolean {
    const bytes = this.bytes;
    if (bytes[this.at] !== QUOTE) return false;
    let at = this.at + 1;
    if (this.digestSize === 0 && !this.reserve(at)) return false;
    const size = this.digestSize;
    // The digest of an entry may stand before its name.
    const digests = this.digests;
    for (let to = this.entries * size, end = to + size; to < end; to++, at += 2) {
      const high = HEX[bytes[at] as number] ?? 255;
      const low = HEX[bytes[at + 1] as number] ?? 255;
      if (high > 15 || low > 15) return false;
      digests[to] = (high << 4) | low;
    }
    if (bytes[at] !== QUOTE) return false;
    this.entries++;
    this.at = at + 1;
    return true;
  }

  /** The first digest shows how long all of them are, and so how many there can be. */
  private reserve(from: number): boolean {
    const length = this.bytes.indexOf(QUOTE, from) - from;
    if (length < 2 || length > MAX_DIGEST_HEX || length % 2 === 1) return false;
    this.digestSize = length / 2;
    const most = Math.ceil((this.bytes.length - from) / (SHORTEST_ENTRY - 2 + length)) + 1;
    this.digests = Buffer.allocUnsafeSlow(most * this.digestSize);
    return true;
  }

  /** Takes one octet, and the white space before it. */
  private take(octet: number): boolean {
    this.at = skipSpace(this.bytes, this.at);
    if (this.bytes[this.at] !== octet) return false;
    this.at++;
    return true;
  }
}
