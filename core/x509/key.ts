import { createPublicKey, type KeyObject } from 'node:crypto';
import { DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { readAlgorithm } from './algorithm.js';

/** Names of curves as people know them, by what node:crypto calls them. */
const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
/** Compressed with even or odd y, and plain (SEC 1 §2.3.3). */
const POINT_FORMS: readonly number[] = [2, 3, 4];
const ED25519 = '1.3.101.112';

/**
 * Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
 *
 * @throws {ModelsealError} `ERR_CERT_KEY` when it is not well-formed or of an unknown kind
 */
export function decodePublicKey(spki: Uint8Array): KeyObject {
  try {
    const reader = DerReader.open(spki, Tag.SEQUENCE, 'subjectPublicKeyInfo');
    const { oid, parameters } = readAlgorithm(reader, 'subjectPublicKeyInfo');
    const { unused, bytes } = reader.bitString('subjectPublicKey');
    reader.finish('subjectPublicKeyInfo');
    if (unused !== 0) throw new Error('the key is not whole octets');
    // OpenSSL's general decoder costs five times what a signature check costs; RSA and Ed25519 have a direct way.
    if (oid === RSA && parameters?.length === 2 && parameters[0] === Tag.NULL) return rsaKey(bytes);
    if (oid === ED25519 && parameters === undefined && bytes.length === 32) return ed25519Key(bytes);
    // Explicit curve parameters let anyone describe a weak curve under a strong name (RFC 5480 §2.1.1 forbids them).
    if (oid === EC && parameters?.[0] !== Tag.OID) throw new Error('the curve is not named');
    // RFC 5480 §2.2 knows plain and compressed points. The point at infinity, which OpenSSL reads, is a key under which
    // anybody can sign.
    if (oid === EC && !POINT_FORMS.includes(bytes[0] as number))
      throw new Error('the point is not in a form of RFC 5480');
    return createPublicKey({ key: buffer(spki), format: 'der', type: 'spki' });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ModelsealError('ERR_CERT_KEY', { problem }, { cause: error });
  }
}

/** FIPS 186-5 §5.1: below 2^256. The time of a check grows with it, up to fiftyfold where it is as long as the modulus. */
const MAX_EXPONENT_OCTETS = 32;

/** RSAPublicKey (RFC 3279 §2.3.1): two positive numbers and nothing else. */
function rsaKey(bytes: Uint8Array): KeyObject {
  const reader = DerReader.open(bytes, Tag.SEQUENCE, 'RSAPublicKey');
  positive(reader, 'modulus');
  if (positive(reader, 'publicExponent') > MAX_EXPONENT_OCTETS) {
    throw new Error(`the publicExponent has more than ${8 * MAX_EXPONENT_OCTETS} bits`);
  }
  reader.finish('RSAPublicKey');
  return createPublicKey({ key: buffer(bytes), format: 'der', type: 'pkcs1' });
}

/** Reads a number that may not be negative. @returns how many octets it has without its sign */
function positive(reader: DerReader, part: string): number {
  const number = reader.integerBytes(part);
  if ((number[0] as number) >= 0x80) throw new Error(`the ${part} is negative`);
  return number[0] === 0 ? number.length - 1 : number.length;
}

function ed25519Key(bytes: Uint8Array): KeyObject {
  const x = buffer(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** `RSA-2048`, `EC P-256`, `Ed25519`, … */
export function keyDescription(key: KeyObject): string {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return `RSA-${details.modulusLength ?? 0}`;
    case 'rsa-pss':
      return `RSA-PSS-${details.modulusLength ?? 0}`;
    case 'dsa':
      return `DSA-${details.modulusLength ?? 0}`;
    case 'ec':
      return `EC ${CURVES[details.namedCurve ?? ''] ?? details.namedCurve ?? 'unknown curve'}`;
    case 'ed25519':
      return 'Ed25519';
    case 'ed448':
      return 'Ed448';
    default:
      return key.asymmetricKeyType ?? 'unknown key';
  }
}
