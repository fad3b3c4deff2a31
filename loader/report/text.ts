import type pc from 'picocolors';
import type { Check, FilesSummary, Report, SignerSummary, Verdict } from '../../core/report/index.js';
import { formatBytes, formatDuration, printable } from '../../core/printable.js';
import { verdictText } from './verdict.js';

type Colors = ReturnType<typeof pc.createColors>;

const MARKS: { readonly [O in Check['outcome']]: string } = {
  passed: '✔',
  failed: '✖',
  skipped: '–',
  warning: '!',
};

/**
 * A report for people: the verdict first, then who signed, what was checked, and every file that is not as it should
 * be. Everything from outside is made printable.
 * @example
 * const { report } = await verifyModel('model', { trustRoots, at: new Date() });
 * console.log(renderReport(report, colors));
 */
export function renderReport(report: Report, colors: Colors): string {
  const lines = [verdictText(report, colors)];
  for (const error of report.errors) {
    lines.push(`  ${colors.red('✖')} ${printable(error.message)} ${colors.dim(`[${error.code}]`)}`);
    lines.push(`    ${colors.dim('hint:')} ${error.hint}`);
  }
  for (const signer of report.signers) lines.push('', ...signerLines(signer, report.verdict, colors));
  if (report.checks.length > 0) {
    lines.push('', colors.bold(`Checks, judged at ${report.at}`));
    for (const check of report.checks) lines.push(checkLine(check, colors));
  }
  if (report.files) lines.push('', ...fileLines(report.files, colors));
  if (report.threats.length > 0) {
    lines.push('', colors.bold('Findings of the scan'));
    for (const t of report.threats) {
      lines.push(`  ${t.severity.padEnd(8)} ${t.rule}  ${printable(t.file)}: ${printable(t.message)}`);
    }
  }
  if (report.metadata && Object.keys(report.metadata).length > 0) {
    lines.push('', colors.bold('Signed metadata'));
    for (const [key, value] of Object.entries(report.metadata)) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      lines.push(`  ${printable(key)}: ${printable(text)}`);
    }
  }
  const total = Object.values(report.timings).reduce((sum, ms) => sum + ms, 0);
  lines.push('', colors.dim(`${formatDuration(total / 1000)}, modelseal ${report.tool.version}`));
  return lines.join('\n');
}

function signerLines(signer: SignerSummary, verdict: Verdict, colors: Colors): string[] {
  // A name under a refusal is a claim, and must not read like a fact.
  const title =
    verdict === 'accepted' || verdict === 'threat' ? 'Signed by' : 'Signer as named by the signature';
  const [leaf] = signer.chain;
  const lines = [colors.bold(`${title} (${signer.method} method)`)];
  if (leaf) lines.push(`  subject      ${printable(leaf.subject)}`);
  for (const identity of signer.identities) lines.push(`  identity     ${printable(identity)}`);
  lines.push(`  key          ${leaf ? `${leaf.key}, ` : ''}SHA-256 ${signer.keyFingerprint}`);
  if (leaf) lines.push(`  certificate  SHA-256 ${leaf.fingerprint}`);
  signer.chain.forEach((certificate, i) => {
    const last = i === signer.chain.length - 1;
    const role = i === 0 ? 'leaf' : last ? 'trust anchor' : 'issuer';
    const name = printable(certificate.subject || `serial ${certificate.serialNumber}`);
    const validity = `${certificate.notBefore.slice(0, 10)} to ${certificate.notAfter.slice(0, 10)}`;
    lines.push(`  ${'  '.repeat(i)}${i === 0 ? '' : '└ '}${name} ${colors.dim(`(${role}, ${validity})`)}`);
  });
  return lines;
}

function checkLine(check: Check, colors: Colors): string {
  const paint = { passed: colors.green, failed: colors.red, skipped: colors.dim, warning: colors.yellow };
  const source = check.source ? colors.dim(`  ${check.source}`) : '';
  return `  ${paint[check.outcome](MARKS[check.outcome])} ${check.name.padEnd(22)} ${printable(check.detail)}${source}`;
}

function fileLines(files: FilesSummary, colors: Colors): string[] {
  const lines = [colors.bold('Files'), `  ${files.matched} as signed, ${formatBytes(files.bytes)} read`];
  const group = (title: string, names: readonly string[], paint: (text: string) => string): void => {
    if (names.length === 0) return;
    lines.push(`  ${paint(`${title} (${names.length})`)}`);
    for (const name of names) lines.push(`    ${printable(name)}`);
  };
  group('changed', files.changed, colors.red);
  group('missing', files.missing, colors.red);
  group('not in the manifest', files.extra, colors.red);
  group('excluded', files.ignored, colors.dim);
  group('not looked at', files.notVerified, colors.yellow);
  return lines;
}
