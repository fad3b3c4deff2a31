import type { Report } from '../report.js';
import { type CheckSummary, problemsOf, verdictText } from '../summary.js';
import { htmlPage, htmlText as text } from './page.js';

/** Renders a check as one self-contained HTML page: no script, no external resource. */
export function toHtml(summary: CheckSummary): string {
  const { counts } = summary;
  return htmlPage('Modelseal report', [
    `<h1>Model integrity: <span class="${summary.verdict}">${summary.verdict}</span></h1>`,
    `<p><code>${text(summary.root)}</code>, ${text(summary.at)}, modelseal ${text(summary.tool.version)}: ${counts.accepted} accepted, `,
    `${counts.refused} refused, ${counts.threat} with threats, ${counts.unchecked} not checked.</p>`,
    ...summary.models.map(section),
  ]);
}

function section(report: Report): string {
  const problems = problemsOf(report)
    .map(
      (p) =>
        `<tr><td class="${p.level}">${p.level}</td><td>${text(p.id)}</td><td><code>${text(p.file)}</code></td><td>${text(p.message)}<br><em>${text(p.hint)}</em></td></tr>`,
    )
    .join('\n');
  const signers = report.signers
    .flatMap((s) => [
      `<tr><td>${s.method}</td><td>${text(s.identities.join(', '))}</td><td><code>${text(s.keyFingerprint)}</code></td></tr>`,
      ...s.chain.map(
        (c) =>
          `<tr><td></td><td>${text(c.subject)}</td><td>${text(c.notBefore)} to ${text(c.notAfter)}</td></tr>`,
      ),
    ])
    .join('\n');
  const checks = report.checks
    .map(
      (c) =>
        `<tr><td class="${c.outcome}">${c.outcome}</td><td>${text(c.name)}</td><td>${text(c.detail)}</td><td>${text(c.source ?? '')}</td></tr>`,
    )
    .join('\n');
  return [
    `<h2><span class="${report.verdict}">${text(verdictText(report))}</span> <code>${text(report.subject)}</code></h2>`,
    table('Problems', problems),
    table('Signed by', signers),
    table('Checks', checks),
  ].join('\n');
}

const table = (title: string, rows: string): string =>
  rows ? `<h3>${title}</h3><table>${rows}</table>` : '';
