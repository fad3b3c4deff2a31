export type { AttestationDemand } from './demand.js';
export { type Lineage, verifyLineage } from './lineage.js';
export { VerifiedAttestation } from './verified-attestation.js';
