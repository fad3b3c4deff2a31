import type { KeyObject } from 'node:crypto';
import { ModelsealError } from '../core/errors/index.js';
import { requireStrongKey } from '../core/keys/index.js';

/** A modulus divisible by one of these was made by a broken generator (CA/Browser Forum BR §6.1.6). */
const SMALL_PRIMES = primesBelow(752);
const SMALL_PRODUCT = SMALL_PRIMES.reduce((product, prime) => product * BigInt(prime), 1n);

/**
 * The primes by which keys of the ROCA library give themselves away: modulo each of them, such a modulus is a power
 * of 65537 (CVE-2017-15361).
 */
const ROCA_PRIMES = SMALL_PRIMES.filter((prime) => prime > 2 && prime <= 167);
const ROCA_PRODUCT = ROCA_PRIMES.reduce((product, prime) => product * BigInt(prime), 1n);
const ROCA_POWERS = ROCA_PRIMES.map(powersOf65537);

/** Rounds of Fermat's method: two primes this close fall at once (CVE-2022-26320, CA/Browser Forum BR §6.1.1.3). */
const FERMAT_ROUNDS = 100n;

/**
 * Refuses an RSA key of sufficient length whose modulus is nevertheless easy to factor. EC keys pass: OpenSSL has
 * checked that the point lies on the curve.
 *
 * @throws {ModelsealError} `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED`
 */
export function requireUnbroken(publicKey: KeyObject, what: string): void {
  const info = requireStrongKey(publicKey, what);
  if (info.kind !== 'rsa') return;
  const { n } = publicKey.export({ format: 'jwk' });
  const modulus = BigInt(`0x${Buffer.from(n ?? '', 'base64url').toString('hex')}`);
  const reason = weakness(modulus);
  if (reason !== undefined)
    throw new ModelsealError('ERR_KEY_WEAK', { what, key: `RSA-${info.bits}`, reason });
}

/** Why a modulus is easy to factor, if it is known to be. */
export function weakness(modulus: bigint): string | undefined {
  if (hasSmallFactor(modulus)) return 'its modulus has a small factor';
  if (looksLikeRoca(modulus)) return 'its modulus carries the mark of CVE-2017-15361 (ROCA)';
  if (hasClosePrimes(modulus)) return 'its two primes are too close to each other';
  return undefined;
}

function hasSmallFactor(modulus: bigint): boolean {
  // One long division, then short ones on what remains.
  const rest = modulus % SMALL_PRODUCT;
  let a = SMALL_PRODUCT;
  let b = rest;
  while (b !== 0n) [a, b] = [b, a % b];
  return a !== 1n;
}

function looksLikeRoca(modulus: bigint): boolean {
  const rest = modulus % ROCA_PRODUCT;
  return ROCA_PRIMES.every((prime, i) => ROCA_POWERS[i]?.has(Number(rest % BigInt(prime))));
}

function hasClosePrimes(modulus: bigint): boolean {
  // n = a² - b² with a just above the root of n when the primes (a+b) and (a-b) are close.
  let a = squareRoot(modulus);
  if (a * a < modulus) a += 1n;
  let square = a * a - modulus;
  for (let round = 0n; round < FERMAT_ROUNDS; round++) {
    if (isSquare(square)) return true;
    square += 2n * a + 1n;
    a += 1n;
  }
  return false;
}

/** Quadratic residues modulo 64 · 63 · 65 · 11 leave under one per cent of all numbers to the exact test. */
const RESIDUES = [64, 63, 65, 11].map((m) => ({
  m,
  squares: new Set(Array.from({ length: m }, (_, i) => (i * i) % m)),
}));

function isSquare(value: bigint): boolean {
  const rest = Number(value % 2_882_880n);
  if (!RESIDUES.every(({ m, squares }) => squares.has(rest % m))) return false;
  const root = squareRoot(value);
  return root * root === value;
}

/** Largest integer whose square does not exceed `value` (Newton's method from above). */
function squareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(16).length * 4 + 1) >> 1);
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
