import type { KeyObject } from 'node:crypto';
import { ModelsealError } from '../errors/index.js';
import { digestFile, type IntegrityRecord, sameDigest } from './record.js';

export interface RecordPolicy {
  /** The record must hold a checksum and the file must match it. */
  readonly checksum: boolean;
  /** The record must hold an HMAC and the file must match it under this key. */
  readonly hmacKey?: KeyObject;
  /** Accept a record whose further claims cannot be checked, on the strength of its checksum alone. */
  readonly ignoreClaims?: boolean;
}

/**
 * Holds a model file against its record. What the policy asks for and the record lacks is a refusal.
 *
 * @throws {ModelsealError} `ERR_RECORD_FIELD_MISSING`, `ERR_RECORD_CHECKSUM`, `ERR_RECORD_SIGNATURE`, `ERR_RECORD_CLAIMS`
 */
export function verifyRecord(
  model: string,
  record: IntegrityRecord,
  policy: RecordPolicy,
): { checksum: string } {
  const missing = (field: string): never => {
    throw new ModelsealError('ERR_RECORD_FIELD_MISSING', { file: record.file, field });
  };
  // The digest record has no other protection than its checksum, whatever the policy for metadata.json says.
  const wantChecksum = policy.checksum || record.form === 'sig';
  if (wantChecksum && record.checksum === undefined) missing('checksum');
  if (policy.hmacKey && record.hmac === undefined) missing('signature');
  const claim = record.claims[0];
  if (claim !== undefined && !policy.ignoreClaims) {
    throw new ModelsealError('ERR_RECORD_CLAIMS', { file: record.file, claim });
  }
  const actual = digestFile(model, policy.hmacKey);
  if (wantChecksum && !sameDigest(actual.checksum, record.checksum ?? '')) {
    throw new ModelsealError('ERR_RECORD_CHECKSUM', {
      file: model,
      record: record.file,
      expected: record.checksum ?? '',
      actual: actual.checksum,
    });
  }
  if (policy.hmacKey && !sameDigest(actual.hmac ?? '', record.hmac ?? '')) {
    throw new ModelsealError('ERR_RECORD_SIGNATURE', { file: model, record: record.file });
  }
  return { checksum: actual.checksum };
}
