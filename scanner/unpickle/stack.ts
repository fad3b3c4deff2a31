import type { Cursor } from './cursor.js';
import type { PyValue } from './values.js';

/** Separates what a container gets from what lies below it. */
const MARK = Symbol('mark');
type Cell = PyValue | typeof MARK;

/** Stack and memo of an unpickler. What Python would refuse is an error of the pickle. */
export class PickleStack {
  readonly #cells: Cell[] = [];
  readonly #memo = new Map<number, PyValue>();
  readonly #in: Cursor;

  constructor(input: Cursor) {
    this.#in = input;
  }

  clear(): void {
    this.#cells.length = 0;
    this.#memo.clear();
  }

  push(value: PyValue): void {
    this.#cells.push(value);
  }

  pop(): PyValue {
    const value = this.#cells.pop();
    if (value === undefined || value === MARK) return this.#in.malformed('the stack is empty');
    return value as PyValue;
  }

  top(): PyValue {
    const value = this.#cells[this.#cells.length - 1];
    if (value === undefined || value === MARK) return this.#in.malformed('the stack is empty');
    return value as PyValue;
  }

  /** The values of the last `n` cells, in order. */
  take(n: number): PyValue[] {
    const items: PyValue[] = [];
    for (let i = n; i > 0; i--) items.unshift(this.pop());
    return items;
  }

  replaceTop(value: PyValue): void {
    this.#cells[this.#cells.length - 1] = value;
  }

  mark(): void {
    this.#cells.push(MARK);
  }

  /** POP takes a mark as well. */
  drop(): void {
    if (this.#cells.length === 0) this.#in.malformed('the stack is empty');
    this.#cells.pop();
  }

  /** Removes the last mark and returns what lay above it. */
  popMark(): PyValue[] {
    const at = this.#cells.lastIndexOf(MARK);
    if (at < 0) return this.#in.malformed('a mark is missing');
    const items = this.#cells.splice(at) as PyValue[];
    items.shift();
    return items;
  }

  /** MEMOIZE: the number of the entry is how many there are. */
  memoize(): void {
    this.#memo.set(this.#memo.size, this.top());
  }

  put(index: number): void {
    this.#memo.set(index, this.top());
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.#in.malformed('a memo entry is used that was never set');
    this.#cells.push(value);
  }
}
