import { neutralMarkup } from '../../neutral.js';
import { type CheckSummary, problemsOf, verdictText } from '../summary.js';

/** Renders a check as JUnit XML: one test case per model, failed unless accepted. */
export function toJUnit(summary: CheckSummary): string {
  const failures = summary.counts.refused + summary.counts.threat;
  const cases = summary.models.map((model) => {
    const seconds = Object.values(model.timings).reduce((a, b) => a + b, 0) / 1000;
    const open = `  <testcase classname="modelseal" name="${xml(model.subject)}" time="${seconds.toFixed(3)}"`;
    if (model.verdict === 'accepted')
      return model.reservations.length === 0
        ? `${open}/>`
        : `${open}>\n    <system-out>${xml(verdictText(model))}</system-out>\n  </testcase>`;
    const problems = problemsOf(model);
    const element = model.verdict === 'unchecked' ? 'error' : 'failure';
    const type = xml(problems[0]?.id ?? model.verdict);
    const message = xml(problems[0]?.message ?? model.verdict);
    const body = xml(problems.map((p) => `${p.level} ${p.id} ${p.file}: ${p.message}`).join('\n'));
    return `${open}>\n    <${element} type="${type}" message="${message}">${body}</${element}>\n  </testcase>`;
  });
  const counts = `tests="${summary.models.length}" failures="${failures}" errors="${summary.counts.unchecked}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="modelseal check" ${counts} timestamp="${summary.at.slice(0, 19)}">`,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n');
}

/** Text for XML 1.0: markup escaped, characters that XML cannot hold replaced. */
function xml(text: string): string {
  const escaped = text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return neutralMarkup(escaped);
}
