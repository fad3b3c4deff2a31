import type { ErrorRecord } from '../../core/errors/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import { isoTime } from '../../core/x509/index.js';
import type { CheckedPath, RevocationMode } from './checked-path.js';
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

/** What was found out about the revocation of each certificate, and from which evidence. */
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

/** Writes `revocation.mode`, which stands in every report. */
export function reportMode(mode: RevocationMode | undefined, report: ReportBuilder): void {
  if (mode === 'off') {
    report.skipped('revocation.mode', 'revocation is switched off: a revoked certificate is not noticed');
    return;
  }
  const rule = mode ?? 'required where a certificate names an address or evidence was given';
  report.passed('revocation.mode', `revocation: ${rule}`);
}

/** Writes `revocation.crl` and `revocation.ocsp`, found or not, and what did not count. */
export function reportPath(checked: CheckedPath, report: ReportBuilder): void {
  const { mode, statuses, warnings } = checked;
  const unknown = statuses.filter(({ status }) => status === 'unknown' || status === 'skipped');
  if (unknown.length === statuses.length) report.reservation('revocation not checked');
  else if (unknown.length > 0) report.reservation('revocation checked in part');
  if (mode === 'off') {
    report.skipped('revocation.crl', 'revocation is switched off');
    report.skipped('revocation.ocsp', 'revocation is switched off');
    return;
  }
  reportKind(report, 'revocation.crl', 'CRL', statuses, (kind) => kind !== 'ocsp', 'RFC 5280 §6.3');
  reportKind(
    report,
    'revocation.ocsp',
    'OCSP response',
    statuses,
    (kind) => kind === 'ocsp',
    'RFC 6960 §3.2',
  );
  for (const { certificate, revocations } of statuses) {
    for (const { date, reason } of revocations) {
      const since = `${isoTime(date)} (${reason ?? 'unspecified'})`;
      report.warning('revocation.after-signing', `${certificate.label} was revoked after signing, ${since}`);
    }
  }
  for (const error of warnings) {
    const name = error.code.startsWith('ERR_OCSP') ? 'revocation.ocsp' : 'revocation.crl';
    report.warning(name, error.message);
  }
}

function reportKind(
  report: ReportBuilder,
  name: string,
  what: string,
  statuses: readonly CertificateStatus[],
  wanted: (kind: EvidenceUsed['kind']) => boolean,
  source: string,
): void {
  const covered = statuses.filter(({ evidence }) => evidence.some(({ kind }) => wanted(kind)));
  if (covered.length === 0) {
    report.skipped(name, `no ${what} about a certificate of this path counts`);
    return;
  }
  const names = covered.map(({ certificate }) => certificate.label).join(', ');
  report.passed(name, `a current ${what} was found for ${names}`, source);
}
