import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { makeFolders, readSecret, writeAtomic } from '../files.js';

const KEY_TEXT = /^([0-9a-f]{64})\n?$/;

/**
 * The key of a user's digest caches: 32 random bytes in hexadecimal, made on first use.
 *
 * @throws {ModelsealError} `ERR_SECRET_EXPOSED`, `ERR_SECRET_OWNER`, `ERR_DIGEST_CACHE_KEY`, `ERR_FILE_*`
 * @example
 * const cacheKey = digestCacheKey('/home/ada/.config/modelseal/digest-cache.key');
 */
export function digestCacheKey(file: string): Uint8Array {
  try {
    return read(file);
  } catch (error) {
    if (!isModelsealError(error, 'ERR_FILE_NOT_FOUND')) throw error;
  }
  makeFolders(dirname(file), 0o700);
  try {
    writeAtomic(file, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  } catch (error) {
    // Another process was faster.
    if (!isModelsealError(error, 'ERR_FILE_EXISTS')) throw error;
  }
  return read(file);
}

function read(file: string): Uint8Array {
  const text = Buffer.from(readSecret(file, 'key of the digest cache', 1024)).toString('latin1');
  const hex = KEY_TEXT.exec(text)?.[1];
  if (hex === undefined) throw new ModelsealError('ERR_DIGEST_CACHE_KEY', { file });
  return new Uint8Array(Buffer.from(hex, 'hex'));
}
