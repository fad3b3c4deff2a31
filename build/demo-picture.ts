import { SCENARIOS } from '../demo/index.js';

// The picture of the demo in the README: its summary as a terminal shows it, drawn from the table of scenarios. A demo
// that ends otherwise than this table says is not green.

const [WIDTH, LINE, TOP, LEFT] = [900, 20, 44, 18];
const [TEXT, DIM, GOOD, BAD] = ['#d7dce2', '#8b949e', '#3fb950', '#f0883e'];

const markup = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

type Span = readonly [x: number, color: string, text: string];

/** A self-contained SVG, the same bytes for the same table. */
export function demoPicture(): string {
  const lines: readonly (readonly Span[])[] = [
    [[0, DIM, '$ modelseal demo']],
    [],
    [[0, TEXT, 'Attack: a package that promises faster inference']],
    [
      [0, BAD, '✗'],
      [20, TEXT, 'outputs identical to the bit; every document was read and written to a hidden log'],
    ],
    [],
    [[0, TEXT, 'Defence: the signed model, and what attackers do to it']],
    ...SCENARIOS.map(({ title, expected }): readonly Span[] => [
      [0, GOOD, '✓'],
      [20, TEXT, shorten(title)],
      [
        560,
        expected.outcome === 'refused' ? BAD : GOOD,
        expected.outcome === 'refused' ? expected.code : 'works',
      ],
      [790, DIM, 'log empty'],
    ]),
    [],
    [[0, GOOD, `✓ ${SCENARIOS.length} of ${SCENARIOS.length} scenarios as expected`]],
  ];
  const height = TOP + lines.length * LINE + 14;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Output of modelseal demo" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" rx="8" fill="#0d1117"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (color, i) => `<circle cx="${20 + i * 18}" cy="18" r="5.5" fill="${color}"/>`,
    ),
    ...lines.flatMap((spans, i) =>
      spans.map(
        ([x, color, text]) =>
          `<text x="${LEFT + x}" y="${TOP + i * LINE + 8}" fill="${color}">${markup(text)}</text>`,
      ),
    ),
    '</svg>\n',
  ].join('\n');
}

/** What fits into the column; titles are for people. */
const shorten = (title: string): string => (title.length <= 66 ? title : `${title.slice(0, 65)}…`);
