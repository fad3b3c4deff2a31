import type pc from 'picocolors';
import { formatBytes, formatDuration, printable } from '../../core/printable.js';
import type { Check, Report, SignerSummary } from '../../core/report/index.js';
import { wrapped } from '../../core/wrap.js';
import { verdictText } from './verdict.js';

type Colors = ReturnType<typeof pc.createColors>;

/** Names of files that are listed; the rest is counted. */
const LISTED = 5;
/** Width of the column of labels. */
const LABEL = 12;

/**
 * A report in a few lines: who signed and by which chain, what became of the files, what was found or left open, and
 * the verdict last, with the reason above it. Everything from outside is made printable.
 *
 * @param width Columns of the terminal; words wrap at blanks.
 * @example
 * const { report } = await verifyModel('model', { trustRoots, at: new Date() });
 * console.log(renderShortReport(report, colors));
 */
export function renderShortReport(report: Report, colors: Colors, width = 80): string {
  const line = (label: string, text: string): string =>
    `${colors.dim(label.padEnd(LABEL))}${wrapped(text, Math.max(width, 40) - LABEL, ' '.repeat(LABEL))}`;
  const proven = report.verdict === 'accepted' || report.verdict === 'threat';
  return [
    ...report.signers.map((signer) => line(proven ? 'signed by' : 'claimed', signerText(signer))),
    ...report.signers.flatMap(({ chain }) =>
      chain.length > 1 ? [line('chain', chain.map(({ subject }) => printable(subject)).join(' ← '))] : [],
    ),
    ...filesText(report).map((text, i) => line(i === 0 ? 'files' : '', text)),
    ...report.threats
      .slice(0, LISTED)
      .map((t) => line(t.severity, `${printable(t.file)}: ${printable(t.message)} [${t.rule}]`)),
    ...more(report.threats.length, 'findings').map((text) => line('', text)),
    line('checks', checksText(report)),
    ...warnings(report).map((text) => line('warning', text)),
    ...report.errors.flatMap(({ message, code, hint }) => [
      `${colors.red('✖')} ${wrapped(`${printable(message)} [${code}]`, width - 2, '  ')}`,
      `  ${colors.dim('hint:')} ${wrapped(hint, width - 8, '  ')}`,
    ]),
    verdictText(report, colors),
  ].join('\n');
}

function signerText({ identities, chain: [leaf], keyFingerprint }: SignerSummary): string {
  const names = identities.map(printable).join(', ') || (leaf && printable(leaf.subject));
  const key = `key SHA-256 ${keyFingerprint}`;
  return leaf ? `${names} (${leaf.key}, until ${leaf.notAfter.slice(0, 10)})` : (names ?? key);
}

function filesText({ files }: Report): string[] {
  if (files === undefined) return [];
  const { matched, bytes, changed, missing, extra, ignored, notVerified } = files;
  const list = (what: string, names: readonly string[]): string[] =>
    names.length === 0
      ? []
      : [`${what}: ${[...names.slice(0, LISTED).map(printable), ...more(names.length, '')].join(', ')}`];
  const counts = [
    `${matched} as signed, ${formatBytes(bytes)}`,
    ...(ignored.length > 0 ? [`${ignored.length} excluded`] : []),
    ...(notVerified.length > 0 ? [`${notVerified.length} not looked at`] : []),
  ];
  return [
    counts.join(', '),
    ...list('changed', changed),
    ...list('missing', missing),
    ...list('not signed', extra),
  ];
}

const more = (count: number, what: string): string[] =>
  count > LISTED ? [`${count - LISTED} more${what && ` ${what}`}: --verbose names them`] : [];

/** Warnings that the verdict's line does not say already: it tells what is not known of revocation. */
const warnings = ({ checks }: Report): string[] =>
  checks
    .filter(({ outcome, name }) => outcome === 'warning' && !name.startsWith('revocation.'))
    .slice(0, LISTED)
    .map(({ detail }) => printable(detail));

function checksText({ checks, timings }: Report): string {
  const count = (outcome: Check['outcome']): number =>
    checks.filter((check) => check.outcome === outcome).length;
  const total = Object.values(timings).reduce((sum, ms) => sum + ms, 0);
  const [warnings, skipped] = [count('warning'), count('skipped')];
  return [
    `${count('passed')} passed in ${formatDuration(total / 1000)}`,
    ...(warnings > 0 ? [`${warnings} warned`] : []),
    ...(skipped > 0 ? [`${skipped} not made`] : []),
    ...(warnings + skipped > 0 ? ['see --verbose'] : []),
  ].join(', ');
}
