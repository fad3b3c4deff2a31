import { createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { der } from '../der/index.js';
import { canonicalPublicKey } from './canonical.js';
import { type KeyType, requireStrongKey } from './describe.js';

/**
 * The one door to private keys: sign these bytes, and the public key that will verify it. A software key, a token
 * and a remote service all fit behind it.
 */
export interface SigningKey {
  readonly publicKey: KeyObject;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** How a key signs; a function of the public key alone, so that signer and verifier agree without negotiation. */
export interface SignatureScheme {
  readonly name: string;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  /** DER of the AlgorithmIdentifier (RFC 4055 §5: NULL parameters for RSA; RFC 5758 §3.2: none for ECDSA). */
  readonly algorithmIdentifier: Uint8Array;
}

const scheme = (
  name: string,
  hash: SignatureScheme['hash'],
  oid: string,
  ...parameters: Uint8Array[]
): SignatureScheme => ({ name, hash, algorithmIdentifier: der.sequence(der.oid(oid), ...parameters) });

const RSA = scheme('sha256WithRSAEncryption', 'sha256', '1.2.840.113549.1.1.11', der.nullValue());
/** The hash follows the curve, so that neither is the weaker part (FIPS 186-5 §6.1.1). */
const ECDSA = {
  'P-256': scheme('ecdsa-with-SHA256', 'sha256', '1.2.840.10045.4.3.2'),
  'P-384': scheme('ecdsa-with-SHA384', 'sha384', '1.2.840.10045.4.3.3'),
  'P-521': scheme('ecdsa-with-SHA512', 'sha512', '1.2.840.10045.4.3.4'),
} as const;

/**
 * RSASSA-PKCS1-v1_5 with SHA-256 for RSA; ECDSA with the hash of the curve for EC.
 *
 * @throws {ModelsealError} `ERR_KEY_UNSUPPORTED`, `ERR_KEY_WEAK`
 */
export function signatureScheme(publicKey: KeyObject): SignatureScheme {
  const info = requireStrongKey(publicKey, 'the signing key');
  return info.kind === 'rsa' ? RSA : ECDSA[info.curve];
}

/**
 * A private key of this process as a {@link SigningKey}.
 *
 * @throws {ModelsealError} `ERR_KEY_UNSUPPORTED`, `ERR_KEY_WEAK`
 * @example
 * const key = signingKey(await readPrivateKey('ada/key.pem', passphrase));
 */
export function signingKey(privateKey: KeyObject): SigningKey {
  const publicKey = canonicalPublicKey(createPublicKey(privateKey));
  const { hash } = signatureScheme(publicKey);
  // For EC this asks for the DER form of the signature, as certificates and DSSE carry it; RSA ignores it.
  const key = { key: privateKey, dsaEncoding: 'der' as const };
  return {
    publicKey,
    // Synchronous inside: a signature takes a third of a millisecond, a trip to the thread pool as long again.
    sign: async (bytes) => sign(hash, bytes, key),
  };
}

const generate = promisify(generateKeyPair);

/** Makes a private key; takes seconds for the long RSA keys, off the main thread. */
export async function generatePrivateKey(type: KeyType): Promise<KeyObject> {
  const pair = type.startsWith('rsa-')
    ? await generate('rsa', { modulusLength: Number(type.slice(4)), publicExponent: 65_537 })
    : await generate('ec', { namedCurve: `P-${type.slice(4)}` });
  return pair.privateKey;
}
