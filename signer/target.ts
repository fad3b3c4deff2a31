import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { MAX_BUNDLE_BYTES, UnverifiedBundle } from '../core/bundle/index.js';
import { isModelsealError, ModelsealError } from '../core/errors/index.js';
import { ioError, readBounded, writeAtomic } from '../core/files.js';

/** Name of a signature where none is given: inside the model folder, or beside a single file. */
export const DEFAULT_SIGNATURE_NAME = 'model.sig';

/** Where a signature is written to. */
export interface Target {
  readonly file: string;
  /** Its name in the model where it lies inside of it; that name is excluded from what is signed. */
  readonly insideAs: string | undefined;
}

/**
 * Decides where the signature goes and that it may go there: an existing file is replaced only on request, and only
 * when it is a signature itself.
 *
 * @throws {ModelsealError} `ERR_FILE_EXISTS`, `ERR_SIGN_TARGET`, `ERR_FILE_NOT_FOUND`
 */
export function chooseTarget(
  root: string,
  single: boolean,
  wanted: string | undefined,
  overwrite: boolean,
): Target {
  const file = wanted ?? join(single ? dirname(root) : root, DEFAULT_SIGNATURE_NAME);
  const folder = attempt(() => realpathSync.native(dirname(resolve(file))), dirname(file));
  const real = join(folder, basename(file));
  if (existsSync(real)) {
    if (!isSignature(real)) throw new ModelsealError('ERR_SIGN_TARGET', { file });
    if (!overwrite) throw new ModelsealError('ERR_FILE_EXISTS', { file });
  }
  const inside = relative(root, real);
  const outside = single || inside === '' || inside === '..' || inside.startsWith(`..${sep}`);
  return { file, insideAs: outside ? undefined : inside.split(sep).join('/') };
}

function isSignature(file: string): boolean {
  try {
    UnverifiedBundle.parse(readBounded(file, 'signature', MAX_BUNDLE_BYTES));
    return true;
  } catch (error) {
    if (isModelsealError(error)) return false;
    throw error;
  }
}

export function writeSignature(target: Target, bundle: Uint8Array, overwrite: boolean): void {
  writeAtomic(target.file, bundle, { overwrite });
}

function attempt<T>(work: () => T, file: string): T {
  try {
    return work();
  } catch (error) {
    throw ioError(error, file, 'folder of the signature');
  }
}
