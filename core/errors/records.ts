import { defineErrors, list } from './texts.js';

/** Causes around the older practice: `metadata.json` with a checksum, `*.sig.json` with a digest record. */
export const recordErrors = defineErrors({
  ERR_RECORD_MALFORMED: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `${d.file} is not a valid integrity record: ${d.problem}`,
    hint: 'Write the record again with "modelseal metadata write", or migrate to a signed bundle.',
  },
  ERR_RECORD_FIELD_MISSING: {
    kind: 'refused',
    say: (d: { file: string; field: string }) => `${d.file} has no ${d.field}, which is required here`,
    hint: 'A missing field proves nothing and is a refusal. Write the record again, or migrate to a signed bundle.',
  },
  ERR_RECORD_ALGORITHM: {
    kind: 'refused',
    say: (d: { file: string; field: string; algorithm: string }) =>
      `${d.file} names ${d.algorithm} as its ${d.field}, which is not accepted`,
    hint: 'Only sha256 checksums and hmac-sha256 signatures are accepted.',
  },
  ERR_RECORD_CHECKSUM: {
    kind: 'refused',
    say: (d: { file: string; record: string; expected: string; actual: string }) =>
      `${d.file} has SHA-256 ${d.actual}, but ${d.record} records ${d.expected}`,
    hint: 'The file changed after the record was written. Fetch it again from its publisher.',
  },
  ERR_RECORD_SIGNATURE: {
    kind: 'refused',
    say: (d: { file: string; record: string }) => `the HMAC of ${d.file} does not match ${d.record}`,
    hint: 'Either the file, the record or the key is not the one that was used for writing.',
  },
  ERR_RECORD_KEY_MISSING: {
    kind: 'usage',
    say: (d: { variable: string }) => `signature verification is asked for, but ${d.variable} holds no key`,
    hint: 'Set the key, or switch signature verification off explicitly. It is never skipped silently.',
  },
  ERR_RECORD_CLAIMS: {
    kind: 'refused',
    say: (d: { file: string; claim: string }) =>
      `${d.file} claims ${d.claim}, which cannot be verified from the record alone`,
    hint: 'The key of such a claim is not kept with the record. Migrate to a signed bundle, or verify the checksum only.',
  },
  ERR_MODEL_UNSIGNED: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} is not signed`,
    hint: 'Sign it with "modelseal sign", migrate its record with "modelseal migrate", or allow it with --allow-unsigned.',
  },
  ERR_CHECK_EMPTY: {
    kind: 'not-found',
    say: (d: { folder: string }) => `there is no model below ${d.folder}`,
    hint: 'Check the path. A check that looks at nothing is not a success; say --allow-empty where that is expected.',
  },
  ERR_CHECK_UNREAD: {
    kind: 'unchecked',
    say: (d: { paths: string[] | string }) => `not looked at: ${list(d.paths)}`,
    hint: 'These are links that lead nowhere, special files, or folders without the right to read them. Mend or remove them.',
  },
  ERR_CHECK_WARNING: {
    kind: 'refused',
    say: (d: { warning: string }) => `strict mode accepts no warning: ${d.warning}`,
    hint: 'Resolve the warning, or run without --ci.',
  },
  ERR_RECORD_NOT_FOUND: {
    kind: 'not-found',
    say: (d: { file: string }) => `no integrity record lies beside ${d.file}`,
    hint: 'Expected metadata.json in the same folder or a file named like the model plus .sig.json.',
  },
});
