/**
 * Abstract values. One number stands for one value, so that a stack of millions of them is a typed array and the work
 * per opcode stays at a few nanoseconds: `payload * 16 + kind`. What the payload means is the kind's matter.
 *
 * A value that must not leave the stack and the memo, because it holds a global that is only safe when its call has been
 * seen, is *owned*: a negative number. That global itself is one, and so is every tuple that holds one. Whatever puts a
 * value into a container, a state or the result asks {@link isOwned}; nothing has to be counted.
 */
export const KIND = {
  /** A value whose content does not matter: None, booleans, floats, long integers. */
  OPAQUE: 0,
  /** Payload: the value plus {@link INT_BIAS}. */
  INT: 1,
  /** Payload: offset of the opcode. */
  STR: 2,
  /** Payload: offset of the opcode. */
  BYTES: 3,
  /** Payload: position in the arena. */
  TUPLE: 4,
  /** Payload: offset of the opcode. */
  LIST: 5,
  /** Payload: running number of the dict. */
  DICT: 6,
  /** Payload: offset of the opcode. */
  SET: 7,
  /** Payload: number of the global. */
  GLOBAL: 8,
  /** What a call of, or an instance of, a global is. Payload: number of the global. */
  RESULT: 9,
  /** A NumPy data type. Payload: index of its description. */
  DTYPE: 10,
  PERSISTENT: 11,
  /** What came out of a computed call or an extension code. */
  COMPUTED: 12,
  /** A string that names a special attribute. Payload: offset of the opcode. */
  SPECIAL_STR: 13,
  /** The number that opens a legacy PyTorch file. */
  TORCH_MAGIC: 14,
  /** Bytes as protocols below 3 write them: a string to be encoded as Latin-1. Payload: offset of the string's opcode. */
  ENCODED: 15,
} as const;

export const INT_BIAS = 2 ** 40;

/** Owned tuples lie below, owned globals above; there are never so many globals. */
const OWNED_TUPLE = -(2 ** 40);

/** True for a value that must not escape. */
export const isOwned = (value: number): boolean => value < 0;

/** A global that is safe only where its call is in sight. */
export const ownedGlobal = (id: number): number => -1 - id;

/** True for a list that a literal made. */
export const isList = (value: number): boolean => value >= 0 && (value & 15) === KIND.LIST;

export function kindOf(value: number): number {
  if (value < 0) return value <= OWNED_TUPLE ? KIND.TUPLE : KIND.GLOBAL;
  // Of any integer that a number holds, the low bits survive.
  return value & 15;
}

export function payloadOf(value: number): number {
  if (value < 0) return value <= OWNED_TUPLE ? OWNED_TUPLE - value : -1 - value;
  return Math.floor(value / 16);
}

export function intOf(value: number): number | undefined {
  return value >= 0 && kindOf(value) === KIND.INT ? payloadOf(value) - INT_BIAS : undefined;
}

/** Contents of recent tuples and dicts; older ones are forgotten, so that memory is fixed whatever the input does. */
const ARENA = 1 << 17;
const DICTS = 1 << 10;
/** Room at first: most files, and nearly all bytes that are tried as a pickle, need no more. */
const FIRST_ARENA = 1 << 8;
/** Arguments and states that matter have a handful of elements. */
const MAX_ELEMENTS = 128;

/** Above all values whose payload is an offset or a position: only numbers are so large. */
const NO_OFFSET = 2 ** 43;
/** What a tuple counts for that is forgotten: more than nearly all have. */
const FORGOTTEN_WEIGHT = 1 << 10;
/** Cells before the elements: their number, and the weight of the whole. */
const HEAD = 2;

/** Remembers the elements of recent small tuples and dicts. */
export class Arena {
  #cells = new Float64Array(FIRST_ARENA);
  #head = 0;
  #dicts: { readonly of: Float64Array; readonly at: Float64Array } | undefined;

  /** Most values that any tuple stands for when it is written out: a tuple in a tuple counts each time it occurs. */
  heaviest = 0;

  /** Stores `stack[from, to)` and returns the tuple that holds it, owned where one of them is. */
  tuple(stack: Float64Array, from: number, to: number): number {
    let weight = 1 + to - from;
    let owned = false;
    for (let i = from; i < to; i++) {
      const value = stack[i] ?? 0;
      // Most of what tuples hold is without a payload, or a number.
      if ((value >= 0 && value < 16) || value > NO_OFFSET) continue;
      if (value < 0) owned = true;
      if (kindOf(value) === KIND.TUPLE) weight += this.weigh(value) - 1;
    }
    if (weight > this.heaviest) this.heaviest = weight;
    const at = this.#store(stack, from, to);
    this.#cells[(at + 1) & (this.#cells.length - 1)] = weight;
    return owned ? OWNED_TUPLE - at : at * 16 + KIND.TUPLE;
  }

  /** Values that a tuple stands for. */
  weigh(tuple: number): number {
    const at = payloadOf(tuple);
    const cells = this.#cells;
    return this.#head - at > cells.length ? FORGOTTEN_WEIGHT : (cells[(at + 1) & (cells.length - 1)] ?? 1);
  }

  /** Remembers `stack[from, to)` as further items of a dict. Protocol 0 sets them one by one. */
  items(dict: number, stack: Float64Array, from: number, to: number): void {
    this.#dicts ??= { of: new Float64Array(DICTS).fill(-1), at: new Float64Array(DICTS) };
    const { of, at } = this.#dicts;
    const slot = dict & (DICTS - 1);
    // A later dict took its place: what it got before is forgotten, so that what it gets now is not all.
    if ((of[slot] ?? -1) > dict) return;
    if (of[slot] !== dict) {
      of[slot] = dict;
      at[slot] = this.#store(stack, from, to);
      return;
    }
    const before = this.#load(at[slot] ?? 0);
    const count = (before?.length ?? MAX_ELEMENTS) + to - from;
    if (!before || count > MAX_ELEMENTS) {
      // More than are remembered: from now on they are unknown.
      if (before) at[slot] = this.#store(stack, 0, MAX_ELEMENTS + 1);
      return;
    }
    const all = new Float64Array(count);
    all.set(before);
    all.set(stack.subarray(from, to), before.length);
    at[slot] = this.#store(all, 0, count);
  }

  /** True for a tuple of nothing. */
  isEmpty(tuple: number): boolean {
    const at = payloadOf(tuple);
    const cells = this.#cells;
    return this.#head - at <= cells.length && cells[at & (cells.length - 1)] === 0;
  }

  /** The elements of a tuple; undefined where they are forgotten or were too many. */
  elements(tuple: number): Float64Array | undefined {
    return kindOf(tuple) === KIND.TUPLE ? this.#load(payloadOf(tuple)) : undefined;
  }

  /** Keys and values, alternating, that a dict got; undefined where they are forgotten or were too many. */
  itemsOf(dict: number): Float64Array | undefined {
    const slot = dict & (DICTS - 1);
    return this.#dicts?.of[slot] === dict ? this.#load(this.#dicts.at[slot] ?? 0) : undefined;
  }

  #store(stack: Float64Array, from: number, to: number): number {
    const at = this.#head;
    const count = to - from;
    const kept = count > MAX_ELEMENTS ? 0 : count;
    if (at + HEAD + kept > this.#cells.length && this.#cells.length < ARENA) this.#grow();
    const cells = this.#cells;
    const mask = cells.length - 1;
    this.#head = at + HEAD + kept;
    cells[at & mask] = kept === count ? count : -1;
    for (let i = 0; i < kept; i++) cells[(at + HEAD + i) & mask] = stack[from + i] ?? 0;
    return at;
  }

  /** Positions stay what they are: nothing is overwritten before the arena has its full size, a power of two. */
  #grow(): void {
    const grown = new Float64Array(this.#cells.length * 2);
    grown.set(this.#cells);
    this.#cells = grown;
  }

  #load(at: number): Float64Array | undefined {
    const cells = this.#cells;
    const mask = cells.length - 1;
    if (this.#head - at > cells.length) return undefined;
    const count = cells[at & mask] ?? -1;
    if (count < 0) return undefined;
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) out[i] = cells[(at + HEAD + i) & mask] ?? 0;
    return out;
  }
}

/** Dense up to this index however few entries there are: Python numbers its memo from zero. */
const DENSE = 1 << 16;
/** Entries at scattered indexes; Python never writes any. */
const MAX_SCATTERED = 1 << 20;
/** One gibibyte of memo. Files with more memoised objects exist in theory only. */
const MAX_ENTRIES = 1 << 27;

/** The memo: a growing array for the indexes Python uses, a bounded map for those only an attacker would. */
export class Memo {
  #cells = new Float64Array(1 << 6).fill(Number.NaN);
  #high = 0;
  #count = 0;
  readonly #scattered = new Map<number, number>();
  readonly #outer: Memo | undefined;

  /** @param outer Read where this memo has no entry; only strings keep their meaning there. */
  constructor(outer?: Memo) {
    this.#outer = outer;
  }

  /** Number of filled entries, which is where MEMOIZE puts the next. */
  get count(): number {
    return this.#count;
  }

  /** The entry, NaN where there is none. */
  get(index: number): number {
    if (index < this.#cells.length) {
      const value = this.#cells[index] ?? Number.NaN;
      if (!Number.isNaN(value)) return value;
    }
    const scattered = this.#scattered.size > 0 ? this.#scattered.get(index) : undefined;
    if (scattered !== undefined) return scattered;
    const outer = this.#outer?.get(index) ?? Number.NaN;
    return outer >= 0 && (kindOf(outer) === KIND.STR || kindOf(outer) === KIND.SPECIAL_STR)
      ? outer
      : Number.NaN;
  }

  /** MEMOIZE where it is that simple: the next entry is free and there is room for it. */
  append(value: number): boolean {
    const index = this.#count;
    if (index >= this.#cells.length || index < this.#high || this.#scattered.size > 0) {
      return this.put(index, value);
    }
    this.#cells[index] = value;
    this.#count = index + 1;
    this.#high = index + 1;
    return true;
  }

  /** @returns False where the memo has grown past all reason. */
  put(index: number, value: number): boolean {
    if (index >= this.#cells.length) {
      if (index >= DENSE && index >= 2 * this.#count + 2) return this.#putScattered(index, value);
      if (index >= MAX_ENTRIES) return false;
      const grown = new Float64Array(Math.max(this.#cells.length * 2, index + 1));
      grown.set(this.#cells);
      grown.fill(Number.NaN, this.#cells.length);
      this.#cells = grown;
    }
    const old = this.#cells[index] ?? Number.NaN;
    if (Number.isNaN(old) && (this.#scattered.size === 0 || !this.#scattered.delete(index))) this.#count++;
    this.#cells[index] = value;
    if (index >= this.#high) this.#high = index + 1;
    return true;
  }

  #putScattered(index: number, value: number): boolean {
    if (!this.#scattered.has(index)) {
      if (this.#scattered.size >= MAX_SCATTERED) return false;
      this.#count++;
    }
    this.#scattered.set(index, value);
    return true;
  }

  clear(): void {
    this.#cells.fill(Number.NaN, 0, this.#high);
    this.#high = 0;
    this.#count = 0;
    this.#scattered.clear();
  }
}
