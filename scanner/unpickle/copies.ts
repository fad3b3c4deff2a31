import { ModelsealError } from '../../core/errors/index.js';

/** Parts up to this size are paid for by the opcodes that made them. */
const FREE = 64;
/** What a file may copy beyond a multiple of its own size: a tenth of a second of work. */
const BASE = 1 << 22;
/** Honest files copy what they hold once or twice. */
const FACTOR = 16;
/** An entry of a Map or Set takes as much memory and time as some items of a list. */
const ENTRY = 8;

/**
 * What a few bytes can have copied again and again, by fetching it from the memo: in all it stays a multiple of the file,
 * so that the work is linear in its size.
 */
export class Copies {
  #limit = BASE;
  #left = BASE;

  constructor(bytes: number) {
    this.hold(bytes);
  }

  /** The file holds this much more than its size says: what it packs. */
  hold(bytes: number): void {
    this.#limit += FACTOR * bytes;
    this.#left += FACTOR * bytes;
  }

  /** Pays for looking at every item of `value`. */
  charge(value: unknown): void {
    if (typeof value === 'string' || value instanceof Uint8Array || Array.isArray(value))
      this.pay(value.length);
    else if (value instanceof Map || value instanceof Set) this.pay(value.size, ENTRY);
  }

  /** Pays for `items`, each of which weighs this much. */
  pay(items: number, weight = 1): void {
    if (items <= FREE) return;
    this.#left -= items * weight;
    if (this.#left < 0)
      throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'items copied', limit: this.#limit });
  }
}
