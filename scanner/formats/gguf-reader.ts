import { malformed } from '../malformed.js';
import { type ByteSource, copyOf } from '../source.js';
import type { ScanContext } from '../types.js';

/** Metadata values; arrays keep their first elements only, and numbers of 64 bits may lose precision. */
export type GgufValue = number | boolean | string | GgufValue[];

export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: number;
  readonly offset: number;
}

/** Arrays of arrays exist in the format and in no file. */
const MAX_ARRAY_DEPTH = 2;
/** Elements of an array that are kept; vocabularies are counted through and not stored. */
const KEPT = 256;
/** The longest template or licence text met has some hundred kilobytes. */
const MAX_TEXT = 16 << 20;
/** No text or array has so many bytes or elements; exploits of native parsers declare them to overflow a product. */
const HOSTILE_LENGTH = 2 ** 32;
const SIZES: { readonly [type: number]: number } = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const STRING = 8;
const ARRAY = 9;

/** Reads the header of a GGUF file, versions 1 to 3, in either byte order. */
export class GgufReader {
  at = 0;
  readonly #source: ByteSource;
  readonly #context: ScanContext;
  #big = false;
  /** Version 1 has lengths of 32 bits, later ones of 64. */
  #wide = true;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  constructor(source: ByteSource, context: ScanContext) {
    this.#source = source;
    this.#context = context;
  }

  counts(): { tensors: number; pairs: number } {
    this.at = 4;
    let version = this.#uint(4);
    if (version > 0xffff) {
      this.#big = true;
      this.at = 4;
      version = this.#uint(4);
    }
    if (version < 1 || version > 3) throw malformed('GGUF', `version ${version} is unknown`, 4);
    this.#wide = version > 1;
    return { tensors: this.#length(), pairs: this.#length() };
  }

  text(limit = MAX_TEXT): string {
    return this.#text(limit).toString('utf8');
  }

  value(): GgufValue {
    return this.#value(this.#uint(4), 0);
  }

  tensor(maxDimensions: number): GgufTensor {
    const name = this.text(65_535);
    const count = this.#uint(4);
    if (count > maxDimensions) throw malformed('GGUF', `a tensor has ${count} dimensions`, this.at);
    const dimensions = Array.from({ length: count }, () => this.#length());
    return { name, dimensions, type: this.#uint(4), offset: this.#uint(8) };
  }

  #value(type: number, depth: number): GgufValue {
    if (type === STRING) return this.text();
    if (type === ARRAY) return this.#array(depth + 1);
    const size = SIZES[type];
    if (size === undefined) throw malformed('GGUF', `the value type ${type} is unknown`, this.at);
    const value = this.#uint(size);
    return type === 7 ? value !== 0 : value;
  }

  #array(depth: number): GgufValue[] {
    if (depth > MAX_ARRAY_DEPTH) throw malformed('GGUF', 'arrays are nested too deep', this.at);
    const type = this.#uint(4);
    const count = this.#length();
    const size = SIZES[type];
    const least = size ?? (type === STRING ? (this.#wide ? 8 : 4) : 12);
    if (count * least > this.#source.size - this.at)
      throw this.#tooLong(count, `an array declares ${count} elements`);
    const kept: GgufValue[] = [];
    if (!this.#context.spend(count)) throw malformed('GGUF', 'it takes too much work', this.at);
    for (let i = 0; i < count; i++) {
      if (i >= KEPT && size !== undefined) {
        this.at += size * (count - i);
        break;
      }
      if (i >= KEPT && type === STRING) this.#text(MAX_TEXT);
      else kept.push(this.#value(type, depth));
      if (i >= KEPT) kept.pop();
    }
    return kept;
  }

  #text(limit: number): Buffer {
    const length = this.#length();
    if (length > limit || length > this.#source.size - this.at) {
      throw this.#tooLong(length, `a text declares ${length} bytes`);
    }
    return this.#bytes(length);
  }

  /** A download that was cut short has such lengths as well, but none that no file has. */
  #tooLong(length: number, message: string): Error {
    if (length >= HOSTILE_LENGTH) this.#context.report('GGUF-STRUCTURE', message, this.at);
    return malformed('GGUF', message, this.at);
  }

  #length(): number {
    return this.#uint(this.#wide ? 8 : 4);
  }

  #uint(size: number): number {
    const bytes = this.#bytes(size);
    if (size === 8) return Number(this.#big ? bytes.readBigUInt64BE(0) : bytes.readBigUInt64LE(0));
    return this.#big ? bytes.readUIntBE(0, size) : bytes.readUIntLE(0, size);
  }

  /** Through a window, so that a vocabulary of 200,000 short texts does not cost a system call each. */
  #bytes(length: number): Buffer {
    const start = this.at - this.#windowAt;
    if (start < 0 || start + length > this.#window.length) {
      const wanted = Math.min(Math.max(length, 1 << 16), this.#source.size - this.at);
      this.#window = copyOf(this.#source, this.at, wanted) ?? Buffer.alloc(0);
      this.#windowAt = this.at;
    }
    const from = this.at - this.#windowAt;
    const bytes = this.#window.subarray(from, from + length);
    if (bytes.length < length) throw malformed('GGUF', 'it is cut off', this.at);
    this.at += length;
    return bytes;
  }
}
