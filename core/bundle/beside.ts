import { statSync } from 'node:fs';
import { isModelsealError } from '../errors/index.js';
import { readBounded } from '../files.js';
import { MAX_BUNDLE_BYTES, UnverifiedBundle } from './unverified.js';

/** Signature files of one model; more parties than this sign no model together that is known. */
export const MAX_SIGNERS = 16;

/** The further signature files that may lie beside a first one: `model.2.sig` to `model.16.sig` beside `model.sig`. */
export function furtherNames(first: string): string[] {
  const stem = first.replace(/\.sig$/, '');
  const ending = first.slice(stem.length);
  return Array.from({ length: MAX_SIGNERS - 1 }, (_, i) => `${stem}.${i + 2}${ending}`);
}

/** Those of them that are there and are signatures; anything else of such a name is a file like any other. */
export const furtherSignatures = (first: string): string[] =>
  furtherNames(first).filter((file) => isThere(file) && isSignature(file));

export function isSignature(file: string): boolean {
  try {
    UnverifiedBundle.parse(readBounded(file, 'signature', MAX_BUNDLE_BYTES));
    return true;
  } catch (error) {
    if (isModelsealError(error)) return false;
    throw error;
  }
}

/** What cannot be looked at, behind a link to itself for instance, is not a signature. */
function isThere(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
