// Width of a text in columns, for the layout of help and tables in the bundled command line. The package it stands in
// for compiles a regular expression of every emoji at start-up, which costs as much as everything else together.
const CONTROL = /[\p{Cc}\p{Cf}\p{Mn}\p{Me}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the beginning of a colour sequence
const COLOR = /\u001b\[[0-9;]*m/g;

/** Ranges of East Asian wide and emoji characters, two columns each. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

export default function stringWidth(text: string): number {
  const plain = text.replace(COLOR, '');
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) {
    const code = character.codePointAt(0) ?? 0;
    if (CONTROL.test(character)) continue;
    width += WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
  }
  return width;
}
