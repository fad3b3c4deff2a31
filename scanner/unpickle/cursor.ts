import { ModelsealError } from '../../core/errors/index.js';

/** Below what every supported engine can hold as one string. */
const MAX_TEXT = 1 << 28;

/** Reads the arguments of opcodes. Everything past the end, and every number that is none, is an error. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** Offset of what is read next. */
  at: number;
  /** Offset of the current opcode. */
  here: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
    this.here = at;
  }

  opcode(): number {
    this.here = this.at;
    return this.u8();
  }

  f64(): number {
    this.need(8);
    this.at += 8;
    return this.#view.getFloat64(this.at - 8);
  }

  /** A line that Python's `float` reads. */
  float(): number {
    return pythonFloat(this.line()) ?? this.malformed('a number is not written as one');
  }

  need(length: number): void {
    if (this.at + length > this.bytes.length) this.malformed('it ends within an opcode');
  }

  take(length: number): Uint8Array {
    this.need(length);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  u8(): number {
    this.need(1);
    return this.bytes[this.at++] ?? 0;
  }

  u32(): number {
    this.need(4);
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }

  length32(): number {
    const length = this.u32() | 0;
    return length < 0 ? this.malformed('a length is negative') : length;
  }

  u64(): number {
    this.need(8);
    this.at += 8;
    return Number(this.#view.getBigUint64(this.at - 8, true));
  }

  utf8(length: number): string {
    return this.#text(this.take(length), 'utf8');
  }

  latin1(length: number): string {
    return this.#text(this.take(length), 'latin1');
  }

  #text(bytes: Uint8Array, encoding: 'utf8' | 'latin1'): string {
    if (bytes.length > MAX_TEXT)
      throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'characters of a text', limit: MAX_TEXT });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding);
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) return this.malformed('a line does not end');
    const line = this.#text(this.take(end - this.at), 'latin1');
    this.at++;
    return line;
  }

  integer(text: string): number | bigint {
    if (!/^[+-]?\d{1,20000}$/.test(text)) return this.malformed('a number is not written as one');
    const value = BigInt(text);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  index(): number {
    const index = this.integer(this.line());
    return typeof index === 'number' && index >= 0 ? index : this.malformed('a memo index is no index');
  }

  malformed(problem: string): never {
    throw new ModelsealError('ERR_UNPICKLE_MALFORMED', { problem, offset: this.here });
  }

  /** What is well formed and yet no data. */
  refuse(global: string, problem: string): never {
    throw new ModelsealError('ERR_UNPICKLE_CALL', { global, problem, offset: this.here });
  }
}

/** Python writes twenty-odd characters; a longer line would make the patterns below start anew at each of them. */
const MAX_FLOAT = 1000;

function pythonFloat(text: string): number | undefined {
  if (text.length > MAX_FLOAT) return undefined;
  const trimmed = text.trim().toLowerCase();
  if (/^[+-]?(inf|infinity)$/.test(trimmed)) {
    return trimmed.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if (/^[+-]?nan$/.test(trimmed)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(trimmed) ? Number(trimmed) : undefined;
}
