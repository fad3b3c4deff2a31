import { ModelsealError } from '../errors/index.js';

/** Random access to bytes; a file, a slice or memory. */
export interface ProtobufSource {
  readonly size: number;
  /** May reuse its buffer with the next call. */
  read(offset: number, length: number): Uint8Array;
}

/** One field of a message. Its content stays where it is until asked for. */
export interface ProtobufField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: 0 | 1 | 2 | 5;
  /** The value of a varint (64 bits, unsigned); zero for the others. */
  readonly value: bigint;
  /** Where the content lies: `[start, end)` of the source. */
  readonly start: number;
  readonly end: number;
}

/** Small reads go through a window of this size, so that a field costs no system call. */
const WINDOW_BYTES = 1 << 16;

/**
 * Walks Protocol Buffers messages without a schema and without reading what is not asked for, so that a model of
 * many gigabytes costs no more than its structure. Groups (wire types 3 and 4) are refused: no model format has them.
 */
export class ProtobufReader {
  readonly #source: ProtobufSource;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  constructor(source: ProtobufSource) {
    this.#source = source;
  }

  /** A reader over bytes in memory. */
  static of(bytes: Uint8Array): ProtobufReader {
    const read = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
    return new ProtobufReader({ size: bytes.length, read });
  }

  get size(): number {
    return this.#source.size;
  }

  /**
   * The fields of the message at `[start, end)`, in order.
   *
   * @throws {ModelsealError} `ERR_PROTOBUF`
   */
  *fields(start = 0, end = this.#source.size): Generator<ProtobufField> {
    for (let at = start; at < end; ) {
      const tag = this.#varint(at, end);
      const number = Number(tag.value >> 3n);
      const wire = Number(tag.value & 7n);
      if (number === 0 || number > 0x1fffffff) throw bad(`field number ${number}`, at);
      if (wire === 0) {
        const { value, end: next } = this.#varint(tag.end, end);
        yield { number, wire, value, start: tag.end, end: next };
        at = next;
        continue;
      }
      let from = tag.end;
      let length = wire === 1 ? 8 : 4;
      if (wire === 2) {
        const declared = this.#varint(tag.end, end);
        from = declared.end;
        length = Number(declared.value);
      } else if (wire !== 1 && wire !== 5) {
        throw bad(`wire type ${wire}`, at);
      }
      if (length > end - from) throw bad('a field is longer than its message', at);
      yield { number, wire, value: 0n, start: from, end: from + length };
      at = from + length;
    }
  }

  /**
   * The content of a field.
   *
   * @throws {ModelsealError} `ERR_PROTOBUF` where it is longer than `limit`
   */
  bytes(field: ProtobufField, limit: number): Uint8Array {
    const length = field.end - field.start;
    if (length > limit)
      throw bad(`a field of ${length} bytes where at most ${limit} make sense`, field.start);
    return Uint8Array.from(this.#source.read(field.start, length));
  }

  /** The content of a field as text; bytes that are not UTF-8 become U+FFFD. */
  text(field: ProtobufField, limit: number): string {
    return new TextDecoder().decode(this.bytes(field, limit));
  }

  #varint(at: number, end: number): { value: bigint; end: number } {
    let low = 0;
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) throw bad('the message ends inside an integer', at);
      const byte = this.#byte(at + i);
      // Up to four bytes fit a small integer, which is much faster than a big one.
      if (i < 4) low |= (byte & 127) << (7 * i);
      else value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return { value: BigInt.asUintN(64, value | BigInt(low)), end: at + i + 1 };
    }
    throw bad('an integer is longer than ten bytes', at);
  }

  #byte(at: number): number {
    if (at < this.#windowAt || at >= this.#windowAt + this.#window.length) {
      this.#window = Uint8Array.from(this.#source.read(at, WINDOW_BYTES));
      this.#windowAt = at;
    }
    return this.#window[at - this.#windowAt] ?? 0;
  }
}

function bad(problem: string, offset: number): ModelsealError<'ERR_PROTOBUF'> {
  return new ModelsealError('ERR_PROTOBUF', { problem, offset });
}
