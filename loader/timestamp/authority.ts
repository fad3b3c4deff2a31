import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import type { TimestampToken } from '../../core/timestamp/index.js';
import { type Certificate, isoTime } from '../../core/x509/index.js';
import { type CertificateOptions, verifyCertificate } from '../verify-certificate.js';
import { checkSignatureStrength, DEFAULT_ALGORITHM_POLICY } from '../path/algorithm-policy.js';
import { findPath, type TrustAnchors } from '../path/index.js';
import { decodeEvidence, mergeEvidence, NO_EVIDENCE } from '../revocation/evidence.js';
import { MAX_CLOCK_SKEW_MS } from '../revocation/limits.js';

/** Which time-stamp authorities are believed, and what is known about them. */
export interface TimestampTrust {
  readonly anchors: TrustAnchors;
  /** Policies that tokens may be made under, OIDs; any without it. */
  readonly policies?: readonly string[] | undefined;
  /** The present. */
  readonly at: Date;
  readonly evidence?: CertificateOptions['evidence'];
  readonly revocation?: CertificateOptions['revocation'];
  readonly fetch?: CertificateOptions['fetch'];
}

/**
 * A time that may be off by more says too little: certificates are revoked and run out within minutes of it. Public
 * authorities promise a second.
 */
const MAX_ACCURACY_MS = 10 * 60 * 1000;

/**
 * Checks that a trusted authority made a token: policy and accuracy, the CMS signature, a certificate for nothing else,
 * valid when the token was made (RFC 3161 §2.3) and still valid, and not revoked, when the token is relied on.
 *
 * @param trust With certificates at hand, none of which is trusted.
 * @param provenAt A time at which the token existed, from a later token over it; the present without it.
 * @returns The authority's name.
 * @throws {ModelsealError} `ERR_TIMESTAMP_…`, `ERR_CMS…`, `ERR_CERT_ALGORITHM_WEAK`
 */
export async function checkToken(
  token: TimestampToken,
  trust: TimestampTrust & { readonly certificates: readonly Certificate[] },
  provenAt: Date | undefined,
): Promise<string> {
  checkClaims(token, trust);
  const { genTime } = token.info;
  const anchors = [...trust.anchors].flatMap(({ certificate }) => certificate ?? []);
  const { certificate, algorithm } = token.verify([...trust.certificates, ...anchors]);
  const tsa = certificate.label;
  checkSignatureStrength(algorithm, `the time stamp of ${tsa}`, DEFAULT_ALGORITHM_POLICY);
  const { notBefore, notAfter } = certificate;
  // Written so that an invalid Date (NaN) refuses.
  if (!(genTime >= notBefore && genTime <= notAfter)) {
    throw new ModelsealError('ERR_TIMESTAMP_TSA_NOT_CURRENT', {
      tsa,
      genTime: isoTime(genTime),
      notBefore: isoTime(notBefore),
      notAfter: isoTime(notAfter),
    });
  }
  const intermediates = [...token.certificates, ...trust.certificates];
  const path = { anchors: trust.anchors, intermediates, purpose: 'time-stamping' } as const;
  const given = trust.evidence ?? NO_EVIDENCE;
  const stapled = decodeEvidence({ crls: token.crls }, 'time stamp', intermediates, 'stapled');
  try {
    findPath(certificate, { ...path, at: genTime });
    await verifyCertificate(certificate, {
      ...path,
      at: trust.at,
      signedAt: provenAt,
      claimedAt: genTime,
      evidence: mergeEvidence(given, stapled),
      shared: true,
      revocation: trust.revocation,
      fetch: trust.fetch,
    });
  } catch (error) {
    if (!isModelsealError(error) || error.code === 'ERR_INTERNAL') throw error;
    throw new ModelsealError('ERR_TIMESTAMP_TSA', { tsa, problem: error.message }, { cause: error });
  }
  return tsa;
}

/** What needs no key to be refused. */
function checkClaims(token: TimestampToken, { at, policies }: TimestampTrust): void {
  const { policy, genTime, accuracyMs = 0 } = token.info;
  if (!(genTime.getTime() <= at.getTime() + MAX_CLOCK_SKEW_MS))
    throw new ModelsealError('ERR_TIMESTAMP_FUTURE', { genTime: isoTime(genTime), at: isoTime(at) });
  if (accuracyMs > MAX_ACCURACY_MS) {
    const [seconds, limit] = [accuracyMs, MAX_ACCURACY_MS].map((ms) => ms / 1000) as [number, number];
    throw new ModelsealError('ERR_TIMESTAMP_ACCURACY', { seconds, limit });
  }
  if (policies && !policies.includes(policy))
    throw new ModelsealError('ERR_TIMESTAMP_POLICY', { policy, accepted: [...policies] });
}
