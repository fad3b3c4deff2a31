import { posix } from 'node:path';
import { ModelsealError } from '../../../core/errors/index.js';
import { borrow } from '../../../core/model/lend.js';
import type { VerifiedFiles } from '../types.js';
import type { ExternalTensor } from './model.js';

/** One external file as a runtime wants it: the name that the model uses, and verified bytes. */
interface ExternalFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/**
 * Fetches the external files that a model refers to, from verified files only. Everything is judged before the first
 * session exists: the name (relative to the model file, inside the folder), membership in the manifest, the range.
 *
 * @throws {ModelsealError} `ERR_ONNX_EXTERNAL_PATH`, `ERR_ONNX_EXTERNAL_UNSIGNED`, `ERR_ONNX_EXTERNAL_RANGE`
 */
export async function supplyExternalData(
  file: string,
  tensors: readonly ExternalTensor[],
  files: VerifiedFiles,
): Promise<ExternalFile[]> {
  const known = new Map<string, Uint8Array>();
  for (const tensor of tensors) {
    let external = known.get(tensor.location);
    if (external === undefined) {
      const name = manifestName(file, tensor);
      if (!files.has(name)) {
        throw new ModelsealError('ERR_ONNX_EXTERNAL_UNSIGNED', {
          file,
          tensor: tensor.name,
          location: tensor.location,
        });
      }
      external = await borrow(files, name);
      known.set(tensor.location, external);
    }
    checkRange(file, tensor, external.length);
  }
  return runtimeEntries(known);
}

/** A location without the one leading "./" that means nothing. */
export const plain = (location: string): string => (location.startsWith('./') ? location.slice(2) : location);

/**
 * The files in the form that every build of ONNX Runtime takes. All drop one leading "./" of a given name; the WASM
 * build drops one of the model's location too, the native ones look that up as it stands. Where no given name fits,
 * they would look on the disk.
 */
export function runtimeEntries(files: ReadonlyMap<string, Uint8Array>): ExternalFile[] {
  const entries = new Map<string, Uint8Array>();
  for (const [location, data] of files) {
    entries.set(`./${plain(location)}`, data);
    entries.set(`./${location}`, data);
  }
  return [...entries].map(([path, data]) => ({ path, data }));
}

/**
 * The name in the manifest of the file that a tensor lies in.
 *
 * @throws {ModelsealError} `ERR_ONNX_EXTERNAL_PATH`
 */
export function manifestName(file: string, tensor: ExternalTensor): string {
  const location = plain(tensor.location);
  const segments = location.split('/');
  const bad =
    location === '' ||
    /[\\\0:]/.test(location) ||
    segments.some((segment) => segment === '' || segment === '.' || segment === '..');
  if (bad) {
    throw new ModelsealError('ERR_ONNX_EXTERNAL_PATH', {
      file,
      tensor: tensor.name,
      location: tensor.location,
    });
  }
  return posix.join(posix.dirname(file), location);
}

/** @throws {ModelsealError} `ERR_ONNX_EXTERNAL_RANGE` */
export function checkRange(file: string, tensor: ExternalTensor, size: number): void {
  const number = (text: string | undefined, otherwise: number): number => {
    if (text === undefined) return otherwise;
    return /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : Number.NaN;
  };
  const offset = number(tensor.offset, 0);
  const length = number(tensor.length, Math.max(0, size - offset));
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_ONNX_EXTERNAL_RANGE', {
      file,
      tensor: tensor.name,
      location: tensor.location,
      problem,
    });
  };
  if (Number.isNaN(offset)) fail('the offset is not a number');
  if (Number.isNaN(length)) fail('the length is not a number');
  if (offset + length > size) fail(`bytes ${offset} to ${offset + length} of a file of ${size}`);
}
