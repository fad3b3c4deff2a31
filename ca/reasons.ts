import { ModelsealError } from '../core/errors/index.js';

/**
 * CRLReason (RFC 5280 §5.3.1). `removeFromCRL` is left out: it belongs to delta CRLs, and a certificate that was
 * revoked here stays revoked.
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

/** @throws {ModelsealError} `ERR_REVOCATION_REASON` */
export function revocationReason(name: string): RevocationReason {
  if (Object.hasOwn(REASONS, name)) return name as RevocationReason;
  throw new ModelsealError('ERR_REVOCATION_REASON', { reason: name, known: Object.keys(REASONS) });
}
