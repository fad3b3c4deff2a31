import type { ModelsealError } from '../../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { ReportBuilder } from '../../core/report/index.js';
import { DEFAULT_ALGORITHM_POLICY } from '../path/algorithm-policy.js';
import type { AlgorithmPolicy, ValidatedPath } from '../path/index.js';
import type { RevocationEvidence } from './evidence.js';
import { judgePath } from './judge-path.js';
import { reportMode, reportPath } from './report.js';
import type { CertificateStatus } from './status.js';

/** `require`: no proof is a refusal. `prefer`: use what there is. `off`: look at nothing, and say so. */
export const REVOCATION_MODES = ['require', 'prefer', 'off'] as const;
export type RevocationMode = (typeof REVOCATION_MODES)[number];

/** What revocation is checked with. */
export interface RevocationOptions {
  readonly evidence: RevocationEvidence;
  /**
   * Left out: proof is required of every certificate that names a CRL or OCSP address or that any of the evidence is
   * about, and of the leaf as soon as there is any evidence; what is missing for others is reported.
   */
  readonly mode?: RevocationMode | undefined;
  /** Time that evidence must be current at. An input, never from the evidence. */
  readonly at: Date;
  /** Time of signing, only from a source that the caller trusts (a verified timestamp). */
  readonly signedAt?: Date | undefined;
  readonly algorithms?: AlgorithmPolicy | undefined;
  readonly report?: ReportBuilder | undefined;
}

const REVOCATION: OptionTable<RevocationOptions> = {
  evidence: is.object,
  mode: is.one('require', 'prefer', 'off'),
  at: is.time,
  signedAt: is.time,
  algorithms: is.object,
  report: is.made(ReportBuilder),
};

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
    // Before the check, so that the report of a refusal says what was asked for as well.
    if (options.report) reportMode(options.mode, options.report);
    const judged = judgePath(path, {
      ...options,
      algorithms: options.algorithms ?? DEFAULT_ALGORITHM_POLICY,
    });
    const checked = new CheckedPath(path, options, Object.freeze(judged.statuses), judged.warnings);
    if (options.report) reportPath(checked, options.report);
    return checked;
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
 */
export function checkRevocation(path: ValidatedPath, options: RevocationOptions): CheckedPath {
  return CheckedPath.check(path, options);
}
