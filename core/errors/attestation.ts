import { defineErrors, list } from './texts.js';

/** Causes around attestations and lineage. */
export const attestationErrors = defineErrors({
  ERR_ATTESTATION: {
    kind: 'refused',
    say: (d: { problem: string }) => `the attestation is not as its type wants it: ${d.problem}`,
    hint: 'docs/verification.md says what each type holds.',
  },
  ERR_ATTESTATION_SUBJECT: {
    kind: 'refused',
    say: (d: { name: string; treeDigest: string }) =>
      `the attestation is about another model (${d.name}), not about the one with the tree digest ${d.treeDigest}`,
    hint: 'The model changed since, or was hashed in another way. Have it attested again.',
  },
  ERR_ATTESTATION_TREE: {
    kind: 'refused',
    say: () => 'the signature records no tree digest, which attestations are bound to',
    hint: 'Ask the publisher to sign the model with a current modelseal.',
  },
  ERR_ATTESTATION_MISSING: {
    kind: 'refused',
    say: (d: { type: string; problems: readonly string[] | string }) =>
      `no attestation of the type ${d.type} counts${d.problems.length > 0 ? `: ${list(d.problems)}` : ''}`,
    hint: 'Name it with --attestation; who may attest is said with --attester.',
  },
  ERR_ATTESTATION_SCAN: {
    kind: 'threat',
    say: (d: { signer: string }) => `a scan by ${d.signer} found a threat in this model`,
    hint: 'Do not use the model. Look at it yourself with modelseal scan.',
  },
  ERR_LINEAGE_MISSING: {
    kind: 'refused',
    say: (d: { model: string; name: string; treeDigest: string }) =>
      `${d.model} was made from ${d.name} with the tree digest ${d.treeDigest}, which is not among the base models given`,
    hint: 'Name its folder with --base.',
  },
  ERR_LINEAGE_CIRCULAR: {
    kind: 'refused',
    say: (d: { model: string; name: string }) =>
      `${d.model} is said to be made from ${d.name}, which is itself or was made from it`,
    hint: 'Ask whoever attested it for the base model that was meant.',
  },
  ERR_LINEAGE_TOO_LONG: {
    kind: 'refused',
    say: (d: { limit: number }) => `the lineage is longer than ${d.limit} generations`,
    hint: 'Verify a base model by itself.',
  },
});
