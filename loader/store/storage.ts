import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError } from '../../core/files.js';

/** Where a model store keeps its models and its quarantine, unless configured. */
export const DEFAULT_STORE = {
  models: '.modelseal/models',
  quarantine: '.modelseal/quarantine',
  audit: '.modelseal/audit.jsonl',
} as const;

/**
 * Refuses a model outside the trusted storage. Links are resolved on both sides first, so that a link inside a
 * trusted folder that leads out of it does not pass.
 *
 * @param trusted Trusted folders; an empty list means that storage is not restricted.
 * @returns The resolved path, to be used from here on.
 * @throws {ModelsealError} `ERR_STORAGE_UNTRUSTED`, `ERR_FILE_NOT_FOUND` for the model
 * @example
 * const resolved = requireTrustedStorage('models/tiny', ['/srv/models']);
 */
export function requireTrustedStorage(path: string, trusted: readonly string[]): string {
  const resolved = resolveExisting(path, 'model');
  if (trusted.length === 0) return resolved;
  const inside = trusted.some((folder) => {
    const base = tryResolve(folder);
    if (base === undefined) return false;
    const rest = relative(base, resolved);
    return (
      rest === '' ||
      (rest !== '..' && !rest.startsWith(`..${sep}`) && !rest.startsWith(sep) && !/^[A-Za-z]:/.test(rest))
    );
  });
  if (!inside) throw new ModelsealError('ERR_STORAGE_UNTRUSTED', { path, resolved });
  return resolved;
}

function resolveExisting(path: string, what: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw ioError(error, path, what);
  }
}

/** A trusted folder that does not exist holds no model. */
function tryResolve(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
