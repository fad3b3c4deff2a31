export { furtherNames, furtherSignatures, isSignature, MAX_SIGNERS } from './beside.js';
export { encodeBundle, encodeStatement, type Material, type StatementExtras } from './encode.js';
export { keyHint, matchSignature, namedKey, type SignatureForm, signatureHash } from './signature.js';
export {
  decodeStatement,
  MAX_RESOURCES,
  PREDICATE_TYPE,
  PREDICATE_TYPE_V02,
  referenceShardAlgorithm,
  STATEMENT_TYPE,
  type Statement,
} from './statement.js';
export {
  BUNDLE_MEDIA_TYPE,
  type EnvelopeSignature,
  MAX_BUNDLE_BYTES,
  MAX_CHAIN,
  MAX_SIGNATURES,
  MAX_TIMESTAMPS,
  type SigningMethod,
  type StapledEvidence,
  UnverifiedBundle,
} from './unverified.js';
