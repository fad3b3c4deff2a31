import { isModelsealError, type ModelsealError } from '../errors/index.js';
import { type Json, parseStrictJson } from '../json/strict-json.js';
import { type ByteSource, copyOf } from './source.js';

/** The reference implementation refuses larger headers; a parser would build gigabytes of objects from one. */
export const MAX_SAFETENSORS_HEADER = 100_000_000;

/** Object, tensor, list: the format has no more levels. The rest is for headers that are to be shown all the same. */
const MAX_DEPTH = 16;

/** No tensor has more axes in practice; keeps the product below bounded. */
const MAX_AXES = 64;

/** Bits of one element of each type. */
export const SAFETENSORS_BITS = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
} as const;

export type SafetensorsType = keyof typeof SAFETENSORS_BITS;

/** One tensor as the header describes it; `[start, end)` counts from the first byte of the file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: SafetensorsType;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** `header`: its text or its entries are not what the format says; `layout`: tensors and file do not fit together. */
export interface SafetensorsProblem {
  readonly kind: 'header' | 'duplicate' | 'layout';
  readonly message: string;
  readonly offset: number;
  /** What the JSON reader said. */
  readonly cause?: ModelsealError;
}

export interface Safetensors {
  /** The tensors that can be read, in the order of their data. */
  readonly tensors: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The header as JSON, also where it breaks the format; undefined where it is not JSON. */
  readonly document: { readonly [key: string]: Json } | undefined;
  /** Bytes of the data section that belong to no tensor: `[start, end)` of the file. */
  readonly gaps: readonly (readonly [start: number, end: number])[];
  /** Empty for a file that every reader understands in the same way. */
  readonly problems: readonly SafetensorsProblem[];
}

/** Bytes that the header claims; undefined where the file has no room for its length. */
export function safetensorsHeaderLength(source: ByteSource): number | undefined {
  const head = copyOf(source, 0, 8);
  return head && Number(head.readBigUInt64LE(0));
}

/**
 * Reads the header of a safetensors file: plain JSON without duplicate keys or unknown fields, tensors that fill the
 * data section in order without gap or overlap, sizes that follow from type and shape. Whoever wants to load the file
 * takes it only without problems; whoever wants to look at it takes what could be read.
 *
 * @param maxHeader Longest header that is read, in bytes.
 */
export function readSafetensors(source: ByteSource, maxHeader = MAX_SAFETENSORS_HEADER): Safetensors {
  const reading = new Reading(source);
  const length = safetensorsHeaderLength(source);
  if (length === undefined) return reading.end('it is shorter than the length of its header', 0);
  if (length > maxHeader || 8 + length > source.size) {
    return reading.end(`the header declares ${length} bytes of ${source.size}`, 0);
  }
  const bytes = copyOf(source, 8, length);
  if (bytes === undefined) return reading.end('the header is cut short', 8);
  return reading.header(bytes);
}

class Reading {
  readonly #source: ByteSource;
  readonly #problems: SafetensorsProblem[] = [];

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Nothing can be read. */
  end(message: string, offset: number): Safetensors {
    this.#problem('header', message, offset);
    return { tensors: [], metadata: {}, document: undefined, gaps: [], problems: this.#problems };
  }

  header(bytes: Buffer): Safetensors {
    const document = this.#json(bytes);
    if (document === undefined) return this.end('the header is not a JSON object', 8);
    this.#checkNumbers(bytes);
    const start = 8 + bytes.length;
    const tensors: TensorEntry[] = [];
    let metadata: Readonly<Record<string, string>> = {};
    for (const [name, value] of Object.entries(document)) {
      if (name === '__metadata__') metadata = this.#metadata(value);
      else {
        const tensor = this.#tensor(name, value, start);
        if (tensor !== undefined) tensors.push(tensor);
      }
    }
    tensors.sort((a, b) => a.start - b.start || a.end - b.end);
    return { tensors, metadata, document, gaps: this.#gaps(tensors, start), problems: this.#problems };
  }

  #problem(kind: SafetensorsProblem['kind'], message: string, offset: number, cause?: ModelsealError): void {
    this.#problems.push({ kind, message, offset, ...(cause && { cause }) });
  }

  /** Strictly; where that fails, as any reader would, so that there is something to look at. */
  #json(bytes: Buffer): { readonly [key: string]: Json } | undefined {
    let value: unknown;
    try {
      value = parseStrictJson(bytes, {
        what: 'safetensors header',
        maxBytes: MAX_SAFETENSORS_HEADER,
        maxDepth: MAX_DEPTH,
      });
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      const kind = error.code === 'ERR_JSON_DUPLICATE_KEY' ? 'duplicate' : 'header';
      this.#problem(kind, error.message, 8, error);
      value = parsed(bytes);
    }
    if (bytes[0] !== 0x7b) this.#problem('header', 'the header does not begin with "{"', 8);
    return isObject(value) ? value : undefined;
  }

  /** The reference reader takes whole numbers only; `2.0`, `2e0` and `-0` are numbers to JavaScript and Python. */
  #checkNumbers(bytes: Buffer): void {
    const bare = bytes.toString('latin1').replace(/"(?:[^"\\]|\\.)*"/g, '');
    if (/-|\d[.eE]/.test(bare)) this.#problem('header', 'a number is not a plain integer', 8);
  }

  #metadata(value: Json): Readonly<Record<string, string>> {
    if (isObject(value) && Object.values(value).every((text) => typeof text === 'string')) {
      return value as Record<string, string>;
    }
    this.#problem('header', '__metadata__ is not a table of texts', 8);
    return {};
  }

  #tensor(name: string, value: Json, data: number): TensorEntry | undefined {
    const bad = (message: string, kind: SafetensorsProblem['kind'] = 'header', offset = 8): undefined => {
      this.#problem(kind, `tensor ${name.slice(0, 100)} ${message}`, offset);
    };
    if (!isObject(value)) return bad('is not an object');
    const { dtype, shape, data_offsets: offsets, ...rest } = value;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) bad(`has the unknown field ${unknown.slice(0, 100)}`);
    if (!isSizes(offsets) || offsets.length !== 2) return bad('has no valid data offsets');
    const [from, to] = offsets as [number, number];
    const room = this.#source.size - data;
    if (to < from || to > room) return bad(`lies at ${from} to ${to} of ${room} bytes`, 'layout', data);
    if (typeof dtype !== 'string' || !isType(dtype)) return bad(`has the unknown type ${String(dtype)}`);
    if (!isSizes(shape) || shape.length > MAX_AXES) return bad('has no valid shape');
    const bits = shape.reduce((product, n) => product * n, SAFETENSORS_BITS[dtype]);
    if (!Number.isSafeInteger(bits) || bits % 8 !== 0) return bad('has a size that cannot be');
    if (to - from !== bits / 8) {
      bad(`has ${to - from} bytes where its type and shape need ${bits / 8}`, 'layout', data + from);
    }
    return { name, dtype, shape, start: data + from, end: data + to };
  }

  #gaps(tensors: readonly TensorEntry[], start: number): (readonly [number, number])[] {
    const gaps: (readonly [number, number])[] = [];
    let at = start;
    const gap = (to: number): void => {
      this.#problem('layout', `${to - at} bytes at ${at} belong to no tensor`, at);
      gaps.push([at, to]);
    };
    for (const tensor of tensors) {
      if (tensor.start < at) {
        this.#problem('layout', `tensor ${tensor.name.slice(0, 100)} overlaps another one`, tensor.start);
      } else if (tensor.start > at) gap(tensor.start);
      at = Math.max(at, tensor.end);
    }
    if (at < this.#source.size) gap(this.#source.size);
    return gaps;
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isType = (dtype: string): dtype is SafetensorsType => Object.hasOwn(SAFETENSORS_BITS, dtype);

const isSizes = (value: Json | undefined): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
