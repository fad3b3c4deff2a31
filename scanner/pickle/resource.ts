import type { Effects, Global } from './effects.js';
import { sizeOfType } from './numpy.js';
import { lengthAt } from './text.js';
import { intOf, isOwned, KIND, kindOf, payloadOf } from './values.js';

/** Elements that one pickle may ask for beyond what it holds: a gigabyte of objects of Python's smallest kind. */
const MAX_ASKED = 2 ** 24;

/** Where in its arguments a constructor is told how much to allocate. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
  'builtins.bytes': [0],
  'builtins.bytearray': [0],
  // The larger end counts; lists, tuples and sets are made of it.
  'builtins.range': [0, 1],
  'numpy.ndarray': [0],
  'numpy.matrix': [0],
  'numpy.recarray': [0],
  'numpy.void': [0],
  'numpy.void0': [0],
  'numpy.record': [0],
  'numpy.core.records.record': [0],
  'numpy._core.records.record': [0],
  'numpy.rec.record': [0],
  'sklearn.tree._tree.Tree': [2],
  'numpy.bytes_': [0],
  'numpy.string_': [0],
  'numpy.core.records.recarray': [0],
  'numpy._core.records.recarray': [0],
  'numpy.rec.recarray': [0],
  'numpy.char.chararray': [0],
  'numpy.core.defchararray.chararray': [0],
  'numpy._core.defchararray.chararray': [0],
  'numpy.matrixlib.defmatrix.matrix': [0],
  'numpy.ma.core.MaskedArray': [0],
  'numpy.ma.MaskedArray': [0],
};
/** Constructors that copy what they are given, element by element. */
const COPIES =
  /^(builtins\.(bytes|bytearray|str|list|tuple|set|frozenset|dict)|_?collections\.\w+|array\.array|_?codecs\.encode|numpy\.\w*(array|matrix|poly1d|str_|bytes_)|torch\.\w*(Size|Tensor|Storage))$/;
/** Where NumPy's constructors take the type of an element. */
const TYPES: Readonly<Record<string, number>> = {
  'numpy.ndarray': 1,
  'numpy.matrix': 1,
  'numpy.recarray': 1,
  'numpy.core.records.recarray': 1,
  'numpy._core.records.recarray': 1,
  'numpy.rec.recarray': 1,
  'numpy.core.multiarray.scalar': 0,
  'numpy._core.multiarray.scalar': 0,
  'numpy.core._multiarray_umath.scalar': 0,
  'numpy._core._multiarray_umath.scalar': 0,
};
/** Functions that lay a tensor over a storage, and enlarge it where it is too small: storage, offset, size, stride. */
const TENSORS = /^torch\._utils\._rebuild_(tensor(_v2|_v3)?|qtensor)$/;
/** Copies of what the file does hold: nested data copies its parts once a level. */
const COPIES_OF_FILE = 8;
/** An element of a type that is not in sight. */
const HIDDEN_ITEM = 2 ** 40;
/** Results that are numbers, whose value is not in sight. */
const NUMBER = /^(builtins\.int|numpy\.\w*int\w*|numpy\.long\w*|numpy(\.\w+)*\.scalar)$/;
/** Classes of which every whole number among the arguments is a size. */
const SIZED = /^(torch(\.cuda|\.storage)?\.\w*(Storage|Tensor)|scipy\.sparse\.\w+\.?\w+_(matrix|array))$/;
/** A fraction written with an exponent is as long as the exponent says; a decimal is when it becomes an integer. */
const EXPONENT = /e\+?0*[1-9]\d{3,}/i;

/** How a constructor allocates more than its arguments hold. */
export interface Allocation {
  /** Arguments that are sizes or shapes, each of its own. */
  readonly places?: readonly number[] | undefined;
  /** All whole numbers among the arguments are one shape. */
  readonly all: boolean;
  /** It copies its arguments. */
  readonly copies: boolean;
  /** Which argument is the type of an element. */
  readonly type: number | undefined;
  readonly tensor: boolean;
  /** Its text may be short for a long number. */
  readonly fraction: boolean;
}

/** Undefined for what allocates no more than it is given. */
export function allocationOf(module: string, name: string): Allocation | undefined {
  const key = `${module}.${name}`;
  const places = Object.hasOwn(SIZES, key) ? SIZES[key] : undefined;
  const type = Object.hasOwn(TYPES, key) ? TYPES[key] : undefined;
  const [all, copies, tensor] = [SIZED.test(key), COPIES.test(key), TENSORS.test(key)];
  const fraction = key === 'fractions.Fraction' || /^_?(py)?decimal\.Decimal$/.test(key);
  const any = places || type !== undefined || all || copies || tensor || fraction;
  return any ? { places, type, all, copies, tensor, fraction } : undefined;
}

/** Adds up what the calls of one pickle ask for. */
export class Resource {
  #asked = 0;
  /** The largest thing made from a number so far: every copy of a result may be one of it. */
  #largest = 0;
  /** Elements of literals that were copied. */
  #copied = 0;

  reset(): void {
    this.#asked = 0;
    this.#largest = 0;
    this.#copied = 0;
  }

  /** A call of a global, or an instance of it, with a tuple of arguments. */
  call(effects: Effects, { now, allocates }: Global, args: number, offset: number): void {
    if ((!allocates && this.#largest === 0) || (kindOf(args) === KIND.TUPLE && effects.arena.isEmpty(args)))
      return;
    const elements = effects.arena.elements(args);
    const what = `${now.module}.${now.name}`;
    if (!elements) {
      // A tuple of very many is forgotten, and so is one from long ago; one that a call made was never seen.
      if (allocates)
        this.#report(effects, `${what} is called with arguments out of sight and may ask for memory`, offset);
      return;
    }
    if (this.#largest > 0 && elements.some(isResult)) this.#add(effects, this.#largest, what, offset);
    if (!allocates) return;
    if (allocates.fraction) this.#exponent(effects, elements[0], what, offset);
    if (allocates.copies) for (const element of elements) this.#copy(effects, element, what, offset);
    if (allocates.tensor) this.#tensor(effects, elements, what, offset);
    const item = allocates.type === undefined ? 1 : itemSize(effects, elements[allocates.type]);
    for (const place of allocates.places ?? [])
      this.#made(effects, item * product(effects, [elements[place]]), what, offset);
    if (allocates.type === 0 && elements.length === 1 && effects.text(elements[0] ?? 0) === undefined)
      this.#made(effects, item, what, offset);
    if (allocates.all) this.#made(effects, product(effects, [...elements]), what, offset);
  }

  /** A number that is written with an exponent: what is made of it may have that many digits. */
  #exponent(effects: Effects, value: number | undefined, what: string, offset: number): void {
    const text = effects.text(value ?? KIND.OPAQUE);
    const exponent = text === undefined ? undefined : EXPONENT.exec(text)?.[0];
    if (text === undefined || exponent === undefined) return;
    this.#largest = Math.max(this.#largest, Number(exponent.slice(1)));
    if (what === 'fractions.Fraction')
      this.#report(effects, `${what}(${JSON.stringify(text.slice(0, 40))}) has digits`, offset);
  }

  /** A copy of what the file holds: once is data, from the memo again and again it is not. */
  #copy(effects: Effects, value: number, what: string, offset: number): void {
    const kind = isOwned(value) ? KIND.OPAQUE : kindOf(value);
    let size = 0;
    if (kind === KIND.LIST || kind === KIND.SET) size = offset - payloadOf(value);
    else if (kind === KIND.DICT) size = offset - effects.dictStart(payloadOf(value));
    else if (kind === KIND.TUPLE) size = effects.arena.weigh(value);
    else if (kind === KIND.STR || kind === KIND.BYTES) size = lengthAt(effects.source, payloadOf(value)) ?? 0;
    this.#copied += size;
    if (this.#copied > MAX_ASKED + COPIES_OF_FILE * offset)
      this.#report(
        effects,
        `${what} copies parts of the file again and again, to ${this.#copied} elements`,
        offset,
      );
  }

  #tensor(effects: Effects, elements: Float64Array, what: string, offset: number): void {
    const sizes = effects.arena.elements(elements[2] ?? 0);
    const strides = effects.arena.elements(elements[3] ?? 0);
    if (!sizes || !strides) return;
    let span = Math.max(0, intOf(elements[1] ?? 0) ?? 0) + 1;
    for (const [i, size] of sizes.entries()) {
      const n = intOf(size) ?? 1;
      if (n === 0) return;
      span += (n - 1) * (intOf(strides[i] ?? 0) ?? 1);
    }
    const held = Math.max(MAX_ASKED, effects.source.size, effects.storages.largest);
    if (span > held) this.#report(effects, `${what} asks for ${span} elements`, offset);
  }

  /** A size, or a shape whose dimensions are multiplied. */
  ask(effects: Effects, size: number | undefined, type: number | undefined, offset: number): void {
    this.#made(effects, product(effects, [size]) * itemSize(effects, type), 'an array', offset);
  }

  #made(effects: Effects, count: number, what: string, offset: number): void {
    if (count === 0) return;
    this.#largest = Math.max(this.#largest, count);
    this.#add(effects, count, what, offset);
  }

  #add(effects: Effects, count: number, what: string, offset: number): void {
    this.#asked += count;
    if (this.#asked > MAX_ASKED) this.#report(effects, `${what} asks for ${count} elements`, offset);
  }

  #report(effects: Effects, what: string, offset: number): void {
    effects.sink.finding('PKL-RESOURCE', `${what} that the file does not hold`, offset);
  }
}

/** Bytes of one element of a NumPy type, given as such or by its name; none is a number of eight bytes. */
function itemSize(effects: Effects, type: number | undefined): number {
  if (type === undefined || type === KIND.OPAQUE) return 1;
  const name = effects.text(type);
  const bytes = kindOf(type) === KIND.BYTES && !isOwned(type);
  if (bytes) return 1;
  const size = name === undefined ? effects.types.get(type)?.itemSize : sizeOfType(name);
  return size === undefined ? HIDDEN_ITEM : Math.max(1, size / 8);
}

/** What is not a number counts as nothing: arrays given as data have their size in the file. */
function product(effects: Effects, sizes: readonly (number | undefined)[]): number {
  let count = 1;
  let known = false;
  for (const size of sizes) {
    if (size === undefined || isOwned(size)) continue;
    const dimensions = kindOf(size) === KIND.TUPLE ? (effects.arena.elements(size) ?? []) : [size];
    for (const dimension of dimensions) {
      const n = isNumber(effects, dimension) ? 2 ** 64 : intOf(dimension);
      if (n === undefined) continue;
      known = true;
      count *= Math.abs(n);
    }
  }
  return known ? count : 0;
}

const isResult = (value: number | undefined): boolean =>
  value !== undefined && !isOwned(value) && kindOf(value) === KIND.RESULT;

const isNumber = (effects: Effects, value: number): boolean =>
  isResult(value) && NUMBER.test(effects.label(payloadOf(value)));
