import type { Permission } from './allow/index.js';

/** A global by the name that Python 3 knows it under; no permission where it is not on the allow-list. */
export interface NamedGlobal {
  readonly module: string;
  readonly name: string;
  readonly permission: Permission | undefined;
}

/**
 * How arguments are looked at. The scanner's values are numbers, the unpickler's are objects: both are judged by the same
 * conditions, so that neither calls what the other refuses.
 */
export interface Sight<V> {
  global(value: V): NamedGlobal | undefined;
  /** A text that the file spells; undefined for others, and for one that is too long to be a name. */
  text(value: V): string | undefined;
  /** A text that the file spells, of any length. */
  isText(value: V): boolean;
  isNone(value: V): boolean;
  /** What a call returned, or an instance. */
  isResult(value: V): boolean;
}

/** Whether arguments are those of data. */
export type Fits = <V>(see: Sight<V>, args: ArrayLike<V>) => boolean;

/** The argument at a place where it is a global. */
export function globalAt<V>(see: Sight<V>, args: ArrayLike<V>, place: number): NamedGlobal | undefined {
  return place < args.length ? see.global(args[place] as V) : undefined;
}

export const isTextAt = <V>(see: Sight<V>, args: ArrayLike<V>, place: number): boolean =>
  place < args.length && see.isText(args[place] as V);

export const isNoneAt = <V>(see: Sight<V>, args: ArrayLike<V>, place: number): boolean =>
  place < args.length && see.isNone(args[place] as V);

export const isResultAt = <V>(see: Sight<V>, args: ArrayLike<V>, place: number): boolean =>
  place < args.length && see.isResult(args[place] as V);

export const isNamed = (global: NamedGlobal | undefined, module: RegExp, name: RegExp): boolean =>
  global !== undefined && module.test(global.module) && name.test(global.name);

/** A class of data: one that may be made, by calling it or without its constructor. */
export function isDataClass(global: NamedGlobal | undefined, module?: RegExp): boolean {
  if (!global) return false;
  const { permission } = global;
  if (permission === undefined || permission === 'ref' || permission === 'check' || permission === 'applies')
    return false;
  return module?.test(global.module) ?? true;
}

/** NumPy takes no other class than one of arrays, and makes it without its constructor; a mapped one opens nothing then. */
export const isArrayClass = (global: NamedGlobal | undefined): boolean =>
  (global?.permission === 'check' && global.name === 'memmap') || isDataClass(global);
