import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { furtherSignatures } from '../core/bundle/index.js';
import { ModelsealError } from '../core/errors/index.js';
import {
  DEFAULT_IGNORED,
  IgnoreRules,
  type Manifest,
  manifestOf,
  measureModel,
  treeDigestOf,
  walkModel,
} from '../core/model/index.js';
import { checkOptions, is } from '../core/options.js';
import type { ProgressSink } from '../core/progress.js';
import { SERIALIZATION, type SerializationOptions, serializationOf } from './serialization.js';
import { DEFAULT_SIGNATURE_NAME } from './target.js';

export interface DigestedModel {
  readonly manifest: Manifest;
  readonly rootDigest: string;
  readonly treeDigest: string;
  readonly bytes: number;
  readonly ignored: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Lists and hashes a model as signing it to the default place would, without any key.
 *
 * @throws {ModelsealError} `ERR_MODEL_*`, `ERR_NAME_*`, `ERR_FILE_*`, `ERR_SIGN_OPTION`
 * @example
 * const { treeDigest } = await digestModel('model');
 */
export async function digestModel(
  path: string,
  options: SerializationOptions & { readonly progress?: ProgressSink | undefined } = {},
): Promise<DigestedModel> {
  checkOptions('digestModel', options, { ...SERIALIZATION, progress: is.call });
  const folder = lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true;
  const rules = IgnoreRules.from(
    folder
      ? [
          ...DEFAULT_IGNORED,
          DEFAULT_SIGNATURE_NAME,
          ...furtherSignatures(join(path, DEFAULT_SIGNATURE_NAME)).map((file) => basename(file)),
          ...(options.ignorePaths ?? []),
        ]
      : [],
    'caller',
  );
  const serialization = serializationOf(options, rules);
  const tree = walkModel(path, { ignore: rules, allowSymlinks: serialization.allowSymlinks });
  const measured = await measureModel(tree, serialization, { progress: options.progress });
  if (measured.items.length === 0) throw new ModelsealError('ERR_MODEL_EMPTY', { model: path });
  const manifest = manifestOf(measured);
  return {
    manifest,
    rootDigest: manifest.rootDigest(),
    treeDigest: treeDigestOf(measured),
    bytes: measured.bytes,
    ignored: tree.ignored,
    warnings: tree.warnings,
  };
}
