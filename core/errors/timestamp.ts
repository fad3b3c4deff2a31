import { defineErrors, list } from './texts.js';

const OTHER_TOKEN =
  'The token proves nothing. Ask the publisher for one that is right, or time-stamp the signature again: modelseal timestamp.';
const OTHER_AUTHORITY = 'Use another time-stamp authority, or report it to the operator of this one.';

/** Causes around time stamps: CMS, RFC 3161, and what a time in the past decides. */
export const timestampErrors = defineErrors({
  ERR_CMS: {
    kind: 'refused',
    say: (d: { problem: string }) => `the signed data is not as RFC 5652 and RFC 3161 want it: ${d.problem}`,
    hint: OTHER_TOKEN,
  },
  ERR_CMS_DIGEST: {
    kind: 'refused',
    say: (d: { algorithm: string }) => `the hash function ${d.algorithm} is unknown or too weak`,
    hint: 'Time stamps rest on SHA-256, SHA-384 or SHA-512; ask the authority for one of them.',
  },
  ERR_CMS_SIGNATURE: {
    kind: 'refused',
    say: (d: { problem: string }) => `the signature of the time stamp does not hold: ${d.problem}`,
    hint: OTHER_TOKEN,
  },
  ERR_TIMESTAMP_FORMAT: {
    kind: 'refused',
    say: (d: { problem: string }) => `the time stamp is not one of RFC 3161: ${d.problem}`,
    hint: OTHER_TOKEN,
  },
  ERR_TIMESTAMP_REJECTED: {
    kind: 'refused',
    say: (d: { problem: string }) => `the time-stamp authority granted no token: ${d.problem}`,
    hint: 'Ask again later, or another authority.',
  },
  ERR_TIMESTAMP_ANSWER: {
    kind: 'refused',
    say: (d: { url: string; problem: string }) => `the answer of ${d.url} is of no use: ${d.problem}`,
    hint: OTHER_AUTHORITY,
  },
  ERR_TIMESTAMP_IMPRINT: {
    kind: 'refused',
    say: () => 'the time stamp is of something else than this signature',
    hint: 'It was taken from another signature, or the signature was replaced since.',
  },
  ERR_TIMESTAMP_SIGNER_UNKNOWN: {
    kind: 'refused',
    say: () => 'the certificate that signed the time stamp is not at hand',
    hint: 'Give the certificate of the time-stamp authority with --intermediates.',
  },
  ERR_TIMESTAMP_TSA_NAME: {
    kind: 'refused',
    say: (d: { certificate: string }) =>
      `the time stamp names another authority than the one of its certificate, ${d.certificate}`,
    hint: OTHER_AUTHORITY,
  },
  ERR_TIMESTAMP_TSA: {
    kind: 'refused',
    say: (d: { tsa: string; problem: string }) =>
      `the time-stamp authority ${d.tsa} cannot be relied on: ${d.problem}`,
    hint: 'Trust its root with --tsa-root after making sure that it is right; where its certificate ran out, only a renewal made before helps (modelseal timestamp --renew).',
  },
  ERR_TIMESTAMP_TSA_NOT_CURRENT: {
    kind: 'refused',
    say: (d: { tsa: string; genTime: string; notBefore: string; notAfter: string }) =>
      `the time stamp of ${d.genTime} lies outside of the validity of ${d.tsa} (${d.notBefore} to ${d.notAfter})`,
    hint: OTHER_TOKEN,
  },
  ERR_TIMESTAMP_FUTURE: {
    kind: 'refused',
    say: (d: { genTime: string; at: string }) =>
      `the time stamp is of ${d.genTime}, after the time ${d.at} it is judged at`,
    hint: 'Check --at and the clock of this machine.',
  },
  ERR_TIMESTAMP_POLICY: {
    kind: 'refused',
    say: (d: { policy: string; accepted: string[] | string }) =>
      `the time stamp was made under the policy ${d.policy}; accepted are ${list(d.accepted)}`,
    hint: 'Accept the policy with --tsa-policy after reading what it promises.',
  },
  ERR_TIMESTAMP_ACCURACY: {
    kind: 'refused',
    say: (d: { seconds: number; limit: number }) =>
      `the time stamp is accurate to ${d.seconds} seconds only; at most ${d.limit} are accepted`,
    hint: OTHER_AUTHORITY,
  },
  ERR_TIMESTAMP_OTHER_SIGNATURE: {
    kind: 'refused',
    say: () => 'the time stamp covers a signature of the file that does not verify',
    hint: 'The time of one signature says nothing about another. Do not use the model.',
  },
  ERR_TIMESTAMP_NONE: {
    kind: 'usage',
    say: (d: { file: string }) => `${d.file} has no time stamp that could be renewed`,
    hint: 'Leave out --renew to add the first one.',
  },
  ERR_TIMESTAMP_SIGSTORE: {
    kind: 'usage',
    say: (d: { file: string }) => `${d.file} was made with Sigstore, whose log states the time already`,
    hint: 'Readers of Sigstore refuse a bundle with a time stamp of an authority that they do not know; leave it as it is.',
  },
  ERR_TIMESTAMP_TOO_MANY: {
    kind: 'refused',
    say: (d: { file: string; limit: number }) =>
      `${d.file} has ${d.limit} time stamps already, the most that are read`,
    hint: 'Sign the model again.',
  },
  ERR_SIGNATURE_EXPIRED: {
    kind: 'refused',
    say: (d: { expires: string; at: string }) =>
      `the signature was to be used until ${d.expires} and is judged at ${d.at}`,
    hint: 'The signer limited it. Get the current release of the model from the publisher.',
  },
});
