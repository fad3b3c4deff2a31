export { type CacheUse, DigestCache, digestCacheKey } from '../core/digest/index.js';
export { type ErrorCode, isModelsealError, ModelsealError } from '../core/errors/index.js';
export { decodePrivateKey, readPrivateKey, type SigningKey, signingKey } from '../core/keys/index.js';
export { Certificate, readCertificates } from '../core/x509/index.js';
export {
  ATTESTATION_NAMES,
  ATTESTATION_TYPES,
  type Attestation,
  type AttestationType,
  type Predicate,
} from '../core/attestation/index.js';
export { type AttestedModel, type AttestOptions, attestModel, readPredicate } from './attest.js';
export { type Detected, detectMetadata } from './detect/index.js';
export { type DigestedModel, digestModel } from './digest.js';
export {
  type BundleClaims,
  type CertificateClaims,
  type CrlClaims,
  type Extracted,
  extractView,
  type Inspection,
  inspect,
} from './inspect/index.js';
export { type ModelMetadata, mergeMetadata, parseMetadata } from './metadata.js';
export { type MigrationOptions, type MigrationUnit, migrate, planMigration } from './migrate.js';
export type { SerializationOptions } from './serialization.js';
export { type SignedModel, type SignOptions, signModel } from './sign.js';
export { type ScanFindings, type ScanRules, scanPredicate } from './scan-predicate.js';
export { DEFAULT_SIGNATURE_NAME } from './target.js';
export { type TimestampedSignature, type TimestampOrder, timestampSignature } from './timestamp/index.js';
