import { defineErrors, list } from './texts.js';

/** Causes in a trust policy, and demands of it that a model or its signer does not meet. */
export const policyErrors = defineErrors({
  ERR_POLICY_INVALID: {
    kind: 'usage',
    say: (d: { file: string; problem: string }) => `${d.file} is not a valid trust policy: ${d.problem}`,
    hint: 'See the description of the policy file in the documentation; unknown fields are errors, not ignored.',
  },
  ERR_POLICY_NO_RULE: {
    kind: 'refused',
    say: (d: { model: string; path: string; rules: readonly string[] | string }) =>
      `the policy has no rule for ${d.model} in ${d.path}; its rules are ${list(d.rules)}`,
    hint: 'Add a rule whose scope fits this model; one with an empty scope is for every model. modelseal policy explain shows what fits.',
  },
  ERR_POLICY_AMBIGUOUS: {
    kind: 'refused',
    say: (d: { model: string; rules: readonly string[] | string }) =>
      `several rules of the policy fit ${d.model} and none is the most specific: ${list(d.rules)}`,
    hint: 'Narrow one of the scopes, or add a rule for what fits both.',
  },
  ERR_POLICY_MODEL_NAME: {
    kind: 'refused',
    say: (d: { claimed: string; signed: string }) =>
      `the rule was chosen for a model named ${d.claimed}, signed is ${d.signed}`,
    hint: 'The signature changed while it was read, or further signatures are of another model. Do not use the model.',
  },
  ERR_POLICY_ANCHORS: {
    kind: 'refused',
    say: (d: { anchors: readonly string[] | string }) =>
      `the policy names anchors of a trust store (${list(d.anchors)}), and none of them is there for this model`,
    hint: 'Add the anchors with modelseal trust add, and give no --trust-root; the names are those of modelseal trust list.',
  },
  ERR_POLICY_TIMESTAMP: {
    kind: 'refused',
    say: (d: { signer: string }) =>
      `the policy asks for a time stamp that counts; the signature of ${d.signer} has none`,
    hint: 'Have the publisher add one (modelseal timestamp), and name its authority with --tsa-root or in the trust store. The report says why a token does not count.',
  },
  ERR_POLICY_EXTENDED_KEY_USAGE: {
    kind: 'refused',
    say: (d: { certificate: string; missing: readonly string[] | string }) =>
      `the certificate of ${d.certificate} does not name the purposes ${list(d.missing)}, which the policy asks for`,
    hint: 'The signer needs a certificate that was issued for this. A missing list of purposes is not enough here.',
  },
  ERR_POLICY_CERTIFICATE_POLICY: {
    kind: 'refused',
    say: (d: {
      certificate: string;
      found: readonly string[] | string;
      accepted: readonly string[] | string;
    }) =>
      `the certification path of ${d.certificate} is under the policies ${list(d.found)}, accepted are ${list(d.accepted)}`,
    hint: 'The signer needs a certificate issued under one of these certificate policies, by CAs that all name it.',
  },
  ERR_POLICY_KEY: {
    kind: 'refused',
    say: (d: { certificate: string; key: string; floor: number }) =>
      `${d.certificate} has a key ${d.key}, the policy asks for ${d.floor} bits`,
    hint: 'Sign with a stronger key, under CAs whose keys are strong enough as well.',
  },
  ERR_POLICY_HASH: {
    kind: 'refused',
    say: (d: { what: string; hash: string; accepted: readonly string[] | string }) =>
      `${d.what} uses ${d.hash}, the policy accepts ${list(d.accepted)}`,
    hint: 'Sign with --hash for the manifest; the hash of a signature follows the key of the signer, that of a certificate is chosen by its CA.',
  },
  ERR_POLICY_FORMAT: {
    kind: 'refused',
    say: (d: { files: readonly string[] | string; accepted: readonly string[] | string }) =>
      `formats that the policy does not accept: ${list(d.files)}; accepted are ${list(d.accepted)}`,
    hint: 'Have the model published in an accepted format (modelseal convert --to safetensors), or accept the format in the policy.',
  },
  ERR_POLICY_LIMIT: {
    kind: 'refused',
    say: (d: { what: string; found: number; limit: number }) =>
      `the model has ${d.found} ${d.what}, the policy allows ${d.limit}`,
    hint: 'Make sure that the model is the one you expect, then raise the limit in the policy.',
  },
  ERR_POLICY_IGNORED: {
    kind: 'refused',
    say: (d: { what: readonly string[] | string; accepted: readonly string[] | string }) =>
      `the policy does not let ${list(d.what)} be left out; it may be: ${list(d.accepted)}`,
    hint: 'Verify without the option that leaves it out, or have the publisher sign the model without this exclusion.',
  },
  ERR_MODEL_ROLLBACK: {
    kind: 'refused',
    say: (d: { model: string; version: string; minimum: string }) =>
      `${d.model} is version ${d.version}, the policy asks for ${d.minimum} or later: an older version was put in its place`,
    hint: 'The signature is genuine, but of a version that was replaced, perhaps for its flaws. Get the current one from the publisher.',
  },
  ERR_MODEL_VERSION: {
    kind: 'refused',
    say: (d: { model: string; version: string; minimum: string }) =>
      `${d.model} has ${d.version} for its signed version, the policy asks for ${d.minimum} or later`,
    hint: 'Have it signed with --model-version, one to four numbers as 1.4.0. What has no version cannot be told from an older one.',
  },
});
