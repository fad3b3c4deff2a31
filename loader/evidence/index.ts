export { type PackedEvidence, packEvidence } from './collect.js';
export { describePack, type PackDescription } from './describe.js';
export { EvidencePack, type PackParts } from './pack.js';
