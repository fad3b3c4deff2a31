import type { KeyObject } from 'node:crypto';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import type { CertificateList } from '../../core/x509/crl.js';
import {
  type AlgorithmIdentifier,
  type Certificate,
  type Name,
  sameBytes,
  signatureAlgorithm,
  verifySignedData,
} from '../../core/x509/index.js';
import { type AlgorithmPolicy, checkKeyStrength, checkSignatureStrength } from '../path/algorithm-policy.js';
import type { TrustAnchor } from '../path/anchor.js';
import { MAX_EVIDENCE_SIGNATURES } from './limits.js';

/** Whoever may have signed: a certificate, or the anchor of the path. */
export interface Signer {
  readonly name: Name;
  readonly spki: Uint8Array;
  readonly certificate: Certificate | undefined;
  publicKey(): KeyObject;
  readonly isAnchor: boolean;
}

export function certificateSigner(certificate: Certificate): Signer {
  return {
    name: certificate.subject,
    spki: certificate.spki,
    certificate,
    publicKey: () => certificate.publicKey(),
    isAnchor: false,
  };
}

export function anchorSigner(anchor: TrustAnchor): Signer {
  return {
    name: anchor.name,
    spki: anchor.spki,
    certificate: anchor.certificate,
    publicKey: () => anchor.publicKey(),
    isAnchor: true,
  };
}

/** A signed object, by what its signature covers. */
export interface SignedObject {
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/**
 * Checks signatures on evidence within one budget, and remembers the answers: a list is looked at once per certificate
 * and distribution point, but verified once per key.
 */
export class EvidenceSignatures {
  readonly #policy: AlgorithmPolicy;
  readonly #known = new Map<SignedObject, { readonly spki: Uint8Array; readonly fits: boolean }[]>();
  #spent = 0;

  constructor(policy: AlgorithmPolicy) {
    this.#policy = policy;
  }

  /**
   * Whether the key signed the object. A key that cannot have made such a signature simply does not fit.
   *
   * @throws {ModelsealError} `ERR_CERT_ALGORITHM_WEAK`, `ERR_CERT_KEY_WEAK` where the signature would fit but is too
   *   weak to prove anything; `ERR_SIGNATURE_ALGORITHM_UNKNOWN`; `ERR_EVIDENCE_BUDGET`
   */
  fits(object: SignedObject, signer: Signer, what: string): boolean {
    const algorithm = signatureAlgorithm(object.signatureAlgorithm);
    checkSignatureStrength(algorithm, what, this.#policy);
    const answers = this.#known.get(object) ?? [];
    const known = answers.find((answer) => sameBytes(answer.spki, signer.spki));
    if (known) return known.fits;
    if (++this.#spent > MAX_EVIDENCE_SIGNATURES) {
      const work = 'signature checks';
      throw new ModelsealError('ERR_EVIDENCE_BUDGET', { work, limit: MAX_EVIDENCE_SIGNATURES });
    }
    let fits: boolean;
    try {
      fits = verifySignedData(algorithm, signer.publicKey(), object.tbs, object.signature);
    } catch (error) {
      if (
        !isModelsealError(error, 'ERR_SIGNATURE_KEY_MISMATCH') &&
        !isModelsealError(error, 'ERR_CERT_KEY')
      ) {
        throw error;
      }
      fits = false;
    }
    if (fits) checkKeyStrength(signer.publicKey(), signer.name.toString(), this.#policy);
    answers.push({ spki: signer.spki, fits });
    this.#known.set(object, answers);
    return fits;
  }
}

/**
 * Candidates for the signer of a list, the likeliest first: the certificate's own issuer, certificates whose key
 * identifier the list names, and whoever else has the name.
 */
export function signerCandidates(
  list: CertificateList,
  issuer: Signer,
  anchor: Signer,
  bag: readonly Certificate[],
): Signer[] {
  const named = bag
    .filter((certificate) => certificate.subject.equals(list.issuer))
    .map((certificate) => certificateSigner(certificate));
  const all = [issuer, anchor, ...named].filter((signer) => signer.name.equals(list.issuer));
  const keyId = list.authorityKeyId;
  const rank = (signer: Signer): number => {
    const own = keyId && subjectKeyId(signer);
    return own && sameBytes(own, keyId) ? 0 : 1;
  };
  // Stable: among equals the order above stays.
  return all.sort((a, b) => rank(a) - rank(b));
}

/** Subject key identifier, for ordering only: one that cannot be read is none. */
function subjectKeyId(signer: Signer): Uint8Array | undefined {
  try {
    return signer.certificate?.subjectKeyIdentifier;
  } catch (error) {
    if (isModelsealError(error)) return undefined;
    throw error;
  }
}
