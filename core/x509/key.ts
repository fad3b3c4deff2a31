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

/**
 * Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
 *
 * @throws {ModelsealError} `ERR_CERT_KEY` when it is not well-formed or of an unknown kind
 */
export function decodePublicKey(spki: Uint8Array): KeyObject {
  try {
    const reader = DerReader.open(spki, Tag.SEQUENCE, 'subjectPublicKeyInfo');
    const algorithm = readAlgorithm(reader, 'subjectPublicKeyInfo');
    reader.bitString('subjectPublicKey');
    reader.finish('subjectPublicKeyInfo');
    // Explicit curve parameters let anyone describe a weak curve under a strong name (RFC 5480 §2.1.1 forbids them).
    if (algorithm.oid === '1.2.840.10045.2.1' && algorithm.parameters?.[0] !== Tag.OID) {
      throw new Error('the curve is not named');
    }
    return createPublicKey({
      key: Buffer.from(spki.buffer, spki.byteOffset, spki.length),
      format: 'der',
      type: 'spki',
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new ModelsealError('ERR_CERT_KEY', { problem }, { cause: error });
  }
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
