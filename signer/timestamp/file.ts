import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_BUNDLE_BYTES } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError, readBounded, writeAtomic } from '../../core/files.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { UnverifiedBundle } from '../../core/bundle/index.js';
import { TimestampToken } from '../../core/timestamp/index.js';
import { isoTime } from '../../core/x509/index.js';
import { DEFAULT_SIGNATURE_NAME } from '../target.js';
import { type TimestampOrder, withTimestamps } from './attach.js';

const ORDER: OptionTable<TimestampOrder> = {
  urls: is.list(is.text),
  renew: is.flag,
  timeoutMs: is.number,
};

/** A signature file and all of its time stamps, as they claim. */
export interface TimestampedSignature {
  readonly signature: string;
  readonly added: number;
  readonly timestamps: readonly {
    readonly genTime: string;
    readonly policy: string;
    readonly hash: string;
  }[];
}

/**
 * Adds time stamps to a signature file, which is replaced in one piece or stays as it is.
 *
 * @param path The signature file, or the model folder that holds `model.sig`.
 * @throws {ModelsealError} `ERR_TIMESTAMP_…`, `ERR_FETCH_…`, `ERR_FILE_…`, `ERR_USAGE`, what reading a bundle throws
 * @example
 * await timestampSignature('model/model.sig', { urls: ['http://tsa.example.org'] });
 */
export async function timestampSignature(path: string, order: TimestampOrder): Promise<TimestampedSignature> {
  checkOptions('timestampSignature', order, ORDER);
  if (order.urls.length === 0)
    throw new ModelsealError('ERR_USAGE', { problem: 'no time-stamp authority was named' });
  const { file, mode } = locate(path);
  const bytes = await withTimestamps(readBounded(file, 'signature', MAX_BUNDLE_BYTES), file, order);
  writeAtomic(file, bytes, { overwrite: true, mode });
  const tokens = UnverifiedBundle.parse(bytes).timestamps.map((der) => TimestampToken.decode(der).info);
  return {
    signature: file,
    added: order.urls.length,
    timestamps: tokens.map(({ genTime, policy, imprint }) => ({
      genTime: isoTime(genTime),
      policy,
      hash: imprint.hash,
    })),
  };
}

/** The file itself where a link leads to it: replacing the link would leave two signatures. */
function locate(path: string): { readonly file: string; readonly mode: number } {
  try {
    const file = realpathSync.native(
      statSync(path).isDirectory() ? join(path, DEFAULT_SIGNATURE_NAME) : path,
    );
    return { file, mode: statSync(file).mode & 0o777 };
  } catch (error) {
    throw ioError(error, path, 'signature');
  }
}
