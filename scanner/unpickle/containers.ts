import type { Attributes } from './attributes.js';
import type { Cursor } from './cursor.js';
import type { Keys } from './keys.js';
import { PyObject, PyTuple, type PyValue } from './values.js';

/** What opcodes put into lists, sets and dicts. */
export class Containers {
  readonly #in: Cursor;
  readonly #attributes: Attributes;
  readonly #keys: Keys;

  constructor(input: Cursor, keys: Keys, attributes: Attributes) {
    this.#in = input;
    this.#keys = keys;
    this.#attributes = attributes;
  }

  /** APPEND, APPENDS and ADDITEMS. */
  append(target: PyValue, items: readonly PyValue[]): void {
    if (Array.isArray(target)) for (const item of items) target.push(item);
    else if (target instanceof Set) for (const item of items) target.add(this.#keys.key(item));
    else if (target instanceof PyObject) for (const item of items) target.items.push(item);
    else this.#in.malformed('items are appended to what is no list');
  }

  /** SETITEM, SETITEMS and DICT: keys and values, alternating. */
  setItems(target: PyValue, items: readonly PyValue[]): void {
    if (items.length % 2) this.#in.malformed('a key has no value');
    this.#attributes.items(target, items);
    for (let i = 0; i < items.length; i += 2) {
      const key = this.#keys.key(items[i] ?? null);
      if (target instanceof Map) target.set(key, items[i + 1] ?? null);
      else if (target instanceof PyObject) target.items.push(new PyTuple([key, items[i + 1] ?? null]));
      else this.#in.malformed('items are set in what is no dict');
    }
  }
}
