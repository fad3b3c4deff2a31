import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { MAX_BUNDLE_BYTES } from '../../core/bundle/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { ioError, readBounded } from '../../core/files.js';

/** Name of a signature inside its model folder, or beside its single file. */
export const SIGNATURE_NAME = 'model.sig';

/** A signature file as it was read. */
interface SignatureFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads the signature of a model: the named file, or the one in its usual place.
 *
 * @throws {ModelsealError} `ERR_SIGNATURE_MISSING`, `ERR_FILE_NOT_FOUND` for the model, `ERR_FILE_UNREADABLE`,
 *   `ERR_FILE_TOO_LARGE`
 */
export function readSignature(model: string, named: string | undefined): SignatureFile {
  const path = signaturePath(model, named);
  try {
    return { path, bytes: readBounded(path, 'signature', MAX_BUNDLE_BYTES) };
  } catch (error) {
    if (!isModelsealError(error, 'ERR_FILE_NOT_FOUND')) throw error;
    throw new ModelsealError('ERR_SIGNATURE_MISSING', { model, file: path }, { cause: error });
  }
}

/** Where the first signature of a model is. */
export const signaturePath = (model: string, named: string | undefined): string =>
  named ?? defaultSignature(model);

function defaultSignature(model: string): string {
  try {
    const folder = statSync(model).isDirectory();
    return folder ? join(model, SIGNATURE_NAME) : join(dirname(resolve(model)), SIGNATURE_NAME);
  } catch (error) {
    throw ioError(error, model, 'model');
  }
}

/** The name that a file has inside a model folder, or undefined where it lies elsewhere. */
export function inside(model: string, file: string): string | undefined {
  try {
    // Only the folder of the signature is resolved: the entry to leave out is the name as it stands in the folder.
    const root = realpathSync.native(model);
    const full = join(realpathSync.native(dirname(resolve(file))), basename(file));
    const name = relative(root, full);
    if (name === '' || name.startsWith(`..${sep}`) || name === '..') return undefined;
    return name.split(sep).join('/');
  } catch {
    return undefined;
  }
}
