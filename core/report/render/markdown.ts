import { neutralText } from '../../neutral.js';
import { type CheckSummary, problemsOf } from '../summary.js';

const MARK = { accepted: '✅', refused: '❌', threat: '☣️', unchecked: '❔' } as const;

/** Problems shown for one model before the rest is only counted; a comment has to stay readable. */
const SHOWN = 20;

/** Renders a check as Markdown, for a job summary or a comment on a change. */
export function toMarkdown(summary: CheckSummary): string {
  const { counts, models } = summary;
  const lines = [
    `## ${MARK[summary.verdict]} Model integrity: ${summary.verdict}`,
    '',
    `${models.length} model(s) under \`${code(summary.root)}\`: ${counts.accepted} accepted, ${counts.refused} refused, ` +
      `${counts.threat} with threats, ${counts.unchecked} not checked.`,
    '',
  ];
  if (models.length > 0) {
    lines.push('| | model | signed by | problems |', '|---|---|---|---|');
    for (const model of models) {
      const signers = model.signers
        .map((s) => s.identities.join(', ') || s.keyFingerprint.slice(0, 16))
        .join('; ');
      const problems = problemsOf(model).filter((p) => p.level === 'error').length;
      const open = model.verdict === 'accepted' ? cell(model.reservations.join(', ')) : '';
      lines.push(
        `| ${MARK[model.verdict]} | \`${code(model.subject)}\` | ${cell(signers) || '–'} | ${problems || open || '–'} |`,
      );
    }
  }
  for (const model of models.filter((m) => m.verdict !== 'accepted')) {
    const problems = problemsOf(model);
    lines.push('', `### \`${code(model.subject)}\``, '');
    for (const p of problems.slice(0, SHOWN)) {
      lines.push(
        `- **${p.id}** (${p.level}) \`${code(p.file)}\`: ${cell(p.message)}${p.hint ? ` *${cell(p.hint)}*` : ''}`,
      );
    }
    if (problems.length > SHOWN) lines.push(`- … and ${problems.length - SHOWN} more`);
  }
  return `${lines.join('\n')}\n`;
}

/** Text that cannot break out of a table cell or bring markup of its own; it may come from a hostile file name. */
const cell = (text: string): string =>
  neutralText(text)
    .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
    .replace(/[\\`*_{}[\]<>()#+!|~@]/g, (c) => `&#${c.charCodeAt(0)};`);

/** Text inside a code span. */
const code = (text: string): string => neutralText(text).replace(/[\p{Cc}\p{Cf}`|]/gu, '?');
