import { type Output, printable } from './terminal/index.js';
import { wrapped } from '../core/wrap.js';
import { renderReport, renderShortReport } from '../loader/report/index.js';
import type { CertificateReport } from './certificate-judge.js';

type Colors = Output['colors'];

/**
 * The report of `certificate verify` for people: the path and the verdict; with `--verbose` every check, the path and the
 * evidence.
 */
export function renderCertificateReport(
  report: CertificateReport,
  { colors, verbose, width }: Output,
): string {
  if (!verbose) {
    const path = report.path?.map(({ subject }) => printable(subject)).join(' ← ');
    const chain =
      path === undefined
        ? []
        : [`${colors.dim('path'.padEnd(12))}${wrapped(path, width - 12, ' '.repeat(12))}`];
    return [...chain, renderShortReport(report, colors, width)].join('\n');
  }
  const lines = [renderReport(report, colors), ''];
  if (report.path) {
    lines.push(colors.bold(`Path for ${report.purpose}, trust anchor last`));
    for (const [depth, c] of report.path.entries()) {
      lines.push(`  ${'  '.repeat(depth)}${printable(c.subject)}`);
      lines.push(
        colors.dim(`  ${'  '.repeat(depth)}  ${c.key}, ${c.notBefore} to ${c.notAfter}, ${c.fingerprint}`),
      );
    }
    const identities = report.certificate.identities.map(printable).join(', ');
    if (identities !== '') lines.push(`  identities: ${identities}`);
    const policies = report.policies?.authority ?? [];
    if (policies.length > 0) lines.push(`  policies: ${policies.join(', ')}`);
  } else {
    const c = report.certificate;
    lines.push(colors.bold('The certificate claims'));
    lines.push(`  subject ${printable(c.subject)}`, `  issuer  ${printable(c.issuer)}`);
    lines.push(colors.dim(`  ${c.key}, ${c.notBefore} to ${c.notAfter}, ${c.fingerprint}`));
  }
  if (report.evidence && report.evidence.mode !== 'off')
    lines.push('', ...evidenceLines(report.evidence, colors));
  return lines.join('\n');
}

function evidenceLines(evidence: NonNullable<CertificateReport['evidence']>, colors: Colors): string[] {
  const lines = [colors.bold(`Revocation evidence, judged at ${evidence.at}`)];
  for (const c of evidence.certificates) {
    lines.push(`  ${printable(c.subject)}: ${c.status}`);
    for (const e of c.evidence) {
      const until = e.nextUpdate ? ` to ${e.nextUpdate}` : '';
      lines.push(
        colors.dim(`    ${e.kind} ${printable(e.source)} of ${printable(e.issuer)}, ${e.thisUpdate}${until}`),
      );
    }
    for (const problem of c.problems) lines.push(`    ${printable(problem.message)} [${problem.code}]`);
  }
  return lines;
}
