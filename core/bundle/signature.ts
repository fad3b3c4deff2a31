import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { canonicalSpki, encodePublicKey } from '../keys/index.js';
import { type HashName, verifySignedData } from '../x509/index.js';
import type { EnvelopeSignature, UnverifiedBundle } from './unverified.js';

/** Which bytes a signature was found to cover: those of DSSE, or those of release 0.2. */
export type SignatureForm = 'dsse' | 'v0.2';

/** Hash of an ECDSA signature follows the curve (Sigstore's algorithm registry); others are not used by OMS. */
const CURVE_HASH: Readonly<Record<string, HashName>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
};

/** Hash that a key of this type signs with, or undefined for a key that OMS does not use. */
export function signatureHash(key: KeyObject): HashName | undefined {
  if (key.asymmetricKeyType === 'rsa') return 'sha256';
  if (key.asymmetricKeyType !== 'ec') return undefined;
  return CURVE_HASH[key.asymmetricKeyDetails?.namedCurve ?? ''];
}

/**
 * Tells whether one signature of a bundle is made by a key, and over which bytes. A mathematical answer, not a trust
 * decision: where the key comes from is the caller's question.
 *
 * @param key RSA (RSASSA-PKCS1-v1_5, SHA-256) or EC P-256/384/521 (ECDSA in DER, hash by curve).
 * @returns Undefined where the signature does not verify.
 */
export function matchSignature(
  bundle: UnverifiedBundle,
  signature: EnvelopeSignature,
  key: KeyObject,
): SignatureForm | undefined {
  const hash = signatureHash(key);
  if (hash === undefined) return undefined;
  const ec = key.asymmetricKeyType === 'ec';
  const scheme = ec ? 'ecdsa' : 'rsa';
  const holds = (algorithm: HashName, bytes: Uint8Array): boolean =>
    verifySignedData({ name: scheme, scheme, hash: algorithm }, key, bytes, signature.sig);
  if (holds(hash, bundle.signedBytes)) return 'dsse';
  // Release 0.2 knew elliptic curves only, and hashed with SHA-256 whatever the curve; later releases before 1.0 kept
  // its encoding with the hash of the curve.
  if (!ec) return undefined;
  const legacy = bundle.legacySignedBytes;
  return holds(hash, legacy) || (hash !== 'sha256' && holds('sha256', legacy)) ? 'v0.2' : undefined;
}

/** The `hint` of a public key: SHA-256 over its PEM text, hexadecimal, as the reference implementation computes it. */
export function keyHint(key: KeyObject): string {
  return sha256(encodePublicKey(key)).toString('hex');
}

/**
 * Whether a bundle of the key method says that this key made it.
 *
 * @returns `hint` or `rawBytes`, whichever named the key; `mismatch` where the bundle names another key.
 */
export function namedKey(bundle: UnverifiedBundle, key: KeyObject): 'hint' | 'rawBytes' | 'mismatch' {
  const { keyHint: hint, keyRawBytes: raw } = bundle;
  // A bundle may say both; then neither may name another key.
  if (raw !== undefined && !decodeRawKey(raw)?.equals(key)) return 'mismatch';
  if (hint === undefined) return raw === undefined ? 'mismatch' : 'rawBytes';
  const names = FORMS.flatMap((form) => {
    // Other implementations take the fingerprint over the DER of the key; Sigstore's own tools write it in base64.
    const { pem, der } = form(key);
    return [sha256(pem).toString('hex'), sha256(der).toString('hex'), sha256(der).toString('base64')];
  });
  return names.includes(hint) || names.includes(hint.toLowerCase()) ? 'hint' : 'mismatch';
}

/** A hint names the canonical form; one over the form that the key was given in is of the same key. */
const FORMS: readonly ((key: KeyObject) => { pem: string; der: Buffer })[] = [
  (key) => ({ pem: encodePublicKey(key), der: canonicalSpki(key) }),
  (key) => ({
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
    der: key.export({ type: 'spki', format: 'der' }),
  }),
];

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();

/** `rawBytes` holds PEM in the releases that wrote it, DER by the definition of the field. */
function decodeRawKey(bytes: Uint8Array): KeyObject | undefined {
  const data = Buffer.from(bytes);
  try {
    return data.toString('latin1').startsWith('-----BEGIN PUBLIC KEY-----')
      ? createPublicKey(data)
      : createPublicKey({ key: data, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
}
