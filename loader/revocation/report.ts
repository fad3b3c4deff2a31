import type { ReportBuilder } from '../../core/report/index.js';
import { isoTime } from '../../core/x509/index.js';
import type { CheckedPath } from './checked-path.js';
import type { RevocationMode } from './options.js';
import type { CertificateStatus, EvidenceUsed } from './status.js';

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
export function reportPath({ mode, statuses, warnings }: CheckedPath, report: ReportBuilder): void {
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

/** Says how old the knowledge is about certificates that ended before the time of verification. */
export function reportAge(statuses: readonly CertificateStatus[], at: Date, report: ReportBuilder): void {
  for (const { certificate, status, evidence } of statuses) {
    if (status !== 'good' || at <= certificate.notAfter) continue;
    const last = new Date(Math.max(...evidence.map(({ thisUpdate }) => thisUpdate.getTime())));
    report.warning(
      'revocation.as-of',
      `${certificate.label} has expired since; that it was not revoked is known as of ${isoTime(last)}`,
    );
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
