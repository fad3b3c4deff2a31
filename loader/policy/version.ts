/** Numbers of a version, and what comes before a release: `1.4.0-rc.1`. */
interface Version {
  readonly numbers: readonly bigint[];
  readonly before: readonly string[];
}

const FORM =
  /^v?(\d{1,18}(?:\.\d{1,18}){0,3})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?$/;
/** Longer ones are written by nobody. */
const MAX_LENGTH = 128;

function parse(text: string): Version | undefined {
  const [, numbers, before] = (text.length > MAX_LENGTH ? null : FORM.exec(text)) ?? [];
  if (numbers === undefined) return undefined;
  return { numbers: numbers.split('.').map(BigInt), before: before?.split('.') ?? [] };
}

/** One to four numbers, and what Semantic Versioning 2.0 lets follow; a leading `v` is passed over. */
export const isVersion = (text: string): boolean => parse(text) !== undefined;

/**
 * Compares two versions in the order of Semantic Versioning 2.0 §11; numbers that are not there are zero.
 *
 * @returns Below zero where the first is older; undefined where one of them is not a version.
 */
export function compareVersions(a: string, b: string): number | undefined {
  const [one, other] = [parse(a), parse(b)];
  if (!one || !other) return undefined;
  for (let i = 0; i < 4; i++) {
    const order = sign((one.numbers[i] ?? 0n) - (other.numbers[i] ?? 0n));
    if (order !== 0) return order;
  }
  // A release comes after everything before it.
  if (one.before.length === 0 || other.before.length === 0) return other.before.length - one.before.length;
  for (let i = 0; i < Math.max(one.before.length, other.before.length); i++) {
    const [left, right] = [one.before[i], other.before[i]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const order = compareParts(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by their value and before words; words by their characters. */
function compareParts(a: string, b: string): number {
  const [one, other] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (one && other) return sign(BigInt(a) - BigInt(b));
  if (one !== other) return one ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

const sign = (n: bigint): number => (n < 0n ? -1 : n > 0n ? 1 : 0);
