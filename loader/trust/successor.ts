import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { type Certificate, sameBytes, signatureAlgorithm, verifySignedData } from '../../core/x509/index.js';
import {
  checkKeyStrength,
  checkSignatureStrength,
  DEFAULT_ALGORITHM_POLICY,
} from '../path/algorithm-policy.js';

/**
 * The certificate that is meant: the only one, or the one of the fingerprint.
 *
 * @throws {ModelsealError} `ERR_TRUST_FINGERPRINT`
 */
export function chooseAnchor(
  certificates: readonly Certificate[],
  fingerprint: string | undefined,
): { readonly root: Certificate; readonly rest: readonly Certificate[] } {
  const found = certificates.map((certificate) => certificate.fingerprint);
  const wanted =
    fingerprint?.replaceAll(':', '').toLowerCase() ?? (found.length === 1 ? found[0] : undefined);
  const root = certificates.find((certificate) => certificate.fingerprint === wanted);
  if (!root) throw new ModelsealError('ERR_TRUST_FINGERPRINT', { fingerprint: fingerprint ?? 'none', found });
  return { root, rest: certificates.filter((certificate) => certificate !== root) };
}

/**
 * A new root takes over when the old one says so: among the certificates there is a valid one for its name and key that an
 * old root has signed (RFC 4210 §4.4, "new with old").
 *
 * @throws {ModelsealError} `ERR_TRUST_SUCCESSOR`
 */
export function requireSuccessor(
  root: Certificate,
  brought: readonly Certificate[],
  known: readonly Certificate[],
  name: string,
  at: Date,
): void {
  const fail = (): never => {
    throw new ModelsealError('ERR_TRUST_SUCCESSOR', { name, certificate: root.label });
  };
  if (known.some((old) => old.fingerprint === root.fingerprint)) fail();
  const links = brought.filter(
    (link) =>
      link.subject.equals(root.subject) &&
      sameBytes(link.spki, root.spki) &&
      link.basicConstraints?.ca === true &&
      link.notBefore <= at &&
      at <= link.notAfter &&
      known.some((old) => isSignedBy(link, old)),
  );
  if (links.length === 0) fail();
}

export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!certificate.issuer.equals(issuer.subject)) return false;
  try {
    const algorithm = signatureAlgorithm(certificate.signatureAlgorithm);
    checkSignatureStrength(algorithm, certificate, DEFAULT_ALGORITHM_POLICY);
    checkKeyStrength(issuer.publicKey(), issuer, DEFAULT_ALGORITHM_POLICY);
    return verifySignedData(algorithm, issuer.publicKey(), certificate.tbs, certificate.signature);
  } catch (error) {
    if (isModelsealError(error)) return false;
    throw error;
  }
}
