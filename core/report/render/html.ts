import { neutralMarkup } from '../../neutral.js';
import type { Report } from '../report.js';
import { type CheckSummary, problemsOf, verdictText } from '../summary.js';

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}' +
  'h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}code{font-family:ui-monospace,monospace;word-break:break-all}' +
  'table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid #ddd}' +
  '.accepted,.passed{color:#0a6b2d}.refused,.threat,.failed,.error{color:#b00020}.unchecked,.warning{color:#8a5a00}.skipped{color:#666}';

/** Renders a check as one self-contained HTML page: no script, no external resource. */
export function toHtml(summary: CheckSummary): string {
  const { counts } = summary;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Modelseal report</title>',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<style>${STYLE}</style></head><body>`,
    `<h1>Model integrity: <span class="${summary.verdict}">${summary.verdict}</span></h1>`,
    `<p><code>${text(summary.root)}</code>, ${text(summary.at)}, modelseal ${text(summary.tool.version)}: ${counts.accepted} accepted, `,
    `${counts.refused} refused, ${counts.threat} with threats, ${counts.unchecked} not checked.</p>`,
    ...summary.models.map(section),
    '</body></html>\n',
  ].join('\n');
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

/** Everything from outside is text, never markup. */
const text = (value: string): string =>
  neutralMarkup(
    value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd'),
  );
