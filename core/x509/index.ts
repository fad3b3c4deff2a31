export { type AlgorithmIdentifier, readAlgorithm } from './algorithm.js';
export {
  Certificate,
  type Extension,
  MAX_CERTIFICATE_BYTES,
  readExtensionList,
  serialText,
} from './certificate.js';
export {
  type DistributionPoint,
  type DistributionPointName,
  REASON_FLAGS,
  type ReasonFlag,
  readDistributionPointName,
  readReasons,
} from './distribution-point.js';
export {
  type AccessDescription,
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type CertificatePolicies,
  decodeAuthorityKeyIdentifier,
  decodeGeneralNames,
  KEY_USAGES,
  type KeyUsage,
  type NameConstraints,
  type PolicyConstraints,
  type PolicyMapping,
} from './extensions.js';
export {
  type GeneralName,
  type GeneralNameType,
  generalNameText,
  readGeneralName,
  readGeneralNames,
} from './general-name.js';
export { certificateIdentities, IDENTITY_KINDS, parseIdentity, readIdentities } from './identity.js';
export { decodePublicKey, keyDescription } from './key.js';
export { Name, type NameAttribute, sameBytes } from './name.js';
export { Oid, oidName } from './oids.js';
export { decodeCertificates, MAX_CERTIFICATE_FILE_BYTES, readCertificates } from './read.js';
export { MAX_REQUEST_FILE, REQUEST_LABELS, type RequestedContent, UnverifiedRequest } from './request.js';
export { type HashName, type SignatureAlgorithm, signatureAlgorithm } from './signature-algorithm.js';
export { summarizeCertificate } from './summary.js';
export { isoTime, readTime } from './time.js';
export { verifySignedData } from './verify-signature.js';
