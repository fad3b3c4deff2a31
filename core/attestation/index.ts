export { type BaseModel, baseModels, checkPredicate, type Predicate } from './predicates.js';
export { type Attestation, decodeAttestation, encodeAttestation } from './statement.js';
export { ATTESTATION_NAMES, ATTESTATION_TYPES, type AttestationType, isAttestationType } from './types.js';
