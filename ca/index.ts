export { type ErrorCode, isModelsealError, ModelsealError } from '../core/errors/index.js';
export {
  Authority,
  type IssuedCertificate,
  type IssueRequest,
  type OcspValidity,
  type OpenOptions,
  openAuthority,
  type RevokeRequest,
} from './authority.js';
export type { IssuedCrl } from './crl.js';
export { CertificateRequest, type RequestedContent, readRequest } from './csr/request.js';
export {
  type Delivery,
  type DeliveryRequest,
  issueInto,
  type KeyProtection,
  type RequestFiles,
  requestInto,
} from './deliver.js';
export { type AuthoritySummary, type CreateAuthorityOptions, createAuthority } from './init.js';
export { LINTS, type Lint } from './lint/index.js';
export type { OcspStatement, SignedOcsp } from './ocsp.js';
export type { ProfileOptions } from './profile.js';
export { REASONS, type RevocationReason, revocationReason } from './reasons.js';
export { resolveCertificate } from './resolve.js';
export type {
  CaStore,
  CertificateRecord,
  CertificateState,
  IssuerRole,
  ListFilter,
} from './store/store.js';
