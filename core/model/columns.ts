import { hash } from 'node:crypto';
import { byCodePoint } from './names.js';

/**
 * Digests of one size, packed one after the other. A hundred thousand of them take 3 MB so, and eight times as much as
 * hexadecimal strings.
 */
export class Digests {
  readonly size: number;
  readonly #bytes: Buffer;

  /**
   * @param bytes Kept, and not to be written to any more.
   * @param size Bytes of one digest.
   */
  constructor(bytes: Uint8Array, size: number) {
    this.size = size;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  static ofHex(digests: readonly string[], size: number): Digests {
    const bytes = Buffer.allocUnsafeSlow(digests.length * size);
    digests.forEach((digest, i) => void bytes.write(digest, i * size, 'hex'));
    return new Digests(bytes, size);
  }

  /** Lower-case hexadecimal. */
  hex(index: number): string {
    return this.#bytes.toString('hex', index * this.size, (index + 1) * this.size);
  }

  copyTo(index: number, target: Uint8Array, at: number): void {
    this.#bytes.copy(target, at, index * this.size, (index + 1) * this.size);
  }

  /** SHA-256 over all of them, hexadecimal. */
  sha256(): string {
    return hash('sha256', this.#bytes, 'hex');
  }

  equals(other: Digests): boolean {
    return this.#bytes.equals(other.#bytes);
  }

  /** In another order. */
  permuted(order: readonly number[]): Digests {
    const bytes = Buffer.allocUnsafeSlow(this.#bytes.length);
    order.forEach((from, to) => void this.copyTo(from, bytes, to * this.size));
    return new Digests(bytes, this.size);
  }
}

/** One resource as it was read. */
export interface MeasuredItem {
  readonly name: string;
  readonly file: string;
  readonly size: number;
  /** Lower-case hexadecimal. */
  readonly digest: string;
}

/** Resources as they were read, in the order of OMS §5.2.1. */
export class MeasuredItems implements Iterable<MeasuredItem> {
  /** As a manifest spells them. */
  readonly names: readonly string[];
  /** Name of each one's file; the same list where every resource is a whole file. */
  readonly files: readonly string[];
  readonly sizes: Float64Array;
  readonly digests: Digests;

  constructor(names: readonly string[], files: readonly string[], sizes: Float64Array, digests: Digests) {
    this.names = names;
    this.files = files;
    this.sizes = sizes;
    this.digests = digests;
  }

  get length(): number {
    return this.names.length;
  }

  /** In the order of names by code point: shards are read in the order of their ranges, whose names sort as text. */
  sorted(): MeasuredItems {
    const order = this.names.map((_, i) => i);
    order.sort((a, b) => byCodePoint(this.names[a] as string, this.names[b] as string));
    return new MeasuredItems(
      order.map((i) => this.names[i] as string),
      order.map((i) => this.files[i] as string),
      Float64Array.from(order, (i) => this.sizes[i] as number),
      this.digests.permuted(order),
    );
  }

  *[Symbol.iterator](): Generator<MeasuredItem> {
    for (let i = 0; i < this.length; i++) {
      yield {
        name: this.names[i] as string,
        file: this.files[i] as string,
        size: this.sizes[i] as number,
        digest: this.digests.hex(i),
      };
    }
  }
}
