import { createPublicKey, type KeyObject } from 'node:crypto';

/** Curves whose keys JWK can name (RFC 7518 §6.2.1.1), as OpenSSL calls them. */
const NAMED = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/**
 * The same key in the one form of its SubjectPublicKeyInfo that everybody writes: curve by name, point uncompressed
 * (RFC 5480 §2.1.1, §2.2). OpenSSL keeps the form in which it read a key, so that one key has several encodings,
 * fingerprints and hints. Explicit parameters that are those of a curve in {@link NAMED}, generator included, become
 * its name; those of another curve stay, and no user of keys accepts them.
 */
export function canonicalPublicKey(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ec' || !NAMED.has(key.asymmetricKeyDetails?.namedCurve ?? '')) return key;
  return createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' });
}

/** The canonical SubjectPublicKeyInfo, DER. */
export const canonicalSpki = (key: KeyObject): Buffer =>
  canonicalPublicKey(key).export({ type: 'spki', format: 'der' });
