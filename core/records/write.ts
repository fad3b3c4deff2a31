import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModelsealError } from '../errors/index.js';
import { writeAtomic } from '../files.js';
import { digestFile, readRecord } from './record.js';

/**
 * Writes `metadata.json` beside a model file: checksum, and the HMAC when a key is given. Descriptive fields that an
 * existing record holds are kept.
 *
 * @returns Path of the record.
 * @throws {ModelsealError} `ERR_FILE_EXISTS` unless `overwrite`, `ERR_RECORD_MALFORMED` for an existing record
 */
export function writeMetadataRecord(
  model: string,
  options: { readonly hmacKey?: KeyObject; readonly overwrite: boolean },
): string {
  const file = join(dirname(model), 'metadata.json');
  const existing = existsSync(file);
  if (existing && !options.overwrite) throw new ModelsealError('ERR_FILE_EXISTS', { file });
  const digests = digestFile(model, options.hmacKey);
  const record = {
    ...(existing ? readRecord(file).description : {}),
    checksum: digests.checksum,
    checksum_algorithm: 'sha256',
    ...(digests.hmac ? { signature: digests.hmac, signature_algorithm: 'hmac-sha256' } : {}),
  };
  writeAtomic(file, `${JSON.stringify(record, null, 2)}\n`, { overwrite: options.overwrite });
  return file;
}
