import Table from 'cli-table3';
import type { Spread } from './measure.js';
import type { Row } from './row.js';

const HEAD = ['work', 'against', 'ours', 'theirs', 'ratio (min–max)', 'target', 'met'];

/** The table for a terminal. */
export function textTable(rows: readonly Row[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [] } });
  for (const row of rows) table.push(cells(row, '\n  '));
  return table.toString();
}

/** The same as a page of documentation. */
export function markdownPage(rows: readonly Row[], date: string, heading: string, plotted: boolean): string {
  const lines = [HEAD, HEAD.map(() => '---'), ...rows.map((row) => cells(row, '; '))];
  return [
    '# Benchmarks',
    '',
    `Written by \`npm run bench\` on ${date.slice(0, 10)}. Machine: ${heading.replaceAll('\n', '. ')}.`,
    '',
    'Warm cache. A row with a spread is the median of several runs of whole processes: ours and theirs take turns, and',
    'the ratio is taken pair by pair. A row without one was run once, or is a rate inside one process. Peak memory is',
    'what the kernel recorded. Both columns suffer when the machine has other work; the spread shows it.',
    '',
    ...lines.map((line) => `| ${line.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`),
    '',
    ...(plotted ? ['![Time to sign and verify one file, by size](benchmarks.svg)', ''] : []),
  ].join('\n');
}

function cells(r: Row, beforeNote: string): string[] {
  if (r.skipped !== undefined)
    return [r.work, r.against, figure(r.ours, r.unit), `skipped: ${r.skipped}`, '', r.target, '–'];
  const met = r.met === undefined ? '–' : r.met ? 'yes' : 'NO';
  return [
    r.work + (r.note ? beforeNote + r.note : ''),
    r.against,
    figure(r.ours, r.unit),
    figure(r.theirs, r.unit),
    ratio(r.ratio),
    r.target,
    met,
  ];
}

function figure(value: Spread | undefined, unit: Row['unit']): string {
  if (value === undefined) return '';
  const n = value.median;
  if (unit === 's') return `${n.toFixed(n < 10 ? 3 : 1)} s`;
  return unit === 'MiB' ? `${Math.round(n)} MiB` : `${Math.round(n)}/s`;
}

function ratio(value: Spread | undefined): string {
  if (value === undefined) return '';
  const median = value.median.toFixed(value.median < 0.1 ? 4 : 2);
  if (value.min === value.max) return `${median} ×`;
  return `${median} × (${value.min.toFixed(2)}–${value.max.toFixed(2)})`;
}
