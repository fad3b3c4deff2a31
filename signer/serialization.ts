import { type HashName, isHashName } from '../core/digest/index.js';
import { ModelsealError } from '../core/errors/index.js';
import { DEFAULT_SHARD_SIZE, type IgnoreRules, type Serialization } from '../core/model/index.js';
import { is, type OptionTable } from '../core/options.js';

/** What a caller may choose about how a model is listed and hashed. */
export interface SerializationOptions {
  /** Paths relative to the model, beside the default exclusions. */
  readonly ignorePaths?: readonly string[] | undefined;
  /** Follow symbolic links that stay inside the model. */
  readonly allowSymlinks?: boolean | undefined;
  readonly method?: 'files' | 'shards' | undefined;
  /** Bytes per shard, with the method `shards`. */
  readonly shardSize?: number | undefined;
  readonly hash?: HashName | undefined;
}

export const SERIALIZATION: OptionTable<SerializationOptions> = {
  ignorePaths: is.list(is.text),
  allowSymlinks: is.flag,
  method: is.one('files', 'shards'),
  shardSize: is.number,
  hash: is.text,
};

/** @throws {ModelsealError} `ERR_SIGN_OPTION`, `ERR_HASH_UNKNOWN` */
export function serializationOf(options: SerializationOptions, rules: IgnoreRules): Serialization {
  const { method = 'files', hash = 'sha256', shardSize, allowSymlinks = false } = options;
  if (!isHashName(hash)) throw new ModelsealError('ERR_HASH_UNKNOWN', { algorithm: hash });
  if (method === 'files' && shardSize !== undefined) {
    throw new ModelsealError('ERR_SIGN_OPTION', {
      option: 'shard size',
      problem: 'only with the method shards',
    });
  }
  if (shardSize !== undefined && (!Number.isSafeInteger(shardSize) || shardSize <= 0)) {
    throw new ModelsealError('ERR_SIGN_OPTION', {
      option: 'shard size',
      problem: `${shardSize} is not a positive whole number of bytes`,
    });
  }
  // OMS §6.2.1 forbids them in what is recorded; readers could take them for patterns.
  const glob = rules.paths.find((path) => /[*?[\\]/.test(path));
  if (glob !== undefined) {
    throw new ModelsealError('ERR_SIGN_OPTION', {
      option: 'excluded paths',
      problem: `${glob} contains a character of patterns; patterns are not used`,
    });
  }
  return {
    method,
    hashType: hash,
    ...(method === 'shards' ? { shardSize: shardSize ?? DEFAULT_SHARD_SIZE } : {}),
    allowSymlinks,
    ignorePaths: rules.paths,
  };
}
