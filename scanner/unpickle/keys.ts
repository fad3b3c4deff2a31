import { ModelsealError } from '../../core/errors/index.js';
import type { Copies } from './copies.js';
import type { Cursor } from './cursor.js';
import { keyText, PyTuple, type PyValue } from './values.js';

/** The engine tells integers as keys apart by their last 64 bits, and looks at all that share these one by one. */
const MAX_ALIKE = 256;

/** Values as keys of dicts and members of sets. */
export class Keys {
  readonly #in: Cursor;
  readonly #copies: Copies;
  readonly #tuples = new Map<string, PyTuple>();
  readonly #alike = new Map<bigint, Set<bigint>>();

  constructor(input: Cursor, copies: Copies) {
    this.#in = input;
    this.#copies = copies;
  }

  /** Equal tuples are one key, as in Python; lists, dicts and sets are none. */
  key(value: PyValue): PyValue {
    if (Array.isArray(value) || value instanceof Map) this.#in.malformed('a key is a list or dict');
    if (typeof value === 'bigint') this.#long(value);
    if (!(value instanceof PyTuple)) return value;
    const text = keyText(value, (length) => this.#copies.pay(length));
    if (text === undefined) return value;
    const known = this.#tuples.get(text);
    if (known) return known;
    this.#tuples.set(text, value);
    return value;
  }

  #long(value: bigint): void {
    const low = BigInt.asIntN(64, value);
    if (low === value) return;
    const alike = this.#alike.get(low) ?? new Set();
    this.#alike.set(low, alike.add(value));
    if (alike.size > MAX_ALIKE)
      throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'keys of the same 64 bits', limit: MAX_ALIKE });
  }
}
