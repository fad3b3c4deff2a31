/** Numbers longer than this are data, never an index or a size. */
const MAX_DIGITS = 12;
const MAX_FLOAT = 64;

/**
 * The number in the line of an INT, LONG, FLOAT, GET or PUT opcode.
 *
 * @returns Undefined where Python would not read it as a number; 0 for a valid one whose value cannot matter.
 */
export function readNumber(op: number, line: string, length: number): number | undefined {
  if (length > line.length) return op === 0x49 || op === 0x4c || op === 0x46 ? 0 : undefined;
  const text = line.trim();
  if (op === 0x46) {
    // Python writes twenty-odd characters; the pattern below would start anew at each of very many.
    if (text.length > MAX_FLOAT) return /^[\d_.eE+-]*$/.test(text) ? 0 : undefined;
    return /^[+-]?((\d[\d_]*)?\.?[\d_]*(e[+-]?\d+)?|inf|infinity|nan)$/i.test(text) && /[\dinf]/i.test(text)
      ? 0
      : undefined;
  }
  const digits = op === 0x4c ? text.replace(/[Ll]$/, '') : text;
  if (/^[+-]?0[xX][\da-fA-F_]+$|^[+-]?0[oO][0-7_]+$|^[+-]?0[bB][01_]+$/.test(digits)) return 0;
  if (!/^[+-]?\d+(_\d+)*$/.test(digits)) return undefined;
  const plain = digits.replaceAll('_', '');
  return plain.length > MAX_DIGITS ? (op === 0x67 || op === 0x70 ? undefined : 0) : Number(plain);
}
