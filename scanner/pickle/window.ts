import type { ByteSource } from '../../core/formats/source.js';

/** Fits the second-level cache, and is large enough that refilling costs nothing. */
const WINDOW = 256 * 1024;
/** Longest opcode head: its code, then eight bytes. */
const HEAD = 16;

/** A view of `source` that moves over it. The bytes are copied: other readers of the source may reuse its buffer. */
export class Window {
  readonly bytes: Uint8Array;
  readonly #source: ByteSource;
  /** Offset in the source of `bytes[0]`. */
  base = 0;
  /** Valid bytes. */
  length = 0;
  /** An opcode that begins before this index is whole, or the end of the source cuts it. */
  soft = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.bytes = new Uint8Array(Math.min(WINDOW, source.size + HEAD));
  }

  get size(): number {
    return this.#source.size;
  }

  /** Moves so that `offset` is the first byte; `span` bytes are enough where little is likely to be read. */
  move(offset: number, span = WINDOW): void {
    const got = offset < this.#source.size ? this.#source.read(offset, span) : new Uint8Array(0);
    this.bytes.set(got);
    this.base = offset;
    this.length = got.length;
    this.soft = offset + got.length >= this.#source.size ? got.length : Math.max(0, got.length - HEAD);
  }

  /** True where `offset` can be read on from without moving: many small pickles lie in one window. */
  covers(offset: number): boolean {
    return offset >= this.base && offset < this.base + this.soft;
  }

  /** Offset of the first line feed at or after `offset`, -1 where there is none. May move. */
  lineEnd(offset: number): number {
    let at = offset;
    if (at < this.base || at >= this.base + this.length) this.move(at);
    for (;;) {
      const found = this.bytes.subarray(0, this.length).indexOf(10, at - this.base);
      if (found >= 0) return this.base + found;
      at = this.base + this.length;
      if (at >= this.#source.size || this.length === 0) return -1;
      this.move(at);
    }
  }

  /** `[from, to)` as Latin-1 where it is no longer than `limit`. May move. */
  text(from: number, to: number, limit: number): string | undefined {
    if (to - from > limit) return undefined;
    if (from < this.base || to > this.base + this.length) this.move(from);
    const part = this.bytes.subarray(from - this.base, to - this.base);
    return Buffer.from(part.buffer, part.byteOffset, part.length).toString('latin1');
  }
}
