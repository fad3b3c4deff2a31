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

/** The key was, or may have been, in the wrong hands. */
const COMPROMISED: ReadonlySet<RevocationReason> = new Set(['keyCompromise', 'cACompromise', 'aACompromise']);

/** What is known of the time of a signature. */
export interface SigningTime {
  /** From a source that the caller trusts (a time stamp): the signature existed then. */
  readonly signedAt?: Date | undefined;
  /** What a time-stamp authority itself says in what it signs, which its key's thief could say too. */
  readonly claimedAt?: Date | undefined;
}

/**
 * Whether a revocation speaks against a signature.
 *
 * Without a proven time every revocation counts, because the holder of a stolen key can write any date. Against a proven
 * time, a certificate that was only replaced or retired later counts no more, nor does a compromise that the CA itself
 * dates later: by its invalidity date, since the date of revocation is when it was noticed. For a time-stamp authority
 * that was retired, its own time is enough (RFC 3161 §4).
 */
export function revocationCounts(
  { reason, date, invalidityDate }: Revocation,
  { signedAt, claimedAt }: SigningTime,
): boolean {
  const from = invalidityDate && invalidityDate < date ? invalidityDate : date;
  // Written so that an invalid Date (NaN) counts.
  const later = (time: Date | undefined): boolean => time !== undefined && from > time;
  if (reason === undefined) return true;
  if (HARMLESS_LATER.has(reason)) return !later(signedAt ?? claimedAt);
  // RFC 3161 §4 tells this from a missing reason.
  if (reason === 'unspecified' && claimedAt !== undefined) return !later(signedAt ?? claimedAt);
  return !(COMPROMISED.has(reason) && invalidityDate !== undefined && later(signedAt));
}
