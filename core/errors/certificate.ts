import { defineErrors } from './texts.js';

/** Causes in certificates themselves and in their signatures, whatever they are used for. */
const decoding = defineErrors({
  ERR_CERT_TOO_LARGE: {
    kind: 'refused',
    say: (d: { size: number; limit: number }) =>
      `a certificate of ${d.size} bytes; at most ${d.limit} are read`,
    hint: 'Check that the file is a certificate; real ones have a few kilobytes.',
  },
  ERR_CERT_TOO_MANY: {
    kind: 'refused',
    say: (d: { file: string; count: number; limit: number }) =>
      `${d.file} holds ${d.count} certificates; at most ${d.limit} are read`,
    hint: 'Give only the certificates that the path may need.',
  },
  ERR_CERT_VERSION: {
    kind: 'refused',
    say: (d: { version: number; what: string }) => `a certificate of version ${d.version} with ${d.what}`,
    hint: 'Extensions need version 3 and version 1 is never written out (RFC 5280 §4.1.2.1); the issuer must reissue it.',
  },
  ERR_CERT_EXTENSION_DUPLICATE: {
    kind: 'refused',
    say: (d: { extension: string }) =>
      `the extension ${d.extension} appears twice in one certificate or list`,
    hint: 'Which of the two counts is undefined (RFC 5280 §4.2); the issuer must reissue it.',
  },
  ERR_CERT_EXTENSION_MALFORMED: {
    kind: 'refused',
    say: (d: { certificate: string; extension: string; problem: string }) =>
      `the extension ${d.extension} of ${d.certificate} is malformed: ${d.problem}`,
    hint: 'The issuer must reissue the certificate with a well-formed extension (RFC 5280 §4.2.1).',
  },
  ERR_CERT_KEY: {
    kind: 'refused',
    say: (d: { problem: string }) => `the public key of a certificate cannot be read: ${d.problem}`,
    hint: 'Use RSA, ECDSA on P-256, P-384 or P-521 (as named curves), or Ed25519.',
  },
  ERR_SIGNATURE_ALGORITHM_UNKNOWN: {
    kind: 'refused',
    say: (d: { algorithm: string }) => `unknown signature algorithm ${d.algorithm}`,
    hint: 'Use RSA or ECDSA with SHA-2, RSASSA-PSS or Ed25519.',
  },
  ERR_SIGNATURE_ALGORITHM_PARAMETERS: {
    kind: 'refused',
    say: (d: { algorithm: string }) =>
      `the parameters of the signature algorithm ${d.algorithm} are not acceptable`,
    hint: 'RSA takes NULL, ECDSA and Ed25519 none, RSASSA-PSS one hash for message and mask (RFC 4055, 5758, 8410).',
  },
  ERR_SIGNATURE_KEY_MISMATCH: {
    kind: 'refused',
    say: (d: { algorithm: string; key: string }) =>
      `a signature by ${d.algorithm} cannot come from a key of kind ${d.key}`,
    hint: 'The certificate of another issuer was used, or the signature was altered.',
  },
});

export const certificateErrors = defineErrors({ ...decoding });
