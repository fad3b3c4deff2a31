import type { KeyObject } from 'node:crypto';
import { ModelsealError } from '../core/errors/index.js';
import { requireStrongKey } from '../core/keys/index.js';
import { bigInteger, readSpki, spkiOf } from './encode/spki.js';

/** A modulus divisible by one of these was made by a broken generator (CA/Browser Forum BR §6.1.6). */
const SMALL_PRIMES = primesBelow(752);

/**
 * The primes by which keys of the ROCA library give themselves away: modulo each of them, such a modulus is a power
 * of 65537 (CVE-2017-15361).
 */
const ROCA_POWERS = SMALL_PRIMES.filter((prime) => prime > 2 && prime <= 167).map((prime) => ({
  prime,
  powers: powersOf65537(prime),
}));

/** Products of a few primes each, exact in a double: one division of the long number serves several primes. */
const GROUPS = grouped(SMALL_PRIMES);

/** Rounds of Fermat's method: two primes this close fall at once (CVE-2022-26320, CA/Browser Forum BR §6.1.1.3). */
const FERMAT_ROUNDS = 100;

/**
 * Refuses an RSA key of sufficient length whose modulus is nevertheless easy to factor. EC keys pass: OpenSSL has
 * checked that the point lies on the curve.
 *
 * @throws {ModelsealError} `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED`
 */
export function requireUnbroken(publicKey: KeyObject, what: string): void {
  const info = requireStrongKey(publicKey, what);
  const fields = readSpki(spkiOf(publicKey));
  if (info.kind !== 'rsa' || fields.kind !== 'rsa') return;
  const reason = weakness(bigInteger(fields.modulus));
  if (reason !== undefined)
    throw new ModelsealError('ERR_KEY_WEAK', { what, key: `RSA-${info.bits}`, reason });
}

/** Why a modulus is easy to factor, if it is known to be. */
export function weakness(modulus: bigint): string | undefined {
  const residues = smallResidues(modulus);
  if ([...residues.values()].includes(0)) return 'its modulus has a small factor';
  if (ROCA_POWERS.every(({ prime, powers }) => powers.has(residues.get(prime) ?? 0))) {
    return 'its modulus carries the mark of CVE-2017-15361 (ROCA)';
  }
  if (hasClosePrimes(modulus)) return 'its two primes are too close to each other';
  return undefined;
}

function smallResidues(modulus: bigint): Map<number, number> {
  const residues = new Map<number, number>();
  for (const { product, primes } of GROUPS) {
    const rest = Number(modulus % product);
    for (const prime of primes) residues.set(prime, rest % prime);
  }
  return residues;
}

function hasClosePrimes(modulus: bigint): boolean {
  // n = a² - b² with a just above the root of n when the primes (a+b) and (a-b) are close: look for a square a² - n.
  let first = squareRoot(modulus);
  if (first * first < modulus) first += 1n;
  const start = first * first - modulus;
  // a² - n modulo a small number is followed in plain numbers; only promising rounds touch the long ones.
  const step = Number(first % BigInt(SIEVE));
  let rest = Number(start % BigInt(SIEVE));
  for (let round = 0; round < FERMAT_ROUNDS; round++) {
    if (RESIDUES.every(({ m, squares }) => squares.has(rest % m))) {
      const k = BigInt(round);
      const square = start + 2n * k * first + k * k;
      const root = squareRoot(square);
      if (root * root === square) return true;
    }
    rest = (rest + 2 * (step + round) + 1) % SIEVE;
  }
  return false;
}

/** Quadratic residues modulo 64 · 63 · 65 · 11 leave under one per cent of all numbers to the exact test. */
const SIEVE = 64 * 63 * 65 * 11;
const RESIDUES = [64, 63, 65, 11].map((m) => ({
  m,
  squares: new Set(Array.from({ length: m }, (_, i) => (i * i) % m)),
}));

/** Largest integer whose square does not exceed `value`: Newton's method from above. */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  // The leading hundred bits give a start that is right in fifty of them; each round then doubles that.
  const shift = BigInt(Math.max(0, (value.toString(16).length * 4 - 100) >> 1));
  let root = (BigInt(Math.ceil(Math.sqrt(Number(value >> (2n * shift))))) + 2n) << shift;
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

function powersOf65537(prime: number): Set<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power);
  return powers;
}

function primesBelow(limit: number): number[] {
  const primes: number[] = [];
  for (let n = 2; n < limit; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

function grouped(primes: readonly number[]): { product: bigint; primes: number[] }[] {
  const groups: { product: bigint; primes: number[] }[] = [];
  let product = 1;
  let group: number[] = [];
  for (const prime of primes) {
    if (product * prime > Number.MAX_SAFE_INTEGER) {
      groups.push({ product: BigInt(product), primes: group });
      product = 1;
      group = [];
    }
    product *= prime;
    group.push(prime);
  }
  groups.push({ product: BigInt(product), primes: group });
  return groups;
}
