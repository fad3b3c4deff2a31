import type { ModelsealError } from '../../core/errors/index.js';
import { checkOptions } from '../../core/options.js';
import { DEFAULT_ALGORITHM_POLICY } from '../path/algorithm-policy.js';
import type { ValidatedPath } from '../path/index.js';
import { judgePath } from './judge-path.js';
import { REVOCATION, type RevocationMode, type RevocationOptions } from './options.js';
import type { CertificateStatus } from './status.js';

/**
 * A path whose certificates were looked up in the revocation evidence, or for which that was switched off in so many
 * words. Only the check makes one.
 */
export class CheckedPath {
  readonly path: ValidatedPath;
  /** The mode asked for, or `default`. */
  readonly mode: RevocationMode | 'default';
  /** Leaf first, one for each certificate of the path; the anchor is trusted as it is and has none. */
  readonly statuses: readonly CertificateStatus[];
  /** What is missing or did not count, without being a refusal in this mode. */
  readonly warnings: readonly ModelsealError[];
  readonly at: Date;
  readonly #checked = true;

  private constructor(
    path: ValidatedPath,
    options: RevocationOptions,
    statuses: readonly CertificateStatus[],
    warnings: readonly ModelsealError[],
  ) {
    this.path = path;
    this.mode = options.mode ?? 'default';
    this.statuses = statuses;
    this.warnings = warnings;
    this.at = new Date(options.at);
  }

  /** See {@link checkRevocation}. */
  static check(path: ValidatedPath, options: RevocationOptions): CheckedPath {
    checkOptions('checkRevocation', options, REVOCATION);
    const judged = judgePath(path, {
      ...options,
      algorithms: options.algorithms ?? DEFAULT_ALGORITHM_POLICY,
    });
    return new CheckedPath(path, options, Object.freeze(judged.statuses), judged.warnings);
  }

  /** False for anything that only looks like one. */
  static isChecked(value: unknown): value is CheckedPath {
    return typeof value === 'object' && value !== null && #checked in value;
  }
}

/**
 * Checks every certificate of a path except the anchor against CRLs (RFC 5280 §6.3) and OCSP responses (RFC 6960).
 *
 * A revocation from any authorised source counts, whatever another says: an OCSP "good" does not override a CRL. Stale,
 * future-dated, badly signed and unauthorised evidence never makes a certificate good.
 *
 * @throws {ModelsealError} `ERR_REVOKED`; in `require` the problem of the evidence that got furthest, or
 *   `ERR_REVOCATION_EVIDENCE_MISSING` where there is none; `ERR_EVIDENCE_BUDGET`
 * @example
 * const checked = checkRevocation(path, { evidence: readEvidence({ crlFiles: ['issuing.crl'] }), at: new Date() });
 */
export function checkRevocation(path: ValidatedPath, options: RevocationOptions): CheckedPath {
  return CheckedPath.check(path, options);
}
