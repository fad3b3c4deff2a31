import type { RevocationReason } from '../../core/x509/crl.js';

/** A revocation as an authorised source states it. */
export interface Revocation {
  readonly date: Date;
  /** Absent where the source gives none; RFC 5280 §5.3.1 equates that with `unspecified`. */
  readonly reason?: RevocationReason;
  /** When the key is known or suspected to have been compromised (§5.3.2). */
  readonly invalidityDate?: Date;
  /** Which list or response says so, for people. */
  readonly source: string;
}

/**
 * Reasons that say nothing against what was signed before: the certificate was replaced or is no longer needed. Every
 * other reason, and none at all, leaves open whether the key was in the wrong hands while it signed.
 */
const HARMLESS_LATER: ReadonlySet<RevocationReason> = new Set([
  'superseded',
  'cessationOfOperation',
  'affiliationChanged',
]);

/**
 * Whether a revocation speaks against a signature.
 *
 * @param signedAt Time of signing from a source that the caller trusts (a timestamp); without one, every revocation
 *   counts, because the holder of a stolen key can write any date.
 */
export function revocationCounts(revocation: Revocation, signedAt: Date | undefined): boolean {
  if (!signedAt || !revocation.reason || !HARMLESS_LATER.has(revocation.reason)) return true;
  const { date, invalidityDate } = revocation;
  const from = invalidityDate && invalidityDate < date ? invalidityDate : date;
  // Written so that an invalid Date (NaN) counts.
  return !(from > signedAt);
}
