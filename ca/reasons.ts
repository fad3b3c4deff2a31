import { ModelsealError } from '../core/errors/index.js';

/**
 * CRLReason (RFC 5280 §5.3.1). `removeFromCRL` is left out: it belongs to delta CRLs, and a certificate that was
 * revoked here stays revoked. `certificateHold` is read from older records and given to no new one, for the same reason.
 */
export const REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;

export type RevocationReason = keyof typeof REASONS;

/** What may be given as a reason. */
export const OFFERED_REASONS = (Object.keys(REASONS) as RevocationReason[]).filter(
  (reason) => reason !== 'certificateHold',
);
export type OfferedReason = (typeof OFFERED_REASONS)[number];

/**
 * The reason that a name of RFC 5280 §5.3.1 stands for.
 * @throws {ModelsealError} `ERR_REVOCATION_REASON`
 * @example
 * const reason = revocationReason('keyCompromise');
 */
export function revocationReason(name: string): OfferedReason {
  const reason = OFFERED_REASONS.find((offered) => offered === name);
  if (reason !== undefined) return reason;
  throw new ModelsealError('ERR_REVOCATION_REASON', { reason: name, known: OFFERED_REASONS });
}

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z)?$/;

/** A day or a moment in UTC. @throws {ModelsealError} `ERR_REVOCATION_DATE` */
export function invalidityDate(value: string): Date {
  const date = new Date(value);
  // Date rolls 31 February over into March; a date that is not the one that was written is refused.
  if (
    !DATE.test(value) ||
    Number.isNaN(date.getTime()) ||
    !date.toISOString().startsWith(value.slice(0, 10))
  ) {
    throw new ModelsealError('ERR_REVOCATION_DATE', { value, problem: 'it is no date in UTC' });
  }
  return date;
}
