import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { furtherNames, furtherSignatures, isSignature, MAX_SIGNERS } from '../core/bundle/index.js';
import { ModelsealError } from '../core/errors/index.js';
import { ioError, writeAtomic } from '../core/files.js';

/** Name of a signature where none is given: inside the model folder, or beside a single file. */
export const DEFAULT_SIGNATURE_NAME = 'model.sig';

/** Where a signature is written to. */
export interface Target {
  readonly file: string;
  /** Its name in the model where it lies inside of it; that name is excluded from what is signed. */
  readonly insideAs: string | undefined;
  /** Names in the model of signatures that are there already: no signer signs those of others. */
  readonly others: readonly string[];
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
  add: boolean,
): Target {
  const first = wanted ?? join(single ? dirname(root) : root, DEFAULT_SIGNATURE_NAME);
  if (add && overwrite) {
    const problem = 'it adds a signature, and none is replaced then';
    throw new ModelsealError('ERR_SIGN_OPTION', { option: 'add', problem });
  }
  const file = add ? nextFree(first) : first;
  const folder = attempt(() => realpathSync.native(dirname(resolve(file))), dirname(file));
  const real = join(folder, basename(file));
  if (existsSync(real)) {
    if (!isSignature(real)) throw new ModelsealError('ERR_SIGN_TARGET', { file });
    if (!overwrite) throw new ModelsealError('ERR_FILE_EXISTS', { file });
  }
  const insideAs = (path: string): string | undefined => {
    const inside = relative(root, path);
    const outside = single || inside === '' || inside === '..' || inside.startsWith(`..${sep}`);
    return outside ? undefined : inside.split(sep).join('/');
  };
  const realFirst = join(folder, basename(first));
  const there = [...(existsSync(realFirst) ? [realFirst] : []), ...furtherSignatures(realFirst)];
  return {
    file,
    insideAs: insideAs(real),
    others: there.filter((path) => path !== real).flatMap((path) => insideAs(path) ?? []),
  };
}

/** The first name that is free, beginning with that of the first signature. */
function nextFree(first: string): string {
  const free = [first, ...furtherNames(first)].find((file) => !existsSync(file));
  if (free !== undefined) return free;
  const problem = `there are ${MAX_SIGNERS} signatures already`;
  throw new ModelsealError('ERR_SIGN_OPTION', { option: 'add', problem });
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
