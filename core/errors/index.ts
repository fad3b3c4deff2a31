import { attestationErrors } from './attestation.js';
import { bundleErrors } from './bundle.js';
import { caErrors } from './ca.js';
import { certificateErrors } from './certificate.js';
import { generalErrors } from './general.js';
import { guardErrors } from './guard.js';
import { identityErrors } from './identity.js';
import { integrityErrors } from './integrity.js';
import { policyErrors } from './policy.js';
import { quarantineErrors } from './quarantine.js';
import { reachErrors } from './reach.js';
import { recordErrors } from './records.js';
import { revocationErrors } from './revocation.js';
import { runtimeErrors } from './runtime.js';
import { scanErrors } from './scan.js';
import { signerErrors } from './signer.js';
import type { Detail, ErrorKind } from './texts.js';
import { timestampErrors } from './timestamp.js';

export type { Detail, ErrorKind } from './texts.js';

/** Every error code of Modelseal with its sentence and hint, by area. */
export const ERROR_TABLES = {
  general: generalErrors,
  certificate: certificateErrors,
  revocation: revocationErrors,
  timestamp: timestampErrors,
  bundle: bundleErrors,
  attestation: attestationErrors,
  identity: identityErrors,
  policy: policyErrors,
  integrity: integrityErrors,
  scan: scanErrors,
  quarantine: quarantineErrors,
  reach: reachErrors,
  records: recordErrors,
  runtime: runtimeErrors,
  guard: guardErrors,
  ca: caErrors,
  signer: signerErrors,
} as const;

const ALL = {
  ...generalErrors,
  ...certificateErrors,
  ...revocationErrors,
  ...timestampErrors,
  ...bundleErrors,
  ...attestationErrors,
  ...identityErrors,
  ...policyErrors,
  ...integrityErrors,
  ...scanErrors,
  ...quarantineErrors,
  ...reachErrors,
  ...recordErrors,
  ...runtimeErrors,
  ...guardErrors,
  ...caErrors,
  ...signerErrors,
};

type Table = typeof ALL;

/** A stable name of one cause. */
export type ErrorCode = keyof Table & string;

/** The data that an occurrence of `C` carries. */
export type ErrorDetails<C extends ErrorCode> = DetailsOf<Table[C]['say']>;

/** A sentence without data takes an empty object. */
type DetailsOf<S extends (details: never) => string> =
  Parameters<S> extends [] ? Record<string, never> : Parameters<S>[0];

type HintFor<C extends ErrorCode> = (details: ErrorDetails<C>) => string | undefined;

/** How an error appears in a report and under `--json`. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, Detail>>;
}

/**
 * The only error that Modelseal throws on purpose.
 *
 * `code` is stable and names one cause, `details` carry the data of that cause, `hint` says what to do.
 * Key material, passphrases and file contents never appear in any of them.
 */
export class ModelsealError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly details: ErrorDetails<C>;
  readonly hint: string;
  readonly kind: ErrorKind;

  constructor(code: C, details: ErrorDetails<C>, options?: { cause?: unknown }) {
    const text = ALL[code];
    super((text.say as (d: ErrorDetails<C>) => string)(details), options);
    this.name = 'ModelsealError';
    this.code = code;
    this.details = details;
    this.hint = ('hintFor' in text && (text.hintFor as HintFor<C>)(details)) || text.hint;
    this.kind = text.kind;
  }

  toJSON(): ErrorRecord {
    return {
      code: this.code,
      kind: this.kind,
      message: this.message,
      hint: this.hint,
      details: this.details as Record<string, Detail>,
    };
  }
}

/** Stands for any field of an error: prints its own name. */
const NAMES = new Proxy({}, { get: (_target, field) => `‹${String(field)}›` });

/** What a code says of any occurrence, with the names of its fields in place of the data. */
export function sentenceOf(code: string): string | undefined {
  if (!Object.hasOwn(ALL, code)) return undefined;
  return (ALL[code as ErrorCode].say as (details: object) => string)(NAMES);
}

/**
 * Narrows an unknown throw to one of ours, optionally to one code.
 * @example
 * try {
 *   await verifyModel('model', { trustRoots, at: new Date() });
 * } catch (error) {
 *   if (isModelsealError(error)) console.log(error.code, error.hint);
 * }
 */
export function isModelsealError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: C,
): error is ModelsealError<C> {
  return error instanceof ModelsealError && (code === undefined || error.code === code);
}
