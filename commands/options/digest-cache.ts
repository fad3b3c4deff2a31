import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DigestCache } from '../../core/digest/cache.js';
import { ModelsealError } from '../../core/errors/index.js';
import { makeFolders } from '../../core/files.js';
import type { Environment } from './environment.js';
import { type OptionTable, text, type Values } from './table.js';
import { configFolder } from './trust-store.js';

/** Nothing of it without being asked: a digest that was kept is not a look at the bytes. */
export const DIGEST_CACHE = {
  'digest-cache': text('File, or folder with a file for each model, that keeps digests of unchanged files'),
  'digest-cache-key': text(
    "Key that authenticates the digest cache; in the user's configuration without it, made on first use",
  ),
} as const satisfies OptionTable;

/** @throws {ModelsealError} `ERR_USAGE`, and what reading the key and the cache throws */
export async function openDigestCache(
  argv: Values<typeof DIGEST_CACHE> & { readonly model: string },
  env: Environment,
): Promise<DigestCache | undefined> {
  const { 'digest-cache': path, 'digest-cache-key': named, model } = argv;
  if (path === undefined) {
    if (named === undefined) return undefined;
    throw new ModelsealError('ERR_USAGE', { problem: '--digest-cache-key needs --digest-cache' });
  }
  const folder = configFolder(env);
  const keyFile = named ?? (folder && join(folder, 'digest-cache.key'));
  if (keyFile === undefined)
    throw new ModelsealError('ERR_USAGE', {
      problem: 'no place for the key: name it with --digest-cache-key',
    });
  const { digestCacheKey, DigestCache } = await import('../../core/digest/index.js');
  return DigestCache.open(fileFor(path, model), digestCacheKey(keyFile));
}

/** In a folder, one file for each model by its place. */
function fileFor(path: string, model: string): string {
  if (path.endsWith('/')) makeFolders(path, 0o700);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return path;
  const place = existsSync(model) ? realpathSync.native(model) : resolve(model);
  return join(path, `${createHash('sha256').update(place).digest('hex')}.digests`);
}
