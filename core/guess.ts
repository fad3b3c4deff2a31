/** Further away than this, a word is another word and no slip of the fingers. */
const MOST_EDITS = 2;
/** Longer words are no names of ours; comparing costs the product of the lengths. */
const MAX_LENGTH = 40;

/** `; did you mean verify?` where one of the known names is close, else nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  if (word.length < 3 || word.length > MAX_LENGTH) return '';
  const [best] = known.map((name) => ({ name, edits: edits(word, name) })).sort((a, b) => a.edits - b.edits);
  return best && best.edits <= MOST_EDITS ? `; did you mean ${best.name}?` : '';
}

/** Letters added, left out or replaced between two words; a swap of neighbours counts as one. */
function edits(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Math.max(i, j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, at(i - 2, j - 2) + 1);
      rows[i]?.push(least);
    }
  }
  return at(a.length, b.length);
}
