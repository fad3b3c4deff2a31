import { ModelsealError } from './errors/index.js';
import { didYouMean } from './guess.js';

/** Says what is wrong with the value of an option, or nothing. */
export type OptionCheck = (value: unknown) => string | undefined;

/** A check for one of a few words. */
export type ChoiceCheck<C> = OptionCheck & {
  /** For the compiler only: a table with other words than the type's does not compile. */
  readonly among?: (choice: C) => C;
};

/** The words of an option that takes one of a few; never for any other option. */
type Choice<V> = [V] extends [string] ? (string extends V ? never : V) : never;

/** A check for each name of an options type and for nothing besides: a new option does not compile without one. */
export type OptionTable<T> = {
  readonly [K in keyof T]-?: [Choice<NonNullable<T[K]>>] extends [never]
    ? OptionCheck
    : ChoiceCheck<Choice<NonNullable<T[K]>>>;
};

const that =
  (what: string, holds: (value: unknown) => boolean): OptionCheck =>
  (value) =>
    holds(value) ? undefined : `is not ${what}`;

/** Checks of single values. `undefined` is always allowed: it means that the option was not given. */
export const is = {
  text: that('a text', (value) => typeof value === 'string'),
  flag: that('true or false', (value) => typeof value === 'boolean'),
  number: that('a number', (value) => typeof value === 'number'),
  /** That it is a time at all is judged where it counts. */
  time: that('a Date', (value) => value instanceof Date),
  call: that('a function', (value) => typeof value === 'function'),
  /** Looked into where it is used. */
  object: that('an object', (value) => typeof value === 'object' && value !== null),
  anything: (): undefined => undefined,
  /** Not plain data that looks like one: only its own factories make it. */
  made: (type: { readonly name: string; readonly prototype: object }): OptionCheck =>
    that(
      `a ${type.name}`,
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        Object.prototype.isPrototypeOf.call(type.prototype, value),
    ),
  one: <const C extends string | number>(...choices: readonly C[]): ChoiceCheck<C> =>
    that(`one of ${choices.join(', ')}`, (value) => (choices as readonly unknown[]).includes(value)),
  list:
    (item: OptionCheck): OptionCheck =>
    (value) => {
      if (!Array.isArray(value)) return 'is not an array';
      for (const entry of value) {
        const problem = entry === undefined ? 'is missing' : item(entry);
        if (problem !== undefined) return `has an entry that ${problem}`;
      }
      return undefined;
    },
  either:
    (...checks: readonly OptionCheck[]): OptionCheck =>
    (value) => {
      const problems = checks.map((check) => check(value));
      return problems.includes(undefined) ? undefined : problems.join(' and ');
    },
};

/**
 * Options of the API are closed: an unknown name or a value of another kind is refused, also for callers without a
 * compiler. What is misspelt must not be softer than the default.
 *
 * @param of The function, for the message.
 * @throws {ModelsealError} `ERR_USAGE`
 */
export function checkOptions<T extends object>(of: string, options: T, table: OptionTable<T>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new ModelsealError('ERR_USAGE', { problem: `the options of ${of} are not an object` });
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(table, name) ? table[name as keyof T] : undefined;
    if (!check) {
      const meant = didYouMean(name, Object.keys(table));
      throw new ModelsealError('ERR_USAGE', { problem: `${of} has no option ${name}${meant}` });
    }
    const problem = value === undefined ? undefined : check(value);
    if (problem !== undefined)
      throw new ModelsealError('ERR_USAGE', { problem: `the option ${name} of ${of} ${problem}` });
  }
}
