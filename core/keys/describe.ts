import { createHash, type KeyObject } from 'node:crypto';
import { ModelsealError } from '../errors/index.js';
import { canonicalSpki } from './canonical.js';

/** RSA below this is factored within reach of a state (NIST SP 800-131A Rev. 2); nothing shorter signs or is certified. */
export const MIN_RSA_BITS = 2048;

/** Longer moduli are no stronger in practice, but one verification with them costs seconds: a denial of service. */
export const MAX_RSA_BITS = 16_384;

/** The key types that Modelseal generates. */
export const KEY_TYPES = ['rsa-2048', 'rsa-3072', 'rsa-4096', 'ec-p256', 'ec-p384', 'ec-p521'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** OpenSSL's curve names beside those of FIPS 186-5 and of JWK. */
const CURVES: Readonly<Record<string, 'P-256' | 'P-384' | 'P-521'>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

export type KeyInfo =
  | { readonly kind: 'rsa'; readonly bits: number; readonly exponent: bigint }
  | { readonly kind: 'ec'; readonly curve: 'P-256' | 'P-384' | 'P-521' }
  | { readonly kind: 'other'; readonly name: string };

/** What kind of key this is, as far as signing is concerned. */
export function keyInfo(key: KeyObject): KeyInfo {
  const details = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    return { kind: 'rsa', bits: details.modulusLength ?? 0, exponent: details.publicExponent ?? 0n };
  }
  if (key.asymmetricKeyType === 'ec') {
    const curve = CURVES[details.namedCurve ?? ''];
    return curve
      ? { kind: 'ec', curve }
      : { kind: 'other', name: `EC ${details.namedCurve ?? 'unnamed curve'}` };
  }
  return { kind: 'other', name: key.asymmetricKeyType ?? 'secret' };
}

/** For people: `RSA-2048`, `EC P-256`, or OpenSSL's name of anything else. */
export function describeKey(key: KeyObject): string {
  const info = keyInfo(key);
  if (info.kind === 'rsa') return `RSA-${info.bits}`;
  return info.kind === 'ec' ? `EC ${info.curve}` : info.name;
}

/**
 * Accepts a key that may sign or be certified: RSA of {@link MIN_RSA_BITS} to {@link MAX_RSA_BITS} with an odd
 * exponent from 65537 to 2^256 (FIPS 186-5 §5.4, CA/Browser Forum BR §6.1.6), or EC on P-256, P-384 or P-521.
 *
 * @param what Where the key comes from, for the sentence of the error.
 * @throws {ModelsealError} `ERR_KEY_UNSUPPORTED`, `ERR_KEY_WEAK`
 */
export function requireStrongKey(key: KeyObject, what: string): Exclude<KeyInfo, { kind: 'other' }> {
  const info = keyInfo(key);
  if (info.kind === 'other') throw new ModelsealError('ERR_KEY_UNSUPPORTED', { what, key: info.name });
  if (info.kind === 'rsa') {
    const weak = (reason: string): never => {
      throw new ModelsealError('ERR_KEY_WEAK', { what, key: `RSA-${info.bits}`, reason });
    };
    if (info.bits < MIN_RSA_BITS) weak(`fewer than ${MIN_RSA_BITS} bits`);
    if (info.bits > MAX_RSA_BITS) weak(`more than ${MAX_RSA_BITS} bits only serve to exhaust verifiers`);
    if (info.exponent % 2n === 0n) weak('its public exponent is even');
    if (info.exponent < 65_537n) weak('its public exponent is below 65537');
    if (info.exponent >= 1n << 256n) weak('its public exponent has more than 256 bits');
  }
  return info;
}

/** SHA-256 over the canonical SubjectPublicKeyInfo, hexadecimal: the name of a key, whatever certificate carries it. */
export function publicKeyFingerprint(publicKey: KeyObject): string {
  return createHash('sha256').update(canonicalSpki(publicKey)).digest('hex');
}
