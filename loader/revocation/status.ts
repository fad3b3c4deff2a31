import type { ErrorCode, ModelsealError } from '../../core/errors/index.js';
import type { Certificate } from '../../core/x509/index.js';
import type { Revocation } from './revocation.js';

/** A piece of evidence that was checked and counted. */
export interface EvidenceUsed {
  readonly kind: 'crl' | 'delta-crl' | 'ocsp';
  readonly source: string;
  /** CRL issuer, or responder. */
  readonly issuer: string;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** CRL number. */
  readonly number?: string;
  /** What it says about the certificate. */
  readonly says: 'good' | 'revoked';
  /** OCSP: the nonce we sent came back. */
  readonly nonce?: boolean;
}

/**
 * When evidence has to be current: at some time in here. One point for what is judged at the present; where a signature
 * is proven to be older than the end of its certificate, any time since the signature will do.
 */
export interface Currency {
  readonly from: Date;
  readonly to: Date;
}

/** What all evidence together says about one certificate. */
export interface CertificateStatus {
  readonly certificate: Certificate;
  readonly status: 'good' | 'revoked' | 'unknown' | 'skipped';
  /** Every authorised statement that it is revoked; empty unless the status is `revoked`. */
  readonly revocations: readonly Revocation[];
  readonly evidence: readonly EvidenceUsed[];
  /** Why other evidence about this certificate did not count. */
  readonly problems: readonly ModelsealError[];
  /** Those of them that are of evidence which somebody gave on purpose. */
  readonly givenProblems: readonly ModelsealError[];
}

/**
 * Codes in the order in which evidence gets through its checks. When nothing proves a status, the error shown is that
 * of the evidence which got furthest.
 */
const PROGRESS: readonly ErrorCode[] = [
  'ERR_CRL_SCOPE',
  'ERR_CRL_DELTA_WITHOUT_BASE',
  'ERR_OCSP_RESPONDER_UNKNOWN',
  'ERR_CRL_SIGNER_UNKNOWN',
  'ERR_OCSP_SIGNATURE',
  'ERR_CRL_SIGNATURE',
  'ERR_CRL_SIGNER_PATH',
  'ERR_OCSP_RESPONDER_UNAUTHORISED',
  'ERR_OCSP_RESPONDER_REVOCATION',
  'ERR_CRL_SIGNER_KEY_USAGE',
  'ERR_OCSP_CERTIFICATE_UNKNOWN',
  'ERR_REVOCATION_REASONS_INCOMPLETE',
];

/** The problem of the evidence that got furthest. */
export function furthest(problems: readonly ModelsealError[]): ModelsealError | undefined {
  // A code that is not listed (stale, future-dated, wrong nonce, …) comes after everything that is.
  const rank = (error: ModelsealError): number => {
    const index = PROGRESS.indexOf(error.code);
    return index < 0 ? PROGRESS.length : index;
  };
  return problems.reduce<ModelsealError | undefined>(
    (best, error) => (best === undefined || rank(error) > rank(best) ? error : best),
    undefined,
  );
}
