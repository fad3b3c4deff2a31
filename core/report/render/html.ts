import type { CertificateSummary, FilesSummary, Report, SignerSummary, Verdict } from '../report.js';
import { type CheckSummary, problemsOf, verdictText } from '../summary.js';
import { htmlPage, htmlText as text } from './page.js';

// The page is complete without its script, which only filters, and folds what nobody has to read.
const SCRIPT = `
const form = document.getElementById('filter');
const rows = document.querySelectorAll('#models tbody tr');
const details = document.querySelectorAll('details');
const apply = () => {
  const wanted = form.elements.text.value.toLowerCase();
  const verdicts = [...form.querySelectorAll(':checked')].map((box) => box.value);
  for (const row of rows) {
    const hidden = !verdicts.includes(row.dataset.verdict) || !row.textContent.toLowerCase().includes(wanted);
    row.hidden = hidden;
    document.getElementById(row.dataset.section).hidden = hidden;
  }
};
form.addEventListener('input', apply);
form.addEventListener('submit', (event) => event.preventDefault());
for (const one of details) one.open = false;
addEventListener('beforeprint', () => { for (const one of details) one.open = true; });
form.hidden = false;
`;

const VERDICTS: readonly Verdict[] = ['threat', 'refused', 'unchecked', 'accepted'];

/** Renders a check as one self-contained HTML page: a table of models and verdicts, then each model. */
export function toHtml(summary: CheckSummary): string {
  const { counts, models } = summary;
  return htmlPage(
    'Modelseal report',
    [
      `<h1>Model integrity: <span class="${summary.verdict}">${summary.verdict}</span></h1>`,
      `<p>${name(summary.root)}, ${text(summary.at)}, modelseal ${text(summary.tool.version)}: ${counts.accepted} accepted, `,
      `${counts.refused} refused, ${counts.threat} with threats, ${counts.unchecked} not checked.</p>`,
      filter(counts),
      overview(summary),
      ...models.map(section),
    ],
    SCRIPT,
  );
}

function filter(counts: CheckSummary['counts']): string {
  const boxes = VERDICTS.filter((verdict) => counts[verdict] > 0).map(
    (verdict) =>
      `<label class="${verdict}"><input type="checkbox" value="${verdict}" checked> ${verdict} (${counts[verdict]})</label>`,
  );
  return `<form id="filter" hidden><input type="search" name="text" placeholder="name, signer, code" aria-label="Filter">${boxes.join('')}</form>`;
}

function overview({ models, root }: CheckSummary): string {
  const rows = models.map((report, i) => {
    const problems = problemsOf(report).filter(({ level }) => level === 'error');
    const codes = [...new Set(problems.map(({ id }) => id))].join(', ');
    const signers = report.signers.flatMap(({ identities }) => identities).join(', ');
    return (
      `<tr data-verdict="${report.verdict}" data-section="model-${i}"><td class="${report.verdict}">${text(verdictText(report))}</td>` +
      `<td><a href="#model-${i}">${name(within(report.subject, root))}</a></td><td>${text(signers)}</td><td>${text(codes)}</td></tr>`
    );
  });
  return table(['verdict', 'model', 'signed by', 'problems'], rows, 'models');
}

function section(report: Report, index: number): string {
  const problems = problemsOf(report).map(
    (p) =>
      `<tr><td class="${p.level}">${p.level}</td><td>${text(p.id)}</td><td>${p.file === report.subject ? '' : name(within(p.file, report.subject))}</td><td>${text(p.message)}<br><em>${text(p.hint)}</em></td></tr>`,
  );
  const checks = report.checks.map(
    (c) =>
      `<tr><td class="${c.outcome}">${c.outcome}</td><td>${text(c.name)}</td><td>${text(c.detail)}</td><td>${text(c.source ?? '')}</td></tr>`,
  );
  return [
    `<section id="model-${index}">`,
    `<h2><span class="${report.verdict}">${text(verdictText(report))}</span> ${name(report.subject)}</h2>`,
    ...titled('Problems', table(['level', 'code', 'where', 'what'], problems)),
    ...report.signers.map((signer) => chain(signer, report)),
    ...titled('Files', files(report.files)),
    checks.length === 0
      ? ''
      : `<details open><summary>${checks.length} checks</summary>${table(['outcome', 'check', 'what', 'rule'], checks)}</details>`,
    '</section>',
  ].join('\n');
}

/** The chain from the trust anchor down to the model, one box each. */
function chain({ method, identities, keyFingerprint, chain }: SignerSummary, report: Report): string {
  const certificates = [...chain].reverse();
  const box = (certificate: CertificateSummary, i: number): string => {
    const anchor = i === 0;
    const role = anchor ? 'trust anchor' : i === certificates.length - 1 ? 'signer' : 'issuing CA';
    return (
      `<li data-arrow="certifies"${anchor ? ' class="anchor"' : ''}><strong>${text(certificate.subject)}</strong> · ${role}<br>` +
      `${text(certificate.key)}, ${text(certificate.notBefore)} to ${text(certificate.notAfter)}` +
      `${certificate.identities.length > 0 ? `<br>${text(certificate.identities.join(', '))}` : ''}<br>` +
      `<code class="digest">SHA-256 ${text(certificate.fingerprint)}</code></li>`
    );
  };
  const key = `<li class="anchor"><strong>${text(identities.join(', ') || 'public key')}</strong> · ${method}<br><code class="digest">SHA-256 ${text(keyFingerprint)}</code></li>`;
  return [
    '<h3>Signed by</h3><ol class="chain">',
    ...(certificates.length > 0 ? certificates.map(box) : [key]),
    `<li class="model" data-arrow="signs">${name(report.subject)}${report.files ? `<br>${report.files.matched} files as signed, ${report.files.bytes} bytes` : ''}</li></ol>`,
  ].join('\n');
}

function files(summary: FilesSummary | undefined): string {
  if (summary === undefined) return '';
  const { changed, missing, extra, notVerified } = summary;
  const kinds = { changed, missing, extra, 'not looked at': notVerified };
  const rows = Object.entries(kinds).flatMap(([kind, names]) =>
    names.map((file) => `<tr><td>${kind}</td><td>${name(file)}</td></tr>`),
  );
  return table(['state', 'file'], rows);
}

/** A path as seen from the folder around it, which is named once. */
const within = (path: string, folder: string): string =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;

/** A name stays on one line where the screen allows it, spaces included. */
const name = (value: string): string => `<code class="name">${text(value)}</code>`;

const titled = (title: string, content: string): string[] =>
  content === '' ? [] : [`<h3>${title}</h3>`, content];

function table(heads: readonly string[], rows: readonly string[], id?: string): string {
  if (rows.length === 0) return '';
  const head = heads.map((title) => `<th scope="col">${title}</th>`).join('');
  return `<div class="scroll"><table class="stack"${id === undefined ? '' : ` id="${id}"`}><thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
}
