export { CheckedPath, checkRevocation } from './checked-path.js';
export { type CertificateEvidence, describeEvidence, type EvidenceDescription } from './describe-evidence.js';
export {
  type CrlEvidence,
  decodeEvidence,
  type EvidenceFiles,
  mergeEvidence,
  NO_EVIDENCE,
  type OcspEvidence,
  type RejectedEvidence,
  type RevocationEvidence,
  readEvidence,
} from './evidence.js';
export { DEFAULT_TIMEOUT_MS, type FetchOptions, fetchEvidence, MAX_ADDRESSES } from './fetch.js';
export type { Revocation } from './revocation.js';
export { REVOCATION_MODES, type RevocationMode, type RevocationOptions } from './options.js';
export type { CertificateStatus, EvidenceUsed } from './status.js';
