import type { KeyObject } from 'node:crypto';
import { ModelsealError } from '../core/errors/index.js';
import { requireStrongKey } from '../core/keys/index.js';
import { type Certificate, isoTime, Oid, verifySignedData } from '../core/x509/index.js';

/**
 * Checks that a certificate may sign models now and belongs to the key. A signature that every verifier refuses is
 * best refused where it can still be helped.
 *
 * @returns What is allowed and better avoided, in words.
 * @throws {ModelsealError} `ERR_SIGN_KEY_MISMATCH`, `ERR_SIGN_CERT_*`, `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED`
 */
export function checkSigningCertificate(certificate: Certificate, key: KeyObject, at: Date): string[] {
  const name = certificate.label;
  requireStrongKey(key, 'the signing key');
  if (!certificate.publicKey().equals(key)) {
    throw new ModelsealError('ERR_SIGN_KEY_MISMATCH', { certificate: name });
  }
  checkValidity(certificate, at);
  if (certificate.keyUsage && !certificate.keyUsage.has('digitalSignature')) {
    throw new ModelsealError('ERR_SIGN_CERT_KEY_USAGE', { certificate: name });
  }
  if (!certificate.extKeyUsage?.includes(Oid.codeSigning)) {
    throw new ModelsealError('ERR_SIGN_CERT_PURPOSE', { certificate: name });
  }
  // RFC 5280 does not forbid it, and verifiers accept it; whoever stole the key could certify others with it.
  return certificate.basicConstraints?.ca
    ? [`${name} is a certificate of a CA: its key should certify and sign nothing else`]
    : [];
}

function checkValidity(certificate: Certificate, at: Date): void {
  const { label, notBefore, notAfter } = certificate;
  if (at < notBefore) {
    throw new ModelsealError('ERR_SIGN_CERT_NOT_YET_VALID', {
      certificate: label,
      notBefore: isoTime(notBefore),
      at: isoTime(at),
    });
  }
  if (at > notAfter) {
    throw new ModelsealError('ERR_SIGN_CERT_EXPIRED', {
      certificate: label,
      notAfter: isoTime(notAfter),
      at: isoTime(at),
    });
  }
}

/**
 * Orders the certificates above a signing certificate: each one issued the one before it. The signing certificate
 * itself and self-signed certificates are dropped: an anchor is what the verifier has, never what the bundle brings.
 *
 * @param given In any order, as files had them.
 * @throws {ModelsealError} `ERR_SIGN_CHAIN_BROKEN` for a certificate that is not on the way up, `ERR_SIGN_CHAIN_CA`
 */
export function orderChain(leaf: Certificate, given: readonly Certificate[], at: Date): Certificate[] {
  const rest = given.filter((c) => !same(c, leaf) && !issued(c, c));
  const unused = rest.filter((c, i) => rest.findIndex((other) => same(other, c)) === i);
  const chain: Certificate[] = [];
  for (let below = leaf; unused.length > 0; ) {
    const index = unused.findIndex((c) => issued(c, below));
    const above = unused[index];
    if (!above) {
      throw new ModelsealError('ERR_SIGN_CHAIN_BROKEN', {
        certificate: unused[0]?.label ?? '',
        leaf: leaf.label,
      });
    }
    if (!above.basicConstraints?.ca)
      throw new ModelsealError('ERR_SIGN_CHAIN_CA', { certificate: above.label });
    checkValidity(above, at);
    chain.push(above);
    unused.splice(index, 1);
    below = above;
  }
  return chain;
}

const same = (a: Certificate, b: Certificate): boolean => a.fingerprint === b.fingerprint;

function issued(issuer: Certificate, certificate: Certificate): boolean {
  if (!issuer.subject.equals(certificate.issuer)) return false;
  try {
    return verifySignedData(
      certificate.signatureAlgorithm,
      issuer.publicKey(),
      certificate.tbs,
      certificate.signature,
    );
  } catch {
    // An algorithm that does not fit the key: certainly not this issuer's signature.
    return false;
  }
}
