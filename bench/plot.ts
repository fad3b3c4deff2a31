import type { Cell } from './reference.js';

const [W, H, LEFT, TOP, RIGHT, BOTTOM] = [860, 430, 70, 50, 30, 60];

/** Time against size, both axes logarithmic, one line an implementation and operation; a self-contained SVG. */
export function plot(cells: readonly Cell[], machine: string): string {
  const single = cells.filter((c) => c.files === 1);
  const xs = single.map((c) => c.bytes);
  const ys = single.flatMap((c) => [c.ours.median, c.theirs.median]);
  const [x0, x1] = [Math.log10(Math.min(...xs)), Math.log10(Math.max(...xs))];
  const [y0, y1] = [Math.floor(Math.log10(Math.min(...ys))), Math.ceil(Math.log10(Math.max(...ys)))];
  const x = (bytes: number): number =>
    LEFT + ((Math.log10(bytes) - x0) / (x1 - x0 || 1)) * (W - LEFT - RIGHT);
  const y = (s: number): number => H - BOTTOM - ((Math.log10(s) - y0) / (y1 - y0 || 1)) * (H - TOP - BOTTOM);
  const series = (['verify', 'sign'] as const).flatMap((operation) => {
    const of = single.filter((c) => c.operation === operation);
    const dash = operation === 'sign' ? ' stroke-dasharray="6 4"' : '';
    return [
      line(
        of.map((c) => [x(c.bytes), y(c.ours.median)]),
        '#0a6b2d',
        dash,
        `modelseal ${operation}`,
      ),
      line(
        of.map((c) => [x(c.bytes), y(c.theirs.median)]),
        '#b00020',
        dash,
        `Python model-signing ${operation}`,
      ),
    ];
  });
  const ticksY = Array.from({ length: y1 - y0 + 1 }, (_, i) => 10 ** (y0 + i));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${W}" height="${H}" fill="#fff"/>`,
    `<text x="${LEFT}" y="22" font-size="15">Time to sign and verify one file, by size</text>`,
    `<text x="${LEFT}" y="38" fill="#555">${machine}</text>`,
    ...ticksY.map(
      (t) =>
        `<path d="M${LEFT} ${y(t)}H${W - RIGHT}" stroke="#ddd"/><text x="${LEFT - 8}" y="${y(t) + 4}" text-anchor="end">${t} s</text>`,
    ),
    ...[...new Set(xs)].map(
      (b) => `<text x="${x(b)}" y="${H - BOTTOM + 18}" text-anchor="middle">${size(b)}</text>`,
    ),
    ...series,
    ...legend(),
    '</svg>\n',
  ].join('\n');
}

function line(
  points: readonly (readonly [number, number])[],
  color: string,
  dash: string,
  title: string,
): string {
  const d = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${px.toFixed(1)} ${py.toFixed(1)}`).join('');
  const dots = points
    .map(([px, py]) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3" fill="${color}"/>`)
    .join('');
  return `<g><title>${title}</title><path d="${d}" fill="none" stroke="${color}" stroke-width="2"${dash}/>${dots}</g>`;
}

/** Where each entry begins; the widest letters of the fonts in use leave room between them. */
const LEGEND = [40, 200, 350, 595];

function legend(): string[] {
  return [
    ['#0a6b2d', '', 'modelseal verify'],
    ['#0a6b2d', ' stroke-dasharray="6 4"', 'modelseal sign'],
    ['#b00020', '', 'Python model-signing verify'],
    ['#b00020', ' stroke-dasharray="6 4"', 'Python model-signing sign'],
  ].map(([color, dash, label], i) => {
    const at = LEGEND[i] as number;
    return `<path d="M${at} ${H - 18}h28" stroke="${color}" stroke-width="2"${dash}/><text x="${at + 34}" y="${H - 14}">${label}</text>`;
  });
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}
