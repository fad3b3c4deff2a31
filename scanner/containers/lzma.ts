import type { OutputBuffer } from './output.js';

/** Thrown where compressed data are damaged; caught in expanders.ts, which keeps what came before. */
export class CodecError extends Error {}

/** Probability that both bits are equally likely: half of 11 bits. */
const EVEN = 1024;
const fresh = (n: number): Uint16Array => new Uint16Array(n).fill(EVEN);

/** Input of the range decoder. */
export class ByteInput {
  at: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new CodecError('the compressed data end early');
    this.at++;
    return value;
  }

  /** Little-endian unsigned integer of up to six bytes. */
  uint(length: number): number {
    let value = 0;
    for (let i = 0, scale = 1; i < length; i++, scale *= 256) value += this.byte() * scale;
    return value;
  }
}

class RangeDecoder {
  readonly input: ByteInput;
  #range = 0xffffffff;
  #code = 0;

  constructor(input: ByteInput) {
    this.input = input;
    if (input.byte() !== 0) throw new CodecError('the range coder does not start with zero');
    for (let i = 0; i < 4; i++) this.#code = ((this.#code << 8) | input.byte()) >>> 0;
  }

  bit(probs: Uint16Array, i: number): 0 | 1 {
    const p = probs[i] ?? EVEN;
    const bound = (this.#range >>> 11) * p;
    let out: 0 | 1 = 0;
    if (this.#code < bound) {
      this.#range = bound;
      probs[i] = p + ((2048 - p) >>> 5);
    } else {
      this.#range = (this.#range - bound) >>> 0;
      this.#code = (this.#code - bound) >>> 0;
      probs[i] = p - (p >>> 5);
      out = 1;
    }
    this.#normalize();
    return out;
  }

  direct(count: number): number {
    let out = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit) this.#code = (this.#code - this.#range) >>> 0;
      this.#normalize();
      out = ((out << 1) | bit) >>> 0;
    }
    return out;
  }

  tree(probs: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | this.bit(probs, base + symbol);
    return symbol - (1 << bits);
  }

  reverse(probs: Uint16Array, base: number, bits: number): number {
    let symbol = 1;
    let out = 0;
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(probs, base + symbol);
      symbol = (symbol << 1) | bit;
      out |= bit << i;
    }
    return out;
  }

  #normalize(): void {
    if (this.#range < 0x1000000) {
      this.#range = (this.#range << 8) >>> 0;
      this.#code = ((this.#code << 8) | this.input.byte()) >>> 0;
    }
  }
}

class LengthDecoder {
  readonly #choice = fresh(2);
  readonly #low = fresh(16 << 3);
  readonly #mid = fresh(16 << 3);
  readonly #high = fresh(256);

  decode(range: RangeDecoder, posState: number): number {
    if (!range.bit(this.#choice, 0)) return range.tree(this.#low, posState << 3, 3);
    if (!range.bit(this.#choice, 1)) return 8 + range.tree(this.#mid, posState << 3, 3);
    return 16 + range.tree(this.#high, 0, 8);
  }
}

/** The adaptive state of LZMA; LZMA2 keeps or resets it between chunks. */
class LzmaState {
  readonly isMatch = fresh(12 << 4);
  readonly isRep = fresh(12);
  readonly isRepG0 = fresh(12);
  readonly isRepG1 = fresh(12);
  readonly isRepG2 = fresh(12);
  readonly isRep0Long = fresh(12 << 4);
  readonly posSlot = fresh(4 << 6);
  readonly posSpecial = fresh(115);
  readonly align = fresh(16);
  readonly matchLength = new LengthDecoder();
  readonly repLength = new LengthDecoder();
  readonly literal: Uint16Array;
  readonly reps = [0, 0, 0, 0];
  readonly lc: number;
  readonly lp: number;
  readonly pb: number;
  state = 0;

  /** @param props `(pb * 5 + lp) * 9 + lc` */
  constructor(props: number) {
    if (props >= 9 * 5 * 5) throw new CodecError('the LZMA properties are out of range');
    this.lc = props % 9;
    this.lp = Math.floor(props / 9) % 5;
    this.pb = Math.floor(props / 45);
    this.literal = fresh(0x300 << (this.lc + this.lp));
  }
}

/** Decodes until `size` bytes came out, or until the end marker where `size` is undefined. */
function decode(s: LzmaState, range: RangeDecoder, out: OutputBuffer, size?: number, base = 0): void {
  const goal = size === undefined ? Number.POSITIVE_INFINITY : out.length + size;
  while (out.length < goal) {
    const position = out.length - base;
    const posState = position & ((1 << s.pb) - 1);
    if (!range.bit(s.isMatch, (s.state << 4) + posState)) {
      literal(s, range, out, position);
      continue;
    }
    let length: number;
    if (range.bit(s.isRep, s.state)) {
      if (!range.bit(s.isRepG0, s.state)) {
        if (!range.bit(s.isRep0Long, (s.state << 4) + posState)) {
          s.state = s.state < 7 ? 9 : 11;
          copy(s, out, 1, position);
          continue;
        }
      } else {
        repeat(s, range);
      }
      length = s.repLength.decode(range, posState);
      s.state = s.state < 7 ? 8 : 11;
    } else {
      s.reps.pop();
      length = s.matchLength.decode(range, posState);
      s.state = s.state < 7 ? 7 : 10;
      const distance = distanceOf(s, range, length);
      s.reps.unshift(distance);
      if (distance === 0xffffffff) return;
    }
    length += 2;
    if (out.length + length > goal) throw new CodecError('a match runs past the declared size');
    copy(s, out, length, position);
  }
}

function repeat(s: LzmaState, range: RangeDecoder): void {
  const which = !range.bit(s.isRepG1, s.state) ? 1 : !range.bit(s.isRepG2, s.state) ? 2 : 3;
  const [distance = 0] = s.reps.splice(which, 1);
  s.reps.unshift(distance);
}

function copy(s: LzmaState, out: OutputBuffer, length: number, position: number): void {
  const distance = (s.reps[0] ?? 0) + 1;
  if (distance > position) throw new CodecError('a match points before the start');
  out.copyBack(distance, length);
}

function literal(s: LzmaState, range: RangeDecoder, out: OutputBuffer, position: number): void {
  const previous = position > 0 ? out.back(1) : 0;
  const context = ((position & ((1 << s.lp) - 1)) << s.lc) + (previous >> (8 - s.lc));
  const base = 0x300 * context;
  let symbol = 1;
  if (s.state >= 7) {
    let matched = out.back((s.reps[0] ?? 0) + 1);
    while (symbol < 0x100) {
      const expected = (matched >> 7) & 1;
      matched <<= 1;
      const bit = range.bit(s.literal, base + ((1 + expected) << 8) + symbol);
      symbol = (symbol << 1) | bit;
      if (expected !== bit) break;
    }
  }
  while (symbol < 0x100) symbol = (symbol << 1) | range.bit(s.literal, base + symbol);
  out.push(symbol & 0xff);
  s.state = s.state < 4 ? 0 : s.state < 10 ? s.state - 3 : s.state - 6;
}

function distanceOf(s: LzmaState, range: RangeDecoder, length: number): number {
  const slot = range.tree(s.posSlot, Math.min(length, 3) << 6, 6);
  if (slot < 4) return slot;
  const bits = (slot >> 1) - 1;
  const distance = ((2 | (slot & 1)) << bits) >>> 0;
  if (slot < 14) return distance + range.reverse(s.posSpecial, distance - slot, bits);
  const high = (range.direct(bits - 4) << 4) >>> 0;
  return (distance + high + range.reverse(s.align, 0, 4)) >>> 0;
}

/** LZMA1 with properties `props`; `size` undefined means that an end marker ends it. */
export function decodeLzma1(
  input: ByteInput,
  props: number,
  size: number | undefined,
  out: OutputBuffer,
): void {
  decode(new LzmaState(props), new RangeDecoder(input), out, size, out.length);
}

/** LZMA2: chunks that each say whether dictionary, state or properties start anew. */
export function decodeLzma2(input: ByteInput, out: OutputBuffer): void {
  let state: LzmaState | undefined;
  let props = 0;
  let base = out.length;
  for (;;) {
    const control = input.byte();
    if (control === 0) return;
    if (control < 0x80) {
      if (control > 2) throw new CodecError('an LZMA2 chunk has an unknown kind');
      if (control === 1) base = out.length;
      const length = (input.byte() << 8) + input.byte() + 1;
      const end = input.at + length;
      if (end > input.bytes.length) throw new CodecError('the compressed data end early');
      out.append(input.bytes.subarray(input.at, end));
      input.at = end;
      continue;
    }
    const size = ((control & 0x1f) << 16) + (input.byte() << 8) + input.byte() + 1;
    const compressed = (input.byte() << 8) + input.byte() + 1;
    const reset = (control >> 5) & 3;
    if (reset === 3) base = out.length;
    if (reset >= 2) props = input.byte();
    if (reset >= 1) state = new LzmaState(props);
    if (!state) throw new CodecError('an LZMA2 chunk comes before any state');
    const end = input.at + compressed;
    decode(state, new RangeDecoder(new ByteInput(input.bytes.subarray(0, end), input.at)), out, size, base);
    input.at = end;
  }
}
