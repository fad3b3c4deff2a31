/** Half a gibibyte of values; Python itself needs eight times as much to get there. */
const MAX_DEPTH = 1 << 26;
/** Nested marks; every container literal within containers has one. */
const MAX_MARKS = 1 << 24;

/**
 * Stack and marks of a pickle machine. Values below the last mark are out of reach in current Pythons (`has`), but
 * older ones reached them, so that taking them is a fault that need not end the reading.
 */
export class Stack {
  cells = new Float64Array(1 << 7);
  size = 0;
  #marks = new Int32Array(1 << 5);
  #depth = 0;

  get top(): number {
    return this.cells[this.size - 1] ?? 0;
  }

  get full(): boolean {
    return this.size > MAX_DEPTH || this.#depth > MAX_MARKS;
  }

  /** Nothing above the last mark. */
  get empty(): boolean {
    return !this.has(1);
  }

  /** True where `n` values lie above the last mark. */
  has(n: number): boolean {
    return this.size - n >= this.fence;
  }

  /** True where a value lies under index `from`, above the last mark. */
  hasBelow(from: number): boolean {
    return from > this.fence;
  }

  push(value: number): void {
    if (this.size === this.cells.length) this.grow();
    this.cells[this.size++] = value;
  }

  pop(): number {
    return this.cells[--this.size] ?? 0;
  }

  mark(): void {
    if (this.#depth === this.#marks.length) {
      const grown = new Int32Array(this.#marks.length * 2);
      grown.set(this.#marks);
      this.#marks = grown;
    }
    this.#marks[this.#depth++] = this.size;
  }

  /** Removes the last mark and returns where it stood, -1 where there is none. */
  popMark(): number {
    if (this.#depth === 0) return -1;
    const at = this.#marks[--this.#depth] ?? 0;
    // A fault may have taken values from below the mark.
    return Math.min(at, this.size);
  }

  /** Where the last mark stands, 0 where there is none. */
  get fence(): number {
    return this.#depth > 0 ? (this.#marks[this.#depth - 1] ?? 0) : 0;
  }

  /** Removes the last mark where a value lies between it and the one before; -1, and nothing removed, otherwise. */
  popMarkOver(size: number): number {
    if (this.#depth === 0) return -1;
    const at = this.#marks[this.#depth - 1] ?? 0;
    const below = this.#depth > 1 ? (this.#marks[this.#depth - 2] ?? 0) : 0;
    if (at > size || at <= below) return -1;
    this.#depth--;
    return at;
  }

  clear(): void {
    this.size = 0;
    this.#depth = 0;
  }

  grow(): void {
    const grown = new Float64Array(this.cells.length * 2);
    grown.set(this.cells);
    this.cells = grown;
  }
}
