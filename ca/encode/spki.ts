import { createHash, type KeyObject } from 'node:crypto';
import { DerReader, Tag } from '../../core/der/index.js';
import { readAlgorithm } from '../../core/x509/index.js';

/** A SubjectPublicKeyInfo taken apart without any cryptographic library (RFC 3279 §2.3.1, RFC 5480 §2). */
export type PublicKeyFields =
  | { readonly kind: 'rsa'; readonly bits: number; readonly modulus: Uint8Array; readonly exponent: bigint }
  | {
      readonly kind: 'ec';
      readonly curve: string;
      readonly pointLength: number;
      readonly uncompressed: boolean;
    }
  | { readonly kind: 'other'; readonly algorithm: string };

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';

/** @throws {ModelsealError} `ERR_DER` */
export function readSpki(spki: Uint8Array): PublicKeyFields {
  const reader = DerReader.open(spki, Tag.SEQUENCE, 'SubjectPublicKeyInfo');
  const algorithm = readAlgorithm(reader, 'algorithm');
  const { bytes } = reader.bitString('subjectPublicKey');
  reader.finish('SubjectPublicKeyInfo');
  if (algorithm.oid === RSA) {
    const key = DerReader.open(bytes, Tag.SEQUENCE, 'RSAPublicKey');
    const modulus = key.integerBytes('modulus');
    const exponent = bigInteger(key.integerBytes('publicExponent'));
    key.finish('RSAPublicKey');
    return { kind: 'rsa', bits: bitLength(modulus), modulus, exponent };
  }
  if (algorithm.oid === EC && algorithm.parameters !== undefined) {
    const curve = new DerReader(algorithm.parameters).oid('namedCurve');
    return { kind: 'ec', curve, pointLength: bytes.length, uncompressed: bytes[0] === 4 };
  }
  return { kind: 'other', algorithm: algorithm.oid };
}

/** A leading zero octet, where the INTEGER needed one, does not count. */
function bitLength(bytes: Uint8Array): number {
  const start = bytes[0] === 0 ? 1 : 0;
  return (bytes.length - start) * 8 - (Math.clz32(bytes[start] ?? 0) - 24);
}

/** Unsigned big-endian octets as a number. */
export const bigInteger = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

/** DER of the SubjectPublicKeyInfo. Remembered by key: OpenSSL takes half as long for it as for a signature. */
export function spkiOf(key: KeyObject): Uint8Array {
  let spki = known.get(key);
  if (spki === undefined) {
    spki = new Uint8Array(key.export({ type: 'spki', format: 'der' }));
    known.set(key, spki);
  }
  return spki;
}

const known = new WeakMap<KeyObject, Uint8Array>();

/** SHA-256 over the SubjectPublicKeyInfo, hexadecimal. */
export const spkiFingerprint = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex');
