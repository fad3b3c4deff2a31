import { CodecError } from './lzma.js';
import type { OutputBuffer } from './output.js';

class BitInput {
  readonly #bytes: Uint8Array;
  #at: number;
  #buffer = 0;
  #count = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Offset of the next whole byte. */
  get offset(): number {
    return this.#at;
  }

  bits(n: number): number {
    let out = 0;
    for (let left = n; left > 0; ) {
      if (this.#count === 0) {
        const byte = this.#bytes[this.#at];
        if (byte === undefined) throw new CodecError('the compressed data end early');
        this.#at++;
        this.#buffer = byte;
        this.#count = 8;
      }
      const take = Math.min(left, this.#count);
      out = out * (1 << take) + ((this.#buffer >> (this.#count - take)) & ((1 << take) - 1));
      this.#count -= take;
      left -= take;
    }
    return out;
  }

  align(): void {
    this.#count = 0;
  }
}

const BLOCK = 0x314159265359;
const END = 0x177245385090;

/** Room for the largest block. */
export const BZIP2_BLOCK = 900_000;

/**
 * One bzip2 stream; returns where it ends.
 *
 * @param room {@link BZIP2_BLOCK} numbers of scratch, shared by streams in a row: millions of empty ones fit a file.
 */
export function decodeBzip2(bytes: Uint8Array, start: number, out: OutputBuffer, room: Uint32Array): number {
  const input = new BitInput(bytes, start);
  if (input.bits(24) !== 0x425a68) throw new CodecError('there is no bzip2 header');
  const level = input.bits(8) - 0x30;
  if (level < 1 || level > 9) throw new CodecError('the bzip2 block size is out of range');
  for (;;) {
    const magic = input.bits(48);
    input.bits(32); // The checksum of the block, or of the stream: a loader has the data before it checks.
    if (magic === END) {
      input.align();
      return input.offset;
    }
    if (magic !== BLOCK) throw new CodecError('a bzip2 block does not start as one');
    decodeBlock(input, room.subarray(0, level * 100_000), out);
  }
}

function decodeBlock(input: BitInput, block: Uint32Array, out: OutputBuffer): void {
  if (input.bits(1)) throw new CodecError('the block is randomised, which nothing has written since 1997');
  const origin = input.bits(24);
  const symbols = readSymbols(input);
  const groups = input.bits(3);
  const selectorCount = input.bits(15);
  if (groups < 2 || groups > 6 || selectorCount === 0)
    throw new CodecError('the bzip2 tables are out of range');
  const selectors = readSelectors(input, groups, selectorCount);
  const tables = Array.from({ length: groups }, () => readTable(input, symbols.length + 2));
  const counts = new Uint32Array(256);
  const length = readSymbolsRun(input, { symbols, selectors, tables, block, counts });
  if (origin >= length) throw new CodecError('the bzip2 block points outside itself');
  invert(block, counts, length, origin, out);
}

function readSymbols(input: BitInput): number[] {
  const used = input.bits(16);
  const symbols: number[] = [];
  for (let i = 0; i < 16; i++) {
    if (!(used & (0x8000 >> i))) continue;
    const map = input.bits(16);
    for (let j = 0; j < 16; j++) if (map & (0x8000 >> j)) symbols.push(i * 16 + j);
  }
  if (symbols.length === 0) throw new CodecError('a bzip2 block uses no symbol');
  return symbols;
}

function readSelectors(input: BitInput, groups: number, count: number): Uint8Array {
  const order = Array.from({ length: groups }, (_, i) => i);
  const selectors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let j = 0;
    while (input.bits(1)) if (++j >= groups) throw new CodecError('a bzip2 selector is out of range');
    const [group = 0] = order.splice(j, 1);
    order.unshift(group);
    selectors[i] = group;
  }
  return selectors;
}

/** A canonical Huffman code: for each length the first code, and where its symbols start. */
interface Table {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly start: Int32Array;
  readonly sorted: Uint16Array;
}

function readTable(input: BitInput, size: number): Table {
  const lengths = new Uint8Array(size);
  let length = input.bits(5);
  for (let i = 0; i < size; i++) {
    for (;;) {
      if (length < 1 || length > 20) throw new CodecError('a bzip2 code length is out of range');
      if (!input.bits(1)) break;
      length += input.bits(1) ? -1 : 1;
    }
    lengths[i] = length;
  }
  const count = new Int32Array(22);
  for (const n of lengths) count[n] = (count[n] ?? 0) + 1;
  const first = new Int32Array(22);
  const start = new Int32Array(22);
  const sorted = new Uint16Array(size);
  let code = 0;
  let at = 0;
  for (let n = 1; n <= 20; n++) {
    first[n] = code;
    start[n] = at;
    for (let i = 0; i < size; i++) if (lengths[i] === n) sorted[at++] = i;
    code = (code + (count[n] ?? 0)) * 2;
  }
  return { first, count, start, sorted };
}

function readCode(input: BitInput, table: Table): number {
  let code = 0;
  for (let n = 1; n <= 20; n++) {
    code = code * 2 + input.bits(1);
    const index = code - (table.first[n] ?? 0);
    if (index >= 0 && index < (table.count[n] ?? 0)) return table.sorted[(table.start[n] ?? 0) + index] ?? 0;
  }
  throw new CodecError('a bzip2 code is not in its table');
}

interface Run {
  readonly symbols: number[];
  readonly selectors: Uint8Array;
  readonly tables: readonly Table[];
  readonly block: Uint32Array;
  readonly counts: Uint32Array;
}

/** Undoes Huffman, run lengths and move-to-front; returns the length of the block. */
function readSymbolsRun(input: BitInput, run: Run): number {
  const { symbols, selectors, tables, block, counts } = run;
  const end = symbols.length + 1;
  const order = [...symbols];
  let length = 0;
  let left = 0;
  let selector = 0;
  let table: Table | undefined;
  let repeat = 0;
  let weight = 1;
  const put = (byte: number, times: number): void => {
    if (length + times > block.length) throw new CodecError('a bzip2 block is longer than declared');
    block.fill(byte, length, length + times);
    counts[byte] = (counts[byte] ?? 0) + times;
    length += times;
  };
  for (;;) {
    if (left === 0) {
      table = tables[selectors[selector++] ?? -1];
      left = 50;
    }
    if (!table) throw new CodecError('a bzip2 block has too few selectors');
    left--;
    const symbol = readCode(input, table);
    if (symbol <= 1) {
      repeat += weight << symbol;
      weight *= 2;
      if (repeat > block.length) throw new CodecError('a bzip2 run is longer than its block');
      continue;
    }
    if (repeat > 0) put(order[0] ?? 0, repeat);
    repeat = 0;
    weight = 1;
    if (symbol === end) return length;
    const [byte = 0] = order.splice(symbol - 1, 1);
    order.unshift(byte);
    put(byte, 1);
  }
}

/** Undoes the Burrows-Wheeler transform and the run lengths of the first stage. */
function invert(
  block: Uint32Array,
  counts: Uint32Array,
  length: number,
  origin: number,
  out: OutputBuffer,
): void {
  const starts = new Uint32Array(256);
  for (let i = 1; i < 256; i++) starts[i] = (starts[i - 1] ?? 0) + (counts[i - 1] ?? 0);
  for (let i = 0; i < length; i++) {
    const byte = (block[i] ?? 0) & 0xff;
    const to = starts[byte] ?? 0;
    starts[byte] = to + 1;
    block[to] = (block[to] ?? 0) | (i << 8);
  }
  let at = (block[origin] ?? 0) >>> 8;
  let same = 0;
  let previous = -1;
  for (let i = 0; i < length; i++) {
    const entry = block[at] ?? 0;
    const byte = entry & 0xff;
    at = entry >>> 8;
    if (same === 4) {
      // Four equal bytes are followed by how many more there are.
      for (let n = 0; n < byte; n++) out.push(previous);
      same = 0;
      previous = -1;
      continue;
    }
    same = byte === previous ? same + 1 : 1;
    previous = byte;
    out.push(byte);
  }
}
