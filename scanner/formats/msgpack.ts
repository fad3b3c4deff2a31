import { malformed } from '../../core/formats/malformed.js';
import { type ByteSource, copyOf, SliceSource } from '../../core/formats/source.js';
import type { FormatScanner, ScanContext } from '../types.js';

/** Nesting of a parameter tree; deeper ones are an attack on recursive readers. */
const MAX_DEPTH = 64;
/** Extension types of Flax: arrays, complex numbers, NumPy scalars. Its reader makes numbers of them. */
const FLAX_TYPES = new Set([1, 2, 3]);

/** MessagePack as Flax writes parameter trees: maps, texts, numbers, and arrays as extensions. */
export const msgpackScanner: FormatScanner = {
  format: 'msgpack',
  detect(head, source) {
    const first = head[0] ?? 0;
    const key = first >= 0x81 && first <= 0x8f ? 1 : first === 0xde ? 3 : first === 0xdf ? 5 : 0;
    if (key === 0 || source.size < 4) return 'no';
    const kind = head[key] ?? 0;
    const [at, length] =
      kind >= 0xa1 && kind <= 0xbf
        ? [key + 1, kind & 31]
        : kind === 0xd9
          ? [key + 2, head[key + 1] ?? 0]
          : [0, 0];
    const name = Buffer.from(head.subarray(at, at + length)).toString('latin1');
    return length > 0 && /^[\x20-\x7e]+$/.test(name) ? 'possible' : 'no';
  },
  scan(source, context) {
    const walk = new MsgpackWalk(source, context);
    walk.value(0);
    if (walk.at >= source.size) return;
    context.report('ARC-TRAILING', `${source.size - walk.at} bytes follow the value`, walk.at);
    context.member('(behind the value)', new SliceSource(source, walk.at, source.size - walk.at), {
      as: 'raw',
    });
  },
};

class MsgpackWalk {
  at = 0;
  readonly #source: ByteSource;
  readonly #context: ScanContext;

  constructor(source: ByteSource, context: ScanContext) {
    this.#source = source;
    this.#context = context;
  }

  value(depth: number): void {
    if (depth > MAX_DEPTH) throw malformed('MessagePack', 'it is nested too deep', this.at);
    if (!this.#context.spend(4)) throw malformed('MessagePack', 'it takes too much work', this.at);
    const kind = this.#uint(1);
    if (kind <= 0x7f || kind >= 0xe0 || kind === 0xc0 || kind === 0xc2 || kind === 0xc3) return;
    if (kind <= 0x8f) {
      this.#many((kind & 15) * 2, depth);
      return;
    }
    if (kind <= 0x9f) {
      this.#many(kind & 15, depth);
      return;
    }
    if (kind <= 0xbf) {
      this.#skip(kind & 31);
      return;
    }
    this.#long(kind, depth);
  }

  #long(kind: number, depth: number): void {
    const width = 1 << ((kind - (kind >= 0xd9 ? 0xd9 : kind >= 0xc7 ? 0xc7 : 0xc4)) % 3);
    if (kind >= 0xc4 && kind <= 0xc6) this.#skip(this.#uint(width));
    else if (kind >= 0xc7 && kind <= 0xc9) this.#extension(this.#uint(width));
    else if (kind === 0xca || kind === 0xcb) this.#skip(kind === 0xca ? 4 : 8);
    else if (kind >= 0xcc && kind <= 0xcf) this.#skip(1 << (kind - 0xcc));
    else if (kind >= 0xd0 && kind <= 0xd3) this.#skip(1 << (kind - 0xd0));
    else if (kind >= 0xd4 && kind <= 0xd8) this.#extension(1 << (kind - 0xd4));
    else if (kind >= 0xd9 && kind <= 0xdb) this.#skip(this.#uint(width));
    else if (kind === 0xdc || kind === 0xdd) this.#many(this.#uint(kind === 0xdc ? 2 : 4), depth);
    else if (kind === 0xde || kind === 0xdf) this.#many(this.#uint(kind === 0xde ? 2 : 4) * 2, depth);
    else throw malformed('MessagePack', `the type ${kind} is unknown`, this.at - 1);
  }

  #many(count: number, depth: number): void {
    // Every element takes a byte at least.
    if (count > this.#source.size - this.at)
      throw malformed('MessagePack', `${count} elements are declared`, this.at);
    for (let i = 0; i < count; i++) this.value(depth + 1);
  }

  #extension(length: number): void {
    const type = this.#uint(1);
    if (!FLAX_TYPES.has(type)) this.#context.unparsed(`the extension type ${type} is unknown`, this.at);
    this.#skip(length);
  }

  #skip(length: number): void {
    if (length > this.#source.size - this.at) throw malformed('MessagePack', 'it is cut off', this.at);
    this.at += length;
  }

  #uint(size: number): number {
    const bytes = copyOf(this.#source, this.at, size);
    if (!bytes) throw malformed('MessagePack', 'it is cut off', this.at);
    this.at += size;
    return bytes.readUIntBE(0, size);
  }
}
