import type { Attributes } from './attributes.js';
import type { Copies } from './copies.js';
import type { Cursor } from './cursor.js';
import { keyText, PyObject, PyTuple, type PyValue } from './values.js';

/** What opcodes put into lists, sets and dicts. */
export class Containers {
  readonly #in: Cursor;
  readonly #copies: Copies;
  readonly #attributes: Attributes;
  readonly #keys = new Map<string, PyTuple>();

  constructor(input: Cursor, copies: Copies, attributes: Attributes) {
    this.#in = input;
    this.#copies = copies;
    this.#attributes = attributes;
  }

  /** APPEND, APPENDS and ADDITEMS. */
  append(target: PyValue, items: readonly PyValue[]): void {
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(this.key(item));
    else if (target instanceof PyObject) for (const item of items) target.items.push(item);
    else this.#in.malformed('items are appended to what is no list');
  }

  /** SETITEM, SETITEMS and DICT: keys and values, alternating. */
  setItems(target: PyValue, items: readonly PyValue[]): void {
    if (items.length % 2) this.#in.malformed('a key has no value');
    this.#attributes.items(target, items);
    for (let i = 0; i < items.length; i += 2) {
      const key = this.key(items[i] ?? null);
      if (target instanceof Map) target.set(key, items[i + 1] ?? null);
      else if (target instanceof PyObject) target.items.push(new PyTuple([key, items[i + 1] ?? null]));
      else this.#in.malformed('items are set in what is no dict');
    }
  }

  /** Equal tuples are one key, as in Python; lists, dicts and sets are none. */
  key(value: PyValue): PyValue {
    if (Array.isArray(value) || value instanceof Map) this.#in.malformed('a key is a list or dict');
    if (!(value instanceof PyTuple)) return value;
    const text = keyText(value, (length) => this.#copies.pay(length));
    if (text === undefined) return value;
    const known = this.#keys.get(text);
    if (known) return known;
    this.#keys.set(text, value);
    return value;
  }
}
