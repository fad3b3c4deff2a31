import { isSpecialAttribute, type Nature } from '../pickle/object-state.js';
import { MAX_NAME_BYTES } from '../pickle/text.js';
import type { Copies } from './copies.js';
import type { Cursor } from './cursor.js';
import { NumpyScalar } from './ndarray.js';
import { PyObject, PyTuple, type PyValue } from './values.js';

/**
 * Attributes that a pickle sets, by a state or by items of what shows them as attributes. The scanner judges them by the
 * same names and natures (`pickle/object-state.ts`); nothing here has attributes, but what Python would do differs.
 */
export class Attributes {
  readonly #in: Cursor;
  readonly #copies: Copies;
  /** Texts that calls made: the file does not spell them as keys, so that no scanner sees them. */
  readonly #computed = new Set<string>();
  readonly #shared = new WeakSet<object>();
  readonly #holders = new WeakSet<object>();

  constructor(input: Cursor, copies: Copies) {
    this.#in = input;
    this.#copies = copies;
  }

  /** Notes what a call or an instance of a global of this nature is. */
  made(value: PyValue, { text, holder, shared }: Nature): PyValue {
    if (text && typeof value === 'string') this.#computed.add(value);
    if (typeof value !== 'object' || value === null) return value;
    if (holder) this.#holders.add(value);
    if (shared) this.#shared.add(value);
    return value;
  }

  /** A text that the file spells, and that may be a name. */
  spelled(value: PyValue): string | undefined {
    const name = typeof value === 'string' && value.length <= MAX_NAME_BYTES && !this.isComputed(value);
    return name ? value : undefined;
  }

  isComputed(text: string): boolean {
    return this.#computed.has(text);
  }

  /** What BUILD sets on `target`. */
  build(target: PyValue, state: PyValue): void {
    if (typeof target === 'object' && target !== null && this.#shared.has(target))
      this.#in.refuse(target instanceof PyObject ? target.class : 'a mapping', 'its state is not its own');
    this.state(state);
  }

  /** What a function sets as BUILD does it. */
  state(state: PyValue): void {
    if (state instanceof PyTuple) this.#copies.pay(state.items.length);
    for (const part of state instanceof PyTuple ? state.items : [state]) this.#part(part);
  }

  /** What the items of a new mapping are taken from: a mapping, or pairs in whatever holds them. */
  filled(from: PyValue): void {
    this.#part(from);
    const pairs = from instanceof PyTuple ? from.items : from;
    if (!Array.isArray(pairs) && !(pairs instanceof Set)) return;
    this.#copies.charge(pairs);
    for (const pair of pairs) {
      const [key = null] = pair instanceof PyTuple ? pair.items : Array.isArray(pair) ? pair : [];
      this.#key(key);
    }
  }

  /** Whether items of `target` are attributes of it. */
  holds(target: PyValue): boolean {
    return typeof target === 'object' && target !== null && this.#holders.has(target);
  }

  /** Keys and values, alternating, that become items of `target`. */
  items(target: PyValue, items: readonly PyValue[]): void {
    if (!this.holds(target)) return;
    for (let i = 0; i < items.length; i += 2) this.#key(items[i] ?? null);
  }

  #part(part: PyValue): void {
    this.#copies.charge(part);
    if (part instanceof Map) for (const key of part.keys()) this.#key(key);
    if (!(part instanceof PyObject)) return;
    this.#copies.pay(part.items.length);
    for (const item of part.items) if (item instanceof PyTuple) this.#key(item.items[0] ?? null);
    for (const arg of part.args) if (arg instanceof Map) this.#part(arg);
  }

  #key(key: PyValue): void {
    if (key instanceof NumpyScalar)
      this.#in.refuse('numpy.scalar', 'a state sets an attribute of a computed name');
    if (typeof key !== 'string') return;
    if (isSpecialAttribute(key)) this.#in.refuse(key, 'a state sets this special attribute');
    if (this.#computed.has(key))
      this.#in.refuse(key.slice(0, 64), 'a state sets an attribute of a computed name');
  }
}
