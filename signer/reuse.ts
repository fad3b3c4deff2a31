import { decodeStatement, MAX_BUNDLE_BYTES, matchSignature, UnverifiedBundle } from '../core/bundle/index.js';
import type { KeyObject } from 'node:crypto';
import { ModelsealError } from '../core/errors/index.js';
import { readBounded } from '../core/files.js';
import type { Serialization } from '../core/model/index.js';

/**
 * Digests that the signer vouched for before, with the key that signs now.
 *
 * @returns Whether the older signature says this of a resource.
 * @throws {ModelsealError} `ERR_SIGN_REUSE`, and what reading a signature throws
 */
export function signedBefore(
  file: string,
  key: KeyObject,
  wanted: Serialization,
): (resource: string, digest: string) => boolean {
  const bundle = UnverifiedBundle.parse(readBounded(file, 'signature', MAX_BUNDLE_BYTES));
  if (!bundle.signatures.some((signature) => matchSignature(bundle, signature, key) === 'dsse'))
    throw new ModelsealError('ERR_SIGN_REUSE', {
      file,
      problem: 'no signature in it is of the key that signs now',
    });
  const { names, digests, serialization } = decodeStatement(bundle.payload).manifest;
  const { method, hashType, shardSize } = serialization;
  if (method !== wanted.method || hashType !== wanted.hashType || shardSize !== wanted.shardSize)
    throw new ModelsealError('ERR_SIGN_REUSE', { file, problem: 'its files were hashed in another way' });
  const known = new Map(names.map((name, i) => [name, i]));
  return (resource, digest) => {
    const index = known.get(resource);
    return index !== undefined && digests.hex(index) === digest;
  };
}
