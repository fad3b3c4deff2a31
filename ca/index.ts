export { type ErrorCode, isModelsealError, ModelsealError } from '../core/errors/index.js';
export {
  Authority,
  type BlockKeyRequest,
  type CrlOrder,
  type IssuedCertificate,
  type IssueRequest,
  type IssuingCaRevocation,
  type OcspValidity,
  type OpenOptions,
  openAuthority,
  type PublishedCrl,
  type PublishOrder,
  type RecoverRequest,
  type RevokeAllRequest,
  type RevokeRequest,
  type TsaRequest,
} from './authority.js';
export {
  type Backup,
  type BackupRequest,
  backupAuthority,
  type RestoreRequest,
  restoreAuthority,
} from './backup/backup.js';
export type { IssuedCrl } from './crl.js';
export { CertificateRequest, type RequestedContent, readRequest } from './csr/request.js';
export { type RequestSummary, summarizeRequest } from './csr/show.js';
export {
  type CrossOrder,
  crossCertifyInto,
  type Delivery,
  type DeliveryRequest,
  issueInto,
  issueTsaInto,
  type KeyProtection,
  type RequestFiles,
  requestInto,
  type TsaOrder,
} from './deliver.js';
export { type Ceremony, type CeremonyRequest, holdCeremony } from './ceremony.js';
export type { AuthorityProtection, AuthoritySummary, CreateAuthorityOptions } from './establish.js';
export { createAuthority } from './init.js';
export { type Migrated, migrateAuthority } from './migrate.js';
export { CRL_LINTS, type CrlLint } from './lint/crl.js';
export { LINTS, type Lint } from './lint/index.js';
export { OCSP_LINTS, type OcspLint } from './lint/ocsp.js';
export type { OcspStatement, SignedOcsp } from './ocsp.js';
export type { ProfileOptions } from './profile.js';
export {
  OFFERED_REASONS,
  type OfferedReason,
  REASONS,
  type RevocationReason,
  revocationReason,
} from './reasons.js';
export type { Recovered } from './recover.js';
export type { AuthorityStatus, StatusItem, StatusKind, StatusRequest } from './status.js';
export { type Renewal, type RenewalRequest, renewInto } from './renew.js';
export type { Rollover, RolloverRequest } from './rollover.js';
export { resolveCertificate, resolveForRevocation } from './resolve.js';
export {
  type TimestampAnswer,
  TimestampAuthority,
  type TimestampAuthorityOptions,
  TSA_POLICY,
} from './timestamp/responder.js';
export type {
  CaStore,
  CertificatePage,
  CertificateProfile,
  CertificateRecord,
  CertificateState,
  IssuerId,
  IssuerRole,
  ListFilter,
  Selection,
} from './store/store.js';
