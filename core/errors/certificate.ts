import { defineErrors, list } from './texts.js';

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

/** Rules that one certificate breaks by itself, whatever path it stands in. */
const profile = defineErrors({
  ERR_CERT_EXPIRED: {
    kind: 'refused',
    say: (d: { certificate: string; notAfter: string; at: string }) =>
      `${d.certificate} expired at ${d.notAfter}; checked at ${d.at}`,
    hint: 'Ask the publisher to sign again with a current certificate. Where the signature has a time stamp, trust its authority with --tsa-root.',
  },
  ERR_CERT_NOT_YET_VALID: {
    kind: 'refused',
    say: (d: { certificate: string; notBefore: string; at: string }) =>
      `${d.certificate} is valid only from ${d.notBefore}; checked at ${d.at}`,
    hint: 'Check the clock of this machine, or the time given with --at.',
  },
  ERR_CERT_SERIAL: {
    kind: 'refused',
    say: (d: { certificate: string; problem: string }) =>
      `the serial number of ${d.certificate} is not acceptable: ${d.problem}`,
    hint: 'Serial numbers have at most 20 octets and are not zero (RFC 5280 §4.1.2.2); the issuer must reissue it.',
  },
  ERR_CERT_ALGORITHM_DISAGREES: {
    kind: 'refused',
    say: (d: { certificate: string; inner: string; outer: string }) =>
      `${d.certificate} names ${d.inner} inside its signed part and ${d.outer} outside of it`,
    hint: 'Both fields must be the same (RFC 5280 §4.1.1.2); the certificate was altered or badly made.',
  },
  ERR_CERT_ISSUER_EMPTY: {
    kind: 'refused',
    say: (d: { certificate: string }) => `${d.certificate} has an empty issuer name`,
    hint: 'The issuer must reissue it with its name (RFC 5280 §4.1.2.4).',
  },
  ERR_CERT_SUBJECT_EMPTY: {
    kind: 'refused',
    say: (d: { certificate: string; rule: string }) =>
      `${d.certificate} has an empty subject name: ${d.rule}`,
    hint: 'Name the subject, or mark subjectAltName critical in a certificate that is no CA (RFC 5280 §4.1.2.6).',
  },
  ERR_CERT_EXTENSION_UNKNOWN: {
    kind: 'refused',
    say: (d: { certificate: string; extension: string }) =>
      `${d.certificate} has the critical extension ${d.extension}, which is not understood`,
    hint: 'A critical extension must be understood or the certificate refused (RFC 5280 §4.2).',
  },
  ERR_CERT_EXTENSION_CRITICALITY: {
    kind: 'refused',
    say: (d: { certificate: string; extension: string; rule: string }) =>
      `the extension ${d.extension} of ${d.certificate} ${d.rule}`,
    hint: 'The issuer must reissue the certificate with the criticality that RFC 5280 §4.2 demands.',
  },
  ERR_CERT_EXTENSION_MISSING: {
    kind: 'refused',
    say: (d: { certificate: string; extension: string; rule: string }) =>
      `${d.certificate} has no ${d.extension}: ${d.rule}`,
    hint: 'The issuer must reissue the certificate, or judge it without --strict.',
  },
  ERR_CERT_EXTENSION_MISPLACED: {
    kind: 'refused',
    say: (d: { certificate: string; problem: string }) => `${d.certificate}: ${d.problem}`,
    hint: 'The issuer must reissue the certificate; only a CA certificate may say this (RFC 5280 §4.2.1).',
  },
  ERR_CERT_ALGORITHM_WEAK: {
    kind: 'refused',
    say: (d: { certificate: string; algorithm: string; allowed: readonly string[] | string }) =>
      `${d.certificate} is signed with ${d.algorithm}; allowed are ${list(d.allowed)}`,
    hint: 'The issuer must reissue it with SHA-256 or better.',
  },
  ERR_CERT_KEY_WEAK: {
    kind: 'refused',
    say: (d: { certificate: string; key: string; rule: string }) =>
      `the key of ${d.certificate} (${d.key}) is not acceptable: ${d.rule}`,
    hint: 'Use RSA of 2048 bits or more, ECDSA on P-256, P-384 or P-521, or Ed25519.',
  },
});

/** Rules that a path breaks. */
const path = defineErrors({
  ERR_TRUST_ANCHORS_EMPTY: {
    kind: 'usage',
    say: () => 'no trust anchor was given',
    hint: 'Name the root certificate with --trust-root. There is no default root, and the web PKI is never used.',
  },
  ERR_PATH_NO_ISSUER: {
    kind: 'refused',
    say: (d: { certificate: string; issuer: string }) =>
      `no trust anchor and no intermediate is named ${d.issuer}, the issuer of ${d.certificate}`,
    hint: 'Give the missing CA certificate with --intermediates, or its root with --trust-root if you trust it.',
  },
  ERR_PATH_ROOT_UNTRUSTED: {
    kind: 'refused',
    say: (d: { certificate: string }) =>
      `the path ends at ${d.certificate}, which issued itself and is not a trust anchor`,
    hint: 'Give this certificate with --trust-root only if you have a reason to trust it that does not come with the model.',
  },
  ERR_PATH_LOOP: {
    kind: 'refused',
    say: (d: { certificate: string }) =>
      `the issuers of ${d.certificate} lead only back to certificates that stand in the path already`,
    hint: 'No trust anchor is reached. Give the root of one of these CAs with --trust-root if you trust it.',
  },
  ERR_PATH_SIGNATURE: {
    kind: 'refused',
    say: (d: { certificate: string; issuer: string }) =>
      `the signature on ${d.certificate} was not made by the key of ${d.issuer}`,
    hint: 'The certificate was altered, or another CA uses the same name. Do not trust it.',
  },
  ERR_PATH_NAME_CHAINING: {
    kind: 'refused',
    say: (d: { certificate: string; issuer: string; expected: string }) =>
      `${d.certificate} names ${d.issuer} as its issuer, but stands below ${d.expected}`,
    hint: 'Order the path from leaf to root, without gaps.',
  },
  ERR_PATH_TOO_LONG: {
    kind: 'refused',
    say: (d: { certificate: string; limit: number }) =>
      `the path from ${d.certificate} upwards has more than ${d.limit} certificates`,
    hint: 'Real hierarchies have two to five levels. Trust an intermediate as anchor if yours is truly deeper.',
  },
  ERR_PATH_BUDGET_SIGNATURES: {
    kind: 'refused',
    say: (d: { limit: number }) => `building a path took more than ${d.limit} signature checks`,
    hint: 'Give only the intermediates that belong to this certificate; so many same-named ones are not legitimate.',
  },
  ERR_PATH_BUDGET_CANDIDATES: {
    kind: 'refused',
    say: (d: { limit: number }) => `building a path met more than ${d.limit} candidate issuers`,
    hint: 'Give only the intermediates that belong to this certificate; so many cross-certificates are not legitimate.',
  },
  ERR_PATH_BUDGET_NAMES: {
    kind: 'refused',
    say: (d: { limit: number }) => `the name constraints of a path take more than ${d.limit} comparisons`,
    hint: 'So many names and constraints are not legitimate. Do not trust the issuer.',
  },
  ERR_PATH_BUDGET_PATHS: {
    kind: 'refused',
    say: (d: { limit: number }) => `${d.limit} paths led to a trust anchor and each of them broke a rule`,
    hint: 'Give only the intermediates that belong to this certificate; verifying with few of them names the rule.',
  },
  ERR_PATH_BUDGET_JUDGED: {
    kind: 'refused',
    say: (d: { limit: number }) => `more than ${d.limit} valid paths were turned down by a further check`,
    hint: 'Give only the intermediates that belong to this certificate, without CA certificates that were revoked.',
  },
  ERR_PATH_BUDGET_POLICIES: {
    kind: 'refused',
    say: (d: { certificate: string; limit: number }) =>
      `${d.certificate} lists more than ${d.limit} policies or policy mappings`,
    hint: 'So many are not legitimate. Do not trust the issuer.',
  },
  ERR_PATH_CA_MISSING: {
    kind: 'refused',
    say: (d: { certificate: string; reason: string }) =>
      `${d.certificate} may not issue certificates: ${d.reason}`,
    hint: 'Only a CA certificate (basicConstraints with cA) may stand above another (RFC 5280 §4.2.1.9).',
  },
  ERR_PATH_LENGTH: {
    kind: 'refused',
    say: (d: { certificate: string; issuer: string; limit: number }) =>
      `${d.certificate} stands too deep: ${d.issuer} allows ${d.limit} CA certificates below it`,
    hint: 'The CA issued beyond what its own issuer allowed (RFC 5280 §4.2.1.9). Do not trust this path.',
  },
  ERR_PATH_KEY_USAGE: {
    kind: 'refused',
    say: (d: {
      certificate: string;
      needed: readonly string[] | string;
      present: readonly string[] | string;
    }) => `the key of ${d.certificate} is not for ${list(d.needed)} (it is for ${list(d.present)})`,
    hint: 'Use a certificate whose keyUsage fits (RFC 5280 §4.2.1.3).',
  },
  ERR_PATH_EXTENDED_KEY_USAGE: {
    kind: 'refused',
    say: (d: { certificate: string; purpose: string; present: readonly string[] | string }) =>
      `${d.certificate} is not for ${d.purpose} (it is for ${list(d.present)})`,
    hint: 'Use a certificate issued for this purpose, below CAs that may issue for it (RFC 5280 §4.2.1.12).',
  },
  ERR_PATH_EXTENDED_KEY_USAGE_MISSING: {
    kind: 'refused',
    say: (d: { certificate: string; purpose: string }) =>
      `${d.certificate} does not say that it is for ${d.purpose}`,
    hint: 'This purpose must be named in extKeyUsage; a certificate for anything does not do.',
  },
  ERR_PATH_NAME_NOT_PERMITTED: {
    kind: 'refused',
    say: (d: { certificate: string; name: string; constrainedBy: string }) =>
      `the name ${d.name} of ${d.certificate} is outside what ${d.constrainedBy} may issue for`,
    hint: 'The CA issued outside its name space (RFC 5280 §4.2.1.10). Do not trust this path.',
  },
  ERR_PATH_NAME_EXCLUDED: {
    kind: 'refused',
    say: (d: { certificate: string; name: string; constrainedBy: string }) =>
      `the name ${d.name} of ${d.certificate} is excluded for ${d.constrainedBy}`,
    hint: 'The CA issued outside its name space (RFC 5280 §4.2.1.10). Do not trust this path.',
  },
  ERR_PATH_NAME_UNSUPPORTED: {
    kind: 'refused',
    say: (d: { certificate: string; name: string; constrainedBy: string }) =>
      `${d.constrainedBy} constrains names of a kind that cannot be compared, and ${d.certificate} has one: ${d.name}`,
    hint: 'A constraint that cannot be processed must refuse (RFC 5280 §4.2.1.10).',
  },
  ERR_PATH_NAME_MALFORMED: {
    kind: 'refused',
    say: (d: { certificate: string; name: string; problem: string }) =>
      `the name ${d.name} of ${d.certificate} cannot be held against name constraints: ${d.problem}`,
    hint: 'The issuer must reissue the certificate with well-formed names.',
  },
  ERR_PATH_NAME_CONSTRAINT_MALFORMED: {
    kind: 'refused',
    say: (d: { certificate: string; constraint: string; problem: string }) =>
      `the name constraint ${d.constraint} of ${d.certificate} is malformed: ${d.problem}`,
    hint: 'The CA certificate must be reissued with constraints in the forms of RFC 5280 §4.2.1.10.',
  },
  ERR_PATH_POLICY: {
    kind: 'refused',
    say: (d: { certificate: string }) =>
      `no certificate policy holds for the whole path down to ${d.certificate}`,
    hint: 'An explicit policy is required, by the caller or by a CA of the path. Check --policy-set and --explicit-policy.',
  },
  ERR_PATH_POLICY_MAPPING: {
    kind: 'refused',
    say: (d: { certificate: string }) => `${d.certificate} maps to or from anyPolicy`,
    hint: 'anyPolicy cannot be mapped (RFC 5280 §6.1.4 (a)); the CA certificate must be reissued.',
  },
});

export const certificateErrors = defineErrors({ ...decoding, ...profile, ...path });
