import { lstatSync } from 'node:fs';
import { ModelsealError } from '../../core/errors/index.js';
import type { ModelFile } from '../../core/model/index.js';
import { readHead } from '../detect/header.js';

/** A Git LFS pointer has fewer bytes (specification of Git LFS, "The Pointer"). */
const MAX_POINTER = 1024;

/** How files begin that say where the content is instead of being it. */
const POINTERS =
  /^(?:version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\/v\d|\/annex\/objects\/)/;

/** What tools name a file that they have not fetched to its end. */
const UNFINISHED = /\.(?:incomplete|aria2|crdownload)$/;

export function pointerProblem(files: readonly ModelFile[]): ModelsealError | undefined {
  const pointers = files.filter((file) => sizeOf(file) < MAX_POINTER && isPointer(file));
  return pointers.length > 0 ? new ModelsealError('ERR_SIGN_POINTER', { files: names(pointers) }) : undefined;
}

export function unfinishedProblem(files: readonly ModelFile[]): ModelsealError | undefined {
  const found = files.filter((file) => UNFINISHED.test(file.name));
  return found.length > 0 ? new ModelsealError('ERR_SIGN_UNFINISHED', { files: names(found) }) : undefined;
}

const names = (files: readonly ModelFile[]): string[] => files.map((file) => file.name);

const isPointer = (file: ModelFile): boolean => POINTERS.test(readHead(file.path, 64).toString('latin1'));

/** Does not make the file known: in a very large model that is left to those who measure it. */
const sizeOf = (file: ModelFile): number =>
  (file.known ? file : lstatSync(file.path, { throwIfNoEntry: false }))?.size ?? MAX_POINTER;
