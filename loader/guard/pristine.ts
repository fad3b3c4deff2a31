import { createHash } from 'node:crypto';

// Signed code shares its objects with the guard, and may change them: whoever replaces RegExp.prototype.exec or
// Array.prototype[Symbol.iterator] would decide what the guard finds. Whatever the guard decides in a thread with
// foreign code, it decides in here, with the language as it was before that code ran.

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;

const { is } = Object;

const prototypeOf = (value: unknown): object => Object.getPrototypeOf(value) as object;

/** Everything through which the language and Node's hashes do their work. */
function intrinsics(): object[] {
  const hash = createHash('sha256');
  const handles = Object.getOwnPropertySymbols(hash)
    .map((symbol) => (hash as unknown as Record<symbol, unknown>)[symbol])
    .filter(
      (value) => typeof value === 'object' && value !== null && prototypeOf(value) !== Object.prototype,
    );
  const typed = prototypeOf(Uint8Array) as { prototype: object };
  const iterator = prototypeOf([][Symbol.iterator]());
  function* generator() {}
  return [
    // First, so that descriptors inherit nothing while the rest is compared.
    Object.prototype,
    Object,
    Function.prototype,
    Array,
    Array.prototype,
    prototypeOf(iterator),
    iterator,
    prototypeOf(new Map()[Symbol.iterator]()),
    prototypeOf(new Set()[Symbol.iterator]()),
    prototypeOf(''[Symbol.iterator]()),
    prototypeOf('x'.matchAll(/x/g)),
    prototypeOf(generator.prototype),
    generator.prototype,
    String,
    String.prototype,
    Number,
    Number.prototype,
    BigInt.prototype,
    Symbol,
    Symbol.prototype,
    RegExp,
    RegExp.prototype,
    Map.prototype,
    Set.prototype,
    WeakMap.prototype,
    WeakSet.prototype,
    Error,
    Error.prototype,
    TypeError.prototype,
    SyntaxError.prototype,
    typed,
    typed.prototype,
    Uint8Array,
    Uint8Array.prototype,
    ArrayBuffer,
    ArrayBuffer.prototype,
    DataView.prototype,
    Buffer,
    Buffer.prototype,
    TextDecoder.prototype,
    URL,
    URL.prototype,
    JSON,
    Math,
    Reflect,
    prototypeOf(hash),
    ...handles.map(prototypeOf),
  ];
}

interface Kept {
  readonly target: object;
  /** Every name that there was; undefined where others may be added. */
  readonly all: readonly PropertyKey[] | undefined;
  /** Those that are compared. */
  readonly names: readonly PropertyKey[];
  readonly properties: readonly PropertyDescriptor[];
}

/** The names by which the guard and what it calls reach them. */
const GLOBALS =
  'Object Array String Number BigInt Symbol RegExp Map Set WeakMap WeakSet Error TypeError SyntaxError Uint8Array ArrayBuffer DataView Buffer TextDecoder URL JSON Math Reflect Promise Proxy WebAssembly'.split(
    ' ',
  );

/** What neither the guard nor what it calls uses: the numbers in buffers, the HTML of strings. */
const UNUSED =
  /^(read|write)U?(Int|int|Big|Float|Double)|^(read|write)(Float|Double)|^(anchor|big|blink|bold|fixed|fontcolor|fontsize|italics|link|small|strike|sub|sup)$|^(acosh?|asinh?|atan[h2]?|cbrt|cosh?|expm?1?|fround|hypot|imul|log.*|sinh?|tanh?|clz32)$/;

const keep = (
  target: object,
  all: readonly PropertyKey[] | undefined,
  names: readonly PropertyKey[],
): Kept => ({
  target,
  all,
  names,
  properties: names.map((name) => own(target, name) as PropertyDescriptor),
});

/** Taken when this module is loaded, which is before any foreign code. */
const kept: readonly Kept[] = [
  ...[...new Set(intrinsics())].map((target) => {
    const all = ownKeys(target);
    return keep(
      target,
      all,
      all.filter((name) => typeof name === 'symbol' || !UNUSED.test(name)),
    );
  }),
  keep(globalThis, undefined, GLOBALS),
];

/** Functions of the language that the guard itself replaces: they belong to the language from then on. */
export function adopt(target: object, name: PropertyKey): void {
  for (const entry of kept) {
    if (entry.target !== target) continue;
    const at = entry.names.indexOf(name);
    if (at >= 0) (entry.properties as PropertyDescriptor[])[at] = own(target, name) as PropertyDescriptor;
  }
}

/** A descriptor that inherits nothing: an added `get` of Object.prototype must not become part of it. */
function own(target: object, name: PropertyKey): PropertyDescriptor | undefined {
  const found = getOwnPropertyDescriptor(target, name);
  return found === undefined ? undefined : ({ __proto__: null, ...found } as PropertyDescriptor);
}

/** Node keeps `Buffer` behind a getter and a setter, which stay when it is replaced. */
const behind = own(globalThis, 'Buffer') as PropertyDescriptor;
const OwnBuffer = Buffer;

interface Change {
  readonly target: object;
  readonly name: PropertyKey;
  /** As foreign code left it; undefined where it deleted the property. */
  readonly foreign: PropertyDescriptor | undefined;
}

let inside = false;

let unable = (): never => {
  throw new TypeError('the guard cannot undo a change of the language');
};

/** @param handler Called when something was changed in a way that cannot be undone. It must not return. */
export function onTampered(handler: () => never): void {
  unable = handler;
}

/**
 * Runs a decision of the guard with the language as it was at the start, and puts back what foreign code made of it.
 * The work is synchronous and calls nothing of foreign code: what comes from there is read before.
 */
export function pristine<T>(work: () => T): T {
  if (inside) return work();
  inside = true;
  let changes: Change[] | undefined;
  let count = 0;
  let foreignBuffer: unknown = OwnBuffer;
  try {
    // Nothing but syntax and what was taken above, until the language is whole.
    for (let i = 0; i < kept.length; i++) {
      const { target, all, names, properties } = kept[i] as Kept;
      const now = all === undefined ? undefined : ownKeys(target);
      if (all !== undefined && now !== undefined && !sameNames(now, all)) {
        for (let n = 0; n < now.length; n++) {
          const name = now[n] as PropertyKey;
          if (known(all, name)) continue;
          changes ??= [];
          put(changes, count++, { target, name, foreign: own(target, name) });
          if (!deleteProperty(target, name)) return unable();
        }
      }
      for (let n = 0; n < names.length; n++) {
        const name = names[n] as PropertyKey;
        const wanted = properties[n] as PropertyDescriptor;
        const found = getOwnPropertyDescriptor(target, name);
        if (found !== undefined && same(found, wanted)) continue;
        changes ??= [];
        put(changes, count++, { target, name, foreign: own(target, name) });
        if (!defineProperty(target, name, wanted)) return unable();
      }
    }
    if (behind.get && behind.set) {
      foreignBuffer = apply(behind.get, globalThis, []);
      if (foreignBuffer !== OwnBuffer) apply(behind.set, globalThis, [OwnBuffer]);
    }
    return work();
  } finally {
    inside = false;
    if (behind.set && foreignBuffer !== OwnBuffer) apply(behind.set, globalThis, [foreignBuffer]);
    if (changes !== undefined) putBack(changes, count);
  }
}

function sameNames(now: readonly PropertyKey[], all: readonly PropertyKey[]): boolean {
  if (now.length !== all.length) return false;
  for (let i = 0; i < all.length; i++) if (now[i] !== all[i]) return false;
  return true;
}

function known(names: readonly PropertyKey[], name: PropertyKey): boolean {
  for (let i = 0; i < names.length; i++) if (names[i] === name) return true;
  return false;
}

/** A descriptor of the other kind has another `get` and no `value`. */
const same = (found: PropertyDescriptor, wanted: PropertyDescriptor): boolean =>
  is(found.value, wanted.value) && found.get === wanted.get && found.set === wanted.set;

/** An element of an array as its own property, whatever setters foreign code gave to its prototype. */
function put(list: Change[], at: number, value: Change): void {
  defineProperty(list, at, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  } as PropertyDescriptor);
}

function putBack(changes: readonly Change[], count: number): void {
  for (let i = count - 1; i >= 0; i--) {
    const { target, name, foreign } = changes[i] as Change;
    if (foreign === undefined) deleteProperty(target, name);
    else defineProperty(target, name, foreign);
  }
}

type Method<T, A extends readonly unknown[], R> = (this: T, ...args: A) => R;

/** A method as a function of its object: foreign code may replace it, and Function.prototype.call with it. */
export function taken<T, A extends readonly unknown[], R>(
  method: Method<T, A, R>,
): (self: T, ...args: A) => R {
  return (self, ...args) => apply(method as never, self, args as never) as R;
}
