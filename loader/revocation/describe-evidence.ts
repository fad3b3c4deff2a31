import type { ErrorRecord } from '../../core/errors/index.js';
import { isoTime } from '../../core/x509/index.js';
import type { CheckedPath } from './checked-path.js';
import type { CertificateStatus, EvidenceUsed } from './status.js';

/** The evidence behind one certificate, as reports carry it. JSON-able as it stands. */
export interface CertificateEvidence {
  readonly subject: string;
  readonly serialNumber: string;
  readonly status: CertificateStatus['status'];
  readonly revocations: readonly {
    readonly date: string;
    readonly reason: string;
    readonly invalidityDate?: string;
    readonly source: string;
  }[];
  readonly evidence: readonly {
    readonly kind: EvidenceUsed['kind'];
    readonly source: string;
    readonly issuer: string;
    readonly thisUpdate: string;
    readonly nextUpdate?: string;
    readonly number?: string;
    readonly says: EvidenceUsed['says'];
    readonly nonce?: boolean;
  }[];
  readonly problems: readonly ErrorRecord[];
}

/** The revocation section of a report. */
export interface EvidenceDescription {
  readonly mode: CheckedPath['mode'];
  /** The time that evidence had to be current at. */
  readonly at: string;
  /** Leaf first. */
  readonly certificates: readonly CertificateEvidence[];
  readonly warnings: readonly ErrorRecord[];
}

/**
 * What was found out about the revocation of each certificate, and from which evidence.
 * @example
 * console.log(describeEvidence(checkRevocation(path, { evidence, at: new Date() })));
 */
export function describeEvidence(checked: CheckedPath): EvidenceDescription {
  return {
    mode: checked.mode,
    at: isoTime(checked.at),
    certificates: checked.statuses.map(describeStatus),
    warnings: checked.warnings.map((error) => error.toJSON()),
  };
}

function describeStatus(found: CertificateStatus): CertificateEvidence {
  const { certificate, status } = found;
  return {
    subject: certificate.label,
    serialNumber: certificate.serialNumber,
    status,
    revocations: found.revocations.map(({ date, reason, invalidityDate, source }) => ({
      date: isoTime(date),
      reason: reason ?? 'unspecified',
      ...(invalidityDate ? { invalidityDate: isoTime(invalidityDate) } : {}),
      source,
    })),
    evidence: found.evidence.map(({ thisUpdate, nextUpdate, ...rest }) => ({
      ...rest,
      thisUpdate: isoTime(thisUpdate),
      ...(nextUpdate ? { nextUpdate: isoTime(nextUpdate) } : {}),
    })),
    problems: found.problems.map((error) => error.toJSON()),
  };
}
