import { defineErrors, list } from './texts.js';

/** Causes met while signing. */
export const signerErrors = defineErrors({
  ERR_SIGN_REUSE: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `nothing of ${d.file} can be signed again: ${d.problem}`,
    hint: 'Sign without --reuse; every file is then read.',
  },
  ERR_DIGEST_CACHE_KEY: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} is not the key of a digest cache`,
    hint: 'It holds 64 hexadecimal digits. Remove the file to have a new one made; caches of the old key are then of no use.',
  },
  ERR_SIGN_KEY_MISMATCH: {
    kind: 'refused',
    say: (d: { certificate: string }) => `the private key is not the one of the certificate ${d.certificate}`,
    hint: 'Give the key and the certificate that were issued together.',
  },
  ERR_SIGN_CERT_EXPIRED: {
    kind: 'refused',
    say: (d: { certificate: string; notAfter: string; at: string }) =>
      `the certificate ${d.certificate} expired at ${d.notAfter}, before ${d.at}`,
    hint: 'Have a new certificate issued: modelseal ca issue, or the CA of your organisation.',
  },
  ERR_SIGN_CERT_NOT_YET_VALID: {
    kind: 'refused',
    say: (d: { certificate: string; notBefore: string; at: string }) =>
      `the certificate ${d.certificate} is valid only from ${d.notBefore}, after ${d.at}`,
    hint: 'Check the clock of this machine, or wait until the certificate is valid.',
  },
  ERR_SIGN_CERT_KEY_USAGE: {
    kind: 'refused',
    say: (d: { certificate: string }) =>
      `the key usage of ${d.certificate} does not include digitalSignature`,
    hint: 'Have a certificate for signing issued; verifiers refuse what this one signs (RFC 5280 §4.2.1.3).',
  },
  ERR_SIGN_CERT_PURPOSE: {
    kind: 'refused',
    say: (d: { certificate: string }) => `${d.certificate} is not for code signing`,
    hint: 'Have a certificate with the extended key usage codeSigning issued; verifiers refuse others.',
  },
  ERR_SIGN_CHAIN_BROKEN: {
    kind: 'refused',
    say: (d: { certificate: string; leaf: string }) =>
      `the chain certificate ${d.certificate} does not lead from ${d.leaf} towards its root`,
    hint: 'Give the chain that belongs to the signing certificate; ca issue writes it as chain.pem.',
  },
  ERR_SIGN_CHAIN_CA: {
    kind: 'refused',
    say: (d: { certificate: string }) =>
      `the chain certificate ${d.certificate} is not the certificate of a CA`,
    hint: 'Every certificate above the signing certificate must be of a CA (RFC 5280 §6.1.4); check the chain file.',
  },
  ERR_SIGN_CHAIN_WITHOUT_CERTIFICATE: {
    kind: 'usage',
    say: (_d: object) => 'a certificate chain was given without the signing certificate',
    hint: 'Add --signing-certificate, or leave out the chain to sign with the bare key.',
  },
  ERR_SIGN_TARGET: {
    kind: 'usage',
    say: (d: { file: string }) => `${d.file} exists and is no model signature; it is not replaced`,
    hint: 'Choose another file with --signature. Only an older signature is ever replaced, with --force.',
  },
  ERR_SIGN_OPTION: {
    kind: 'usage',
    say: (d: { option: string; problem: string }) => `${d.option}: ${d.problem}`,
    hint: 'See modelseal sign --help for what the option takes.',
  },
  ERR_SIGN_METADATA: {
    kind: 'refused',
    say: (d: { source: string; field: string; problem: string }) =>
      `the metadata of ${d.source} is not usable: ${d.field}: ${d.problem}`,
    hint: 'modelName, modelVersion and trainingDate are texts, dependencies and frameworks map names to versions.',
  },
  ERR_SIGN_POINTER: {
    kind: 'refused',
    say: (d: { files: readonly string[] }) =>
      `pointers of Git LFS or git-annex in place of the files themselves: ${list(d.files)}`,
    hint: 'Fetch the content (git lfs pull, git annex get), then sign. --allow-incomplete signs the pointers.',
  },
  ERR_SIGN_UNFINISHED: {
    kind: 'refused',
    say: (d: { files: readonly string[] }) => `a download has not ended: ${list(d.files)}`,
    hint: 'Let the download end, or remove what is left of it. --allow-incomplete signs it as it lies there.',
  },
  ERR_SIGN_SHARD_MISSING: {
    kind: 'refused',
    say: (d: { index: string; files: readonly string[] }) =>
      `${d.index} names weights that are not in the model: ${list(d.files)}`,
    hint: 'Fetch the missing files, or check that they are not excluded. --allow-incomplete signs without them.',
  },
  ERR_SIGN_SHARDS: {
    kind: 'refused',
    say: (d: { file: string; found: number; total: number }) =>
      `${d.file} is one of ${d.total} parts by its name, and only ${d.found} are in the model`,
    hint: 'Fetch the missing parts, or remove those of another model. --allow-incomplete signs what is there.',
  },
  ERR_SIGN_INDEX: {
    kind: 'refused',
    say: (d: { index: string; problem: string }) =>
      `${d.index} is not the index of these weights: ${d.problem}`,
    hint: 'Put the index beside the weights that it was written with. --allow-incomplete signs it as it is.',
  },
  ERR_SIGN_INDEX_FOREIGN: {
    kind: 'refused',
    say: (d: { index: string; files: readonly string[] }) =>
      `numbered weights that ${d.index} does not name: ${list(d.files)}`,
    hint: 'Remove what is left of another model, or fetch the index that belongs to them. --allow-incomplete signs all of it.',
  },
  ERR_SIGN_SELF_CHECK: {
    kind: 'unchecked',
    say: (d: { problem: string }) => `the new signature does not verify and was not written: ${d.problem}`,
    hint: 'The key or its token works wrongly. Nothing was written; try again, then check the key.',
  },
});
