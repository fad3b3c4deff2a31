import { malformed } from './malformed.js';
import { type ByteSource, copyOf } from './source.js';

/** Metadata values; arrays keep their first elements only, and numbers of 64 bits may lose precision. */
export type GgufValue = number | boolean | string | GgufValue[];

export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type: number;
  readonly offset: number;
}

/** `structure`: counts, names, sizes or places that cannot be; `type`: a tensor type that is not known here. */
export interface GgufProblem {
  readonly kind: 'structure' | 'type';
  readonly message: string;
  readonly offset?: number;
}

export interface Gguf {
  readonly version: number;
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
  /** Where the last tensor ends; what follows is padding, or something that the format does not account for. */
  readonly end: number;
  readonly alignment: number;
  /** Empty for a file that every reader understands in the same way. */
  readonly problems: readonly GgufProblem[];
}

/** Block size in elements and bytes per block of each tensor type (ggml). */
const TYPE_SIZES: { readonly [type: number]: readonly [number, number] } = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  16: [256, 66],
  17: [256, 74],
  18: [256, 98],
  19: [256, 50],
  20: [32, 18],
  21: [256, 110],
  22: [256, 82],
  23: [256, 136],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  29: [256, 56],
  30: [1, 2],
  34: [256, 54],
  35: [256, 66],
  39: [32, 17],
  40: [64, 36],
  41: [128, 18],
};
/** ggml has at most four dimensions. */
const MAX_DIMENSIONS = 4;
/** ggml cuts names at 64 bytes, so longer ones are no names of tensors. */
const MAX_TENSOR_NAME = 64;
const MAX_KEY = 65_535;
const DEFAULT_ALIGNMENT = 32;
/** Arrays of arrays exist in the format and in no file. */
const MAX_ARRAY_DEPTH = 2;
/** Elements of an array that are kept; vocabularies are counted through and not stored. */
const KEPT = 256;
/** The longest template or licence text met has some hundred kilobytes. */
const MAX_TEXT = 16 << 20;
/** No text or array has so many bytes or elements; exploits of native parsers declare them to overflow a product. */
const HOSTILE_LENGTH = 2 ** 32;
/** Bytes of the value types of fixed size. */
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
const BOOLEAN = 7;
const STRING = 8;
const ARRAY = 9;

/** `malformed` with what was found before the reading ended. */
export class GgufUnreadable extends Error {
  readonly problems: readonly GgufProblem[];
  constructor(cause: unknown, problems: readonly GgufProblem[]) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.problems = problems;
  }
}

/**
 * Reads the header of a GGUF file, versions 1 to 3, in either byte order: metadata and tensors, and whether the tensors
 * fit the file.
 *
 * @param spend Asked before work that grows with the file; false ends the reading.
 * @throws {GgufUnreadable} Where the header cannot be read to its end; its cause is `ERR_FORMAT_MALFORMED`.
 */
export function readGguf(source: ByteSource, spend: (units: number) => boolean = () => true): Gguf {
  const problems: GgufProblem[] = [];
  try {
    return new Reading(source, spend, problems).file();
  } catch (error) {
    throw new GgufUnreadable(error, problems);
  }
}

class Reading {
  #at = 4;
  readonly #source: ByteSource;
  readonly #spend: (units: number) => boolean;
  readonly #problems: GgufProblem[];
  #big = false;
  /** Version 1 has lengths of 32 bits, later ones of 64. */
  #wide = true;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  constructor(source: ByteSource, spend: (units: number) => boolean, problems: GgufProblem[]) {
    this.#source = source;
    this.#spend = spend;
    this.#problems = problems;
  }

  file(): Gguf {
    const version = this.#version();
    const tensorCount = this.#length();
    const pairs = this.#length();
    // Each entry takes at least this many bytes, so larger counts cannot be true.
    if (tensorCount * 24 > this.#source.size || pairs * 12 > this.#source.size) {
      const { size } = this.#source;
      this.#structure(`it declares ${tensorCount} tensors and ${pairs} keys in ${size} bytes`, 8);
      throw malformed('GGUF', 'the counts do not fit the file', 8);
    }
    const metadata = this.#metadata(pairs);
    const tensors = this.#tensors(tensorCount);
    const alignment = this.#alignment(metadata);
    const start = Math.ceil(this.#at / alignment) * alignment;
    const end = this.#place(tensors, start, alignment);
    return { version, metadata, tensors, end, alignment, problems: this.#problems };
  }

  #structure(message: string, offset?: number): void {
    this.#problems.push({ kind: 'structure', message, ...(offset === undefined ? {} : { offset }) });
  }

  #version(): number {
    let version = this.#uint(4);
    if (version > 0xffff) {
      this.#big = true;
      this.#at = 4;
      version = this.#uint(4);
    }
    if (version < 1 || version > 3) throw malformed('GGUF', `version ${version} is unknown`, 4);
    this.#wide = version > 1;
    return version;
  }

  #metadata(pairs: number): Map<string, GgufValue> {
    const metadata = new Map<string, GgufValue>();
    for (let i = 0; i < pairs; i++) {
      const at = this.#at;
      const key = this.#text(MAX_KEY);
      const value = this.#value(this.#uint(4), 0);
      if (metadata.has(key)) this.#structure(`the key ${key} stands twice`, at);
      metadata.set(key, value);
    }
    return metadata;
  }

  #tensors(count: number): GgufTensor[] {
    const tensors: GgufTensor[] = [];
    const names = new Set<string>();
    for (let i = 0; i < count; i++) {
      const at = this.#at;
      const tensor = this.#tensor();
      if (names.has(tensor.name)) this.#structure(`the tensor ${tensor.name} stands twice`, at);
      if (Buffer.byteLength(tensor.name) > MAX_TENSOR_NAME) {
        this.#structure(`the name of a tensor has ${tensor.name.length} characters`, at);
      }
      names.add(tensor.name);
      tensors.push(tensor);
    }
    return tensors;
  }

  #tensor(): GgufTensor {
    const name = this.#text(MAX_KEY);
    const count = this.#uint(4);
    if (count > MAX_DIMENSIONS) throw malformed('GGUF', `a tensor has ${count} dimensions`, this.#at);
    const dimensions = Array.from({ length: count }, () => this.#length());
    return { name, dimensions, type: this.#uint(4), offset: this.#uint(8) };
  }

  #alignment(metadata: ReadonlyMap<string, GgufValue>): number {
    const value = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
    const alignment = typeof value === 'number' ? value : 0;
    if (alignment > 0 && alignment <= 1 << 20 && (alignment & (alignment - 1)) === 0) return alignment;
    this.#structure(`the alignment is ${String(value).slice(0, 40)}`);
    throw malformed('GGUF', 'the alignment is not one');
  }

  /** Checks where the tensors lie. @returns Where the last one ends. */
  #place(tensors: readonly GgufTensor[], start: number, alignment: number): number {
    const room = Math.max(0, this.#source.size - start);
    const spans: { name: string; from: number; to: number }[] = [];
    for (const { name, dimensions, type, offset } of tensors) {
      const known = TYPE_SIZES[type];
      if (!known) {
        // 36 to 38 and 4, 5, 9, 31 to 33 were withdrawn or are internal; larger ones are newer than this table.
        this.#problems.push({ kind: 'type', message: `the type ${type} of tensor ${name} is unknown` });
        continue;
      }
      const [block, bytes] = known;
      const elements = dimensions.reduce((product, n) => product * n, 1);
      const length = Math.ceil(elements / block) * bytes;
      if (dimensions.some((n) => n < 1) || !Number.isSafeInteger(elements)) {
        this.#structure(`the dimensions of ${name} multiply to ${elements}`);
      } else if ((dimensions[0] ?? 0) % block !== 0) {
        this.#structure(`the first dimension of ${name} is no multiple of ${block}`);
      }
      if (offset % alignment !== 0) this.#structure(`the offset of ${name} is not aligned`);
      if (offset + length > room) {
        this.#structure(`${name} lies at ${offset} to ${offset + length} of ${room} bytes`, start);
      }
      spans.push({ name, from: offset, to: offset + length });
    }
    spans.sort((a, b) => a.from - b.from);
    let at = 0;
    for (const { name, from, to } of spans) {
      if (from < at) this.#structure(`${name} overlaps another tensor`, start + from);
      if (from - at >= alignment) this.#structure(`${from - at} bytes belong to no tensor`, start + at);
      at = Math.max(at, to);
    }
    return start + at;
  }

  #value(type: number, depth: number): GgufValue {
    if (type === STRING) return this.#text();
    if (type === ARRAY) return this.#array(depth + 1);
    const size = SIZES[type];
    if (size === undefined) throw malformed('GGUF', `the value type ${type} is unknown`, this.#at);
    const value = this.#uint(size);
    return type === BOOLEAN ? value !== 0 : value;
  }

  #array(depth: number): GgufValue[] {
    if (depth > MAX_ARRAY_DEPTH) throw malformed('GGUF', 'arrays are nested too deep', this.#at);
    const type = this.#uint(4);
    const count = this.#length();
    const size = SIZES[type];
    const least = size ?? (type === STRING ? (this.#wide ? 8 : 4) : 12);
    if (count * least > this.#source.size - this.#at) {
      throw this.#tooLong(count, `an array declares ${count} elements`);
    }
    const kept: GgufValue[] = [];
    if (!this.#spend(count)) throw malformed('GGUF', 'it takes too much work', this.#at);
    for (let i = 0; i < count; i++) {
      if (i >= KEPT && size !== undefined) {
        this.#at += size * (count - i);
        break;
      }
      if (i >= KEPT && type === STRING) this.#octets(MAX_TEXT);
      else kept.push(this.#value(type, depth));
      if (i >= KEPT) kept.pop();
    }
    return kept;
  }

  #text(limit = MAX_TEXT): string {
    return this.#octets(limit).toString('utf8');
  }

  #octets(limit: number): Buffer {
    const length = this.#length();
    if (length > limit || length > this.#source.size - this.#at) {
      throw this.#tooLong(length, `a text declares ${length} bytes`);
    }
    return this.#bytes(length);
  }

  /** A download that was cut short has such lengths as well, but none that no file has. */
  #tooLong(length: number, message: string): Error {
    if (length >= HOSTILE_LENGTH) this.#structure(message, this.#at);
    return malformed('GGUF', message, this.#at);
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
    const start = this.#at - this.#windowAt;
    if (start < 0 || start + length > this.#window.length) {
      const wanted = Math.min(Math.max(length, 1 << 16), this.#source.size - this.#at);
      this.#window = copyOf(this.#source, this.#at, wanted) ?? Buffer.alloc(0);
      this.#windowAt = this.#at;
    }
    const from = this.#at - this.#windowAt;
    const bytes = this.#window.subarray(from, from + length);
    if (bytes.length < length) throw malformed('GGUF', 'it is cut off', this.#at);
    this.#at += length;
    return bytes;
  }
}
