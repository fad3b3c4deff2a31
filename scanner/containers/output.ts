/** Thrown when the output would exceed its limit; caught by the decoder that owns the output. */
export class OutputLimit extends Error {}

/** A growing output of bounded size that decoders also read back from. */
export class OutputBuffer {
  length = 0;
  readonly #limit: number;
  #bytes = Buffer.allocUnsafeSlow(1 << 16);

  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  /** The byte `distance` before the end; the caller has checked that it is there. */
  back(distance: number): number {
    return this.#bytes[this.length - distance] ?? 0;
  }

  push(byte: number): void {
    if (this.length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.length++] = byte;
  }

  append(bytes: Uint8Array): void {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Repeats `length` bytes from `distance` back; the two may overlap. */
  copyBack(distance: number, length: number): void {
    this.#grow(length);
    const bytes = this.#bytes;
    let to = this.length;
    for (let i = 0; i < length; i++, to++) bytes[to] = bytes[to - distance] ?? 0;
    this.length = to;
  }

  #grow(extra: number): void {
    const wanted = this.length + extra;
    if (wanted > this.#limit) throw new OutputLimit('it expands beyond the limit');
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, Math.min(this.#limit, this.#bytes.length * 2)));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}
