import type { Effects, Global } from './effects.js';
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
const COPIES = new Set(
  'builtins.bytes builtins.bytearray builtins.list builtins.tuple builtins.set builtins.frozenset builtins.dict collections.deque collections.Counter array.array'.split(
    ' ',
  ),
);
/** Results that are numbers, whose value is not in sight. */
const NUMBER = /^(builtins\.int|numpy\.\w*int\w*|numpy\.long\w*|numpy(\.\w+)*\.scalar)$/;
/** Classes of which every whole number among the arguments is a size. */
const SIZED = /^(torch(\.cuda|\.storage)?\.\w*(Storage|Tensor)|scipy\.sparse\.\w+\.?\w+_(matrix|array))$/;
/** A fraction written with an exponent is as long as the exponent says. */
const EXPONENT = /e\+?0*[1-9]\d{3,}/i;

/** How a constructor allocates more than its arguments hold. */
export interface Allocation {
  /** Arguments that are sizes or shapes, each of its own. */
  readonly places?: readonly number[] | undefined;
  /** All whole numbers among the arguments are one shape. */
  readonly all: boolean;
  /** It copies its first argument, whatever that is. */
  readonly copies: boolean;
  /** Its text may be short for a long number. */
  readonly fraction: boolean;
}

/** Undefined for what allocates no more than it is given. */
export function allocationOf(module: string, name: string): Allocation | undefined {
  const key = `${module}.${name}`;
  const places = Object.hasOwn(SIZES, key) ? SIZES[key] : undefined;
  const [all, copies, fraction] = [SIZED.test(key), COPIES.has(key), key === 'fractions.Fraction'];
  return places || all || copies || fraction ? { places, all, copies, fraction } : undefined;
}

/** Adds up what the calls of one pickle ask for. */
export class Resource {
  #asked = 0;
  /** The largest thing made from a number so far: every copy of a result may be one of it. */
  #largest = 0;

  reset(): void {
    this.#asked = 0;
    this.#largest = 0;
  }

  /** A call of a global, or an instance of it, with a tuple of arguments. */
  call(effects: Effects, { now, allocates }: Global, args: number, offset: number): void {
    if (!allocates) return;
    const elements = effects.arena.elements(args);
    if (!elements) return;
    const what = `${now.module}.${now.name}`;
    const [first] = elements;
    if (allocates.fraction) {
      const text = effects.text(first ?? KIND.OPAQUE);
      if (text !== undefined && EXPONENT.test(text))
        this.#report(effects, `${what}(${JSON.stringify(text.slice(0, 40))}) has digits`, offset);
    }
    if (allocates.copies && this.#largest > 0 && isResult(first))
      this.#add(effects, this.#largest, what, offset);
    for (const place of allocates.places ?? []) this.ask(effects, elements[place], what, offset);
    if (allocates.all) this.#made(effects, product(effects, [...elements]), what, offset);
  }

  /** A size, or a shape whose dimensions are multiplied. */
  ask(effects: Effects, size: number | undefined, what: string, offset: number): void {
    this.#made(effects, product(effects, [size]), what, offset);
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
