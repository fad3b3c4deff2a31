import type { KeyObject } from 'node:crypto';
import { ModelsealError } from '../../core/errors/index.js';
import { keyDescription, type SignatureAlgorithm } from '../../core/x509/index.js';

/** Which algorithms and keys are strong enough. Plain data, so that a policy can come from configuration. */
export interface AlgorithmPolicy {
  /** Names of signature algorithms as {@link SignatureAlgorithm} gives them. */
  readonly signatures: readonly string[];
  readonly minRsaBits: number;
  /** Verification time grows with the square of the size; beyond this a key is an attack, not a precaution. */
  readonly maxRsaBits: number;
  /** Names of curves as node:crypto gives them. */
  readonly curves: readonly string[];
  /** Further kinds of key as node:crypto names them. */
  readonly otherKeys: readonly string[];
}

/** No MD5, no SHA-1, no SHA-224, no DSA, no RSA under 2048 bits (NIST SP 800-131A). */
export const DEFAULT_ALGORITHM_POLICY: AlgorithmPolicy = {
  signatures: [
    'sha256WithRSA',
    'sha384WithRSA',
    'sha512WithRSA',
    'RSASSA-PSS SHA-256',
    'RSASSA-PSS SHA-384',
    'RSASSA-PSS SHA-512',
    'ecdsaWithSHA256',
    'ecdsaWithSHA384',
    'ecdsaWithSHA512',
    'Ed25519',
  ],
  minRsaBits: 2048,
  maxRsaBits: 8192,
  curves: ['prime256v1', 'secp384r1', 'secp521r1'],
  otherKeys: ['ed25519'],
};

/** Whoever an error names. A label is made only when it is needed: it costs as much as a check. */
interface Labelled {
  readonly label: string;
}

const labelOf = (who: string | Labelled): string => (typeof who === 'string' ? who : who.label);

/** @throws {ModelsealError} `ERR_CERT_ALGORITHM_WEAK` */
export function checkSignatureStrength(
  algorithm: SignatureAlgorithm,
  certificate: string | Labelled,
  policy: AlgorithmPolicy,
): void {
  if (policy.signatures.includes(algorithm.name)) return;
  throw new ModelsealError('ERR_CERT_ALGORITHM_WEAK', {
    certificate: labelOf(certificate),
    algorithm: algorithm.name,
    allowed: policy.signatures,
  });
}

/** @throws {ModelsealError} `ERR_CERT_KEY_WEAK` */
export function checkKeyStrength(
  key: KeyObject,
  certificate: string | Labelled,
  policy: AlgorithmPolicy,
): void {
  const refuse = (rule: string): never => {
    throw new ModelsealError('ERR_CERT_KEY_WEAK', {
      certificate: labelOf(certificate),
      key: keyDescription(key),
      rule,
    });
  };
  const type = key.asymmetricKeyType ?? '';
  if (type === 'rsa' || type === 'rsa-pss') {
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    if (modulusLength < policy.minRsaBits) refuse(`RSA keys have at least ${policy.minRsaBits} bits`);
    if (modulusLength > policy.maxRsaBits) refuse(`RSA keys have at most ${policy.maxRsaBits} bits`);
    // With exponent 1 every signature is its own message; an even one has no inverse.
    if (publicExponent < 3n || publicExponent % 2n === 0n)
      refuse('the public exponent is odd and at least 3');
  } else if (type === 'ec') {
    const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
    if (!policy.curves.includes(curve)) refuse(`allowed curves are ${policy.curves.join(', ')}`);
  } else if (!policy.otherKeys.includes(type)) {
    refuse('this kind of key is not allowed');
  }
}
