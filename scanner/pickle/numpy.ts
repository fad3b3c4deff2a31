import type { Effects } from './effects.js';
import { intOf, KIND, kindOf, payloadOf } from './values.js';

/** What is needed of a NumPy data type to know how many raw bytes an array of it has. */
export interface DataType {
  itemSize: number | undefined;
  hasObject: boolean;
  /** Its state says how large an item is; that of a number is what it is. */
  readonly sized: boolean;
  /** A number or bytes: a scalar of it is no text, and no other object. */
  readonly plain: boolean;
}

/** Described at most; a model has a handful. */
const MAX_TYPES = 1 << 16;

/** NPY_ITEM_HASOBJECT of numpy/ndarraytypes.h. */
const HAS_OBJECT = 1;

/** The data types a pickle makes. */
export class DataTypes {
  readonly #types: DataType[] = [];
  readonly #effects: Effects;

  constructor(effects: Effects) {
    this.#effects = effects;
  }

  /** `numpy.dtype(spec, …)`; undefined where nothing can be known of it. */
  create(args: Float64Array | undefined): number | undefined {
    if (this.#types.length >= MAX_TYPES || !args || args[0] === undefined) return undefined;
    const spec = this.#effects.text(args[0]) ?? '';
    return (this.#types.push(parseSpec(spec)) - 1) * 16 + KIND.DTYPE;
  }

  /** BUILD on a data type: `(version, order, subtype, names, fields, size, alignment, flags)`. */
  build(value: number, state: Float64Array | undefined): void {
    const type = this.#types[payloadOf(value)];
    if (!type) return;
    const size = state?.[5] === undefined ? undefined : intOf(state[5]);
    if (!state || size === undefined) type.itemSize = undefined;
    else if (type.sized && size >= 0) type.itemSize = size;
    if (!state) return;
    const flags = state[7] === undefined ? undefined : intOf(state[7]);
    if (flags !== undefined && flags >= 0 && (flags & HAS_OBJECT) !== 0) type.hasObject = true;
  }

  get(value: number): DataType | undefined {
    return value >= 0 && kindOf(value) === KIND.DTYPE ? this.#types[payloadOf(value)] : undefined;
  }
}

const NAMED: Readonly<Record<string, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  complex64: 8,
  complex128: 16,
};

/** The size of an item, for the spellings that NumPy's own pickles use; undefined for any other. */
function parseSpec(spec: string): DataType {
  const named = NAMED[spec];
  if (named !== undefined) return { itemSize: named, hasObject: false, sized: false, plain: true };
  const match = /^[<>=|]?([?bBiufcmMOSaUV])(\d*)(\[\w+\])?$/.exec(spec);
  if (!match) return { itemSize: undefined, hasObject: false, sized: false, plain: false };
  const letter = match[1] ?? '';
  const count = match[2] ? Number(match[2]) : undefined;
  // Text is stored as UCS-4, four bytes a character.
  const size = letter === '?' ? 1 : count === undefined ? undefined : letter === 'U' ? count * 4 : count;
  return {
    itemSize: size,
    hasObject: letter === 'O',
    sized: 'SaUV'.includes(letter),
    plain: !'UOV'.includes(letter),
  };
}

/** Bytes of an item of the type that a text names; undefined where only NumPy knows. */
export const sizeOfType = (spec: string): number | undefined =>
  spec.length === 1 ? 16 : parseSpec(spec).itemSize;

/** Raw array bytes that joblib wrote into the stream right after the wrapper. */
export interface InlineArray {
  /** A pickle of its own follows instead of raw bytes. */
  readonly objects: boolean;
  /** The raw bytes begin with one that says how much padding follows it. */
  readonly aligned: boolean;
  readonly length: number;
}

/** Reads the state of a joblib `NumpyArrayWrapper`; undefined where it is not in sight. */
export function inlineArray(effects: Effects, state: number): InlineArray | undefined {
  if (state < 0 || kindOf(state) !== KIND.DICT) return undefined;
  const items = effects.arena.itemsOf(payloadOf(state));
  if (!items) return undefined;
  let shape: Float64Array | undefined;
  let type: DataType | undefined;
  let aligned = false;
  for (let i = 0; i + 1 < items.length; i += 2) {
    const value = items[i + 1] ?? 0;
    switch (effects.text(items[i] ?? 0)) {
      case 'shape':
        shape = value < 0 ? undefined : effects.arena.elements(value);
        break;
      case 'dtype':
        type = effects.types.get(value);
        break;
      case 'subclass':
        // The class that joblib gives the array afterwards: what was mapped from a file is a plain array then.
        if (effects.isMemmap(value)) effects.release(state);
        break;
      case 'numpy_array_alignment_bytes':
        aligned = intOf(value) !== undefined;
        break;
    }
  }
  if (!shape || !type) return undefined;
  if (type.hasObject) return { objects: true, aligned: false, length: 0 };
  let length = type.itemSize;
  for (const dimension of shape) {
    const n = intOf(dimension);
    if (n === undefined || n < 0 || length === undefined) return undefined;
    length *= n;
  }
  return length === undefined ? undefined : { objects: false, aligned, length };
}
