import { constants, type KeyObject, verify } from 'node:crypto';
import { DerReader, Tag } from '../der/index.js';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import type { AlgorithmIdentifier } from './algorithm.js';
import { keyDescription } from './key.js';
import { type SignatureAlgorithm, signatureAlgorithm } from './signature-algorithm.js';

/** Kinds of key (node:crypto) that each scheme works with. */
const KEY_TYPES: { readonly [S in SignatureAlgorithm['scheme']]: readonly string[] } = {
  rsa: ['rsa'],
  'rsa-pss': ['rsa', 'rsa-pss'],
  ecdsa: ['ec'],
  ed25519: ['ed25519'],
  dsa: ['dsa'],
};

/**
 * Checks the signature of a certificate, CRL or OCSP response over the received bytes, through OpenSSL.
 * Whether the algorithm is strong enough is not asked here: see the algorithm policy of path validation.
 *
 * @param algorithm As received, or already resolved.
 * @returns False when the signature does not fit; anything else that is wrong throws.
 * @throws {ModelsealError} `ERR_SIGNATURE_ALGORITHM_UNKNOWN`, `ERR_SIGNATURE_ALGORITHM_PARAMETERS`,
 *   `ERR_SIGNATURE_KEY_MISMATCH`
 */
export function verifySignedData(
  algorithm: AlgorithmIdentifier | SignatureAlgorithm,
  key: KeyObject,
  signedBytes: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { name, scheme, hash, saltLength } =
    'scheme' in algorithm ? algorithm : signatureAlgorithm(algorithm);
  if (!KEY_TYPES[scheme].includes(key.asymmetricKeyType ?? '')) {
    throw new ModelsealError('ERR_SIGNATURE_KEY_MISMATCH', { algorithm: name, key: keyDescription(key) });
  }
  if ((scheme === 'ecdsa' || scheme === 'dsa') && !isStrictSignature(signature)) return false;
  try {
    switch (scheme) {
      case 'rsa-pss':
        return verify(
          hash,
          signedBytes,
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltLength ?? 0 },
          signature,
        );
      case 'rsa':
        return verify(hash, signedBytes, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
      default:
        return verify(hash, signedBytes, key, signature);
    }
  } catch {
    // OpenSSL reports a signature it cannot even compute on (wrong length, absurd key) as an error, not as "no".
    return false;
  }
}

/** Dss-Sig-Value: exactly two positive INTEGERs in DER; the laxer forms made one signature look like many. */
function isStrictSignature(signature: Uint8Array): boolean {
  try {
    const reader = DerReader.open(signature, Tag.SEQUENCE, 'signature');
    const r = reader.integerBytes('r');
    const s = reader.integerBytes('s');
    reader.finish('signature');
    return [r, s].every((n) => (n[0] as number) < 0x80 && n.some((octet) => octet !== 0));
  } catch (error) {
    if (isModelsealError(error, 'ERR_DER')) return false;
    throw error;
  }
}
