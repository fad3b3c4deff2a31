/** What can be attested of a model, and the predicate type that says so in an in-toto statement. */
export const ATTESTATION_TYPES = {
  'slsa-provenance': 'https://slsa.dev/provenance/v1',
  'ml-bom': 'https://cyclonedx.org/bom',
  'model-card': 'urn:modelseal:attestation:model-card:v1',
  'training-data': 'urn:modelseal:attestation:training-data:v1',
  'base-model': 'urn:modelseal:attestation:base-model:v1',
  scan: 'urn:modelseal:attestation:scan:v1',
} as const;

export type AttestationType = keyof typeof ATTESTATION_TYPES;

export const ATTESTATION_NAMES = Object.keys(ATTESTATION_TYPES) as AttestationType[];

export const isAttestationType = (name: string): name is AttestationType =>
  Object.hasOwn(ATTESTATION_TYPES, name);

export const attestationTypeOf = (predicateType: string): AttestationType | undefined =>
  ATTESTATION_NAMES.find((name) => ATTESTATION_TYPES[name] === predicateType);
