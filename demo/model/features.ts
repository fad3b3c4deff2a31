/** How a text becomes numbers. Written into tokenizer.json, so that a consumer needs nothing but the model folder. */
export interface Tokenizer {
  readonly type: 'hashed-words-and-letters';
  /** Number of buckets, the width of the model's input. */
  readonly dimension: number;
  /** Length of the runs of letters that count beside whole words: they tie "encrypted" to "encryption". */
  readonly letters: number;
  /** Words shorter than this are left out. */
  readonly minimumLength: number;
}

export const TOKENIZER: Tokenizer = {
  type: 'hashed-words-and-letters',
  dimension: 4096,
  letters: 4,
  minimumLength: 2,
};

/** The hashed bag of words and letter runs of a text, scaled to length one. */
export function features(text: string, tokenizer: Tokenizer = TOKENIZER): Float32Array {
  const words = (text.toLowerCase().match(/[a-z]+/g) ?? []).filter(
    (w) => w.length >= tokenizer.minimumLength,
  );
  const vector = new Float64Array(tokenizer.dimension);
  const count = (feature: string): void => {
    const hash = fnv1a(feature);
    const bucket = (hash >>> 1) % tokenizer.dimension;
    // The lowest bit decides the sign, so that collisions cancel out on average instead of adding up.
    vector[bucket] = (vector[bucket] ?? 0) + (hash & 1 ? 1 : -1);
  };
  for (const word of words) {
    count(word);
    const framed = `<${word}>`;
    for (let i = 0; i + tokenizer.letters <= framed.length; i++) {
      count(`#${framed.slice(i, i + tokenizer.letters)}`);
    }
  }
  const norm = Math.sqrt(vector.reduce((sum, v) => sum + v * v, 0)) || 1;
  return Float32Array.from(vector, (v) => v / norm);
}

/** FNV-1a, 32 bits: fast, simple to repeat in any language, and enough for feature hashing. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
