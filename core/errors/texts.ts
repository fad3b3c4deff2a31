/** What went wrong, by what a caller does next. `cli.ts` alone turns a kind into an exit code. */
export type ErrorKind =
  /** Signature, chain, integrity or policy says no. */
  | 'refused'
  /** A threat was found. */
  | 'threat'
  /** The model, bundle or another named file is not there. */
  | 'not-found'
  /** The call itself is wrong: options, arguments, values. */
  | 'usage'
  /** The question could not be answered: I/O, missing optional part, our own fault. Never "clean". */
  | 'unchecked'
  /** A person stopped it. */
  | 'interrupted';

/** A value that a report can carry unchanged. Key material and passphrases never appear here. */
export type Detail = string | number | boolean | readonly string[];

/** The sentence and the remedy of one error code; `say` may only interpolate fields, see {@link list}. */
export interface ErrorText<D> {
  readonly kind: ErrorKind;
  /** One sentence with the data of this occurrence, no full stop at the end. */
  readonly say: (details: D) => string;
  /** What to do about it, one or two sentences. */
  readonly hint: string;
  /** A better remedy where the data of this occurrence allow one; the documentation shows `hint`. */
  readonly hintFor?: (details: D) => string | undefined;
}

type AnyText = ErrorText<never>;

/**
 * Defines a table of error codes. A code without sentence, kind or hint does not compile.
 * Every table is merged in `core/errors/index.ts`, from which the README's table is generated.
 */
export function defineErrors<const T extends { readonly [C in `ERR_${string}`]: AnyText }>(table: T): T {
  return table;
}

/** Joins names for a sentence, at most {@link LISTED}; also accepts the placeholder of the generated documentation. */
export function list(names: readonly string[] | string): string {
  if (typeof names === 'string') return names;
  const shown = names.slice(0, LISTED).join(', ');
  return names.length > LISTED ? `${shown} and ${names.length - LISTED} more` : shown;
}

/** A sentence with more names than this is no longer read; reports carry them all. */
const LISTED = 5;
