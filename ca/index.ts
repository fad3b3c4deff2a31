export {
  Authority,
  type IssuedCertificate,
  type IssueRequest,
  type OpenOptions,
  openAuthority,
  type RevokeRequest,
} from './authority.js';
export type { IssuedCrl } from './crl.js';
export { type AuthoritySummary, type CreateAuthorityOptions, createAuthority } from './init.js';
export { LINTS, type Lint } from './lint/index.js';
export type { ProfileOptions } from './profile.js';
export { REASONS, type RevocationReason, revocationReason } from './reasons.js';
export type {
  CaStore,
  CertificateRecord,
  CertificateState,
  IssuerRole,
  ListFilter,
} from './store/store.js';
