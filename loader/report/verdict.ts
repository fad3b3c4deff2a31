import type pc from 'picocolors';
import { printable } from '../../core/printable.js';
import type { Report, Verdict } from '../../core/report/index.js';

const VERDICTS: { readonly [V in Verdict]: string } = {
  accepted: 'ACCEPTED',
  refused: 'REFUSED',
  threat: 'THREAT FOUND',
  unchecked: 'NOT CHECKED',
};

/** The one line that says how it ended, with what an acceptance leaves open. */
export function verdictText(report: Report, colors: ReturnType<typeof pc.createColors>): string {
  const good = report.errors.length === 0 ? colors.green : colors.yellow;
  const paint = report.verdict === 'accepted' ? good : colors.red;
  const open = report.verdict === 'accepted' ? report.reservations : [];
  return `${paint(colors.bold([VERDICTS[report.verdict], ...open].join(', ')))}  ${printable(report.subject)}`;
}
