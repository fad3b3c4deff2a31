import { ModelsealError } from '../../core/errors/index.js';
import {
  DEFAULT_IGNORED,
  IgnoreRules,
  type Manifest,
  type ModelFile,
  type ModelTree,
  walkModel,
} from '../../core/model/index.js';
import type { VerifiedManifest } from './manifest.js';
import type { MatchOptions } from './options.js';
import { inside } from './signature-file.js';

/** The reference implementation calls the only file of a single-file model ".". */
export function signedName(manifest: Manifest, tree: ModelTree, name: string): string {
  return tree.single && manifest.unnamedSingle ? '.' : name;
}

/** What is read: files of the manifest, and empty ones, of which only the tree digest of a manifest of shards speaks. */
export function isWanted(
  manifest: Manifest,
  tree: ModelTree,
  file: ModelFile,
  only: ReadonlySet<string> | undefined,
): boolean {
  const name = signedName(manifest, tree, file.name);
  if (only && !only.has(name)) return false;
  return manifest.has(name) || unlistable(manifest, file);
}

/** Under `shards` an empty file has no entry in a manifest; only the tree digest speaks of it. */
export const unlistable = (manifest: Manifest, file: ModelFile): boolean =>
  manifest.serialization.method === 'shards' && file.size === 0;

/** Lists the model. What is excluded comes from the caller, from custom, and, unless refused, from the manifest. */
export function listModel(verified: VerifiedManifest, path: string, options: MatchOptions): ModelTree {
  const { manifest, signer } = verified;
  const { report } = options;
  const own = [...DEFAULT_IGNORED, ...(options.ignorePaths ?? [])];
  const signature = options.signatureFile === undefined ? undefined : inside(path, options.signatureFile);
  if (signature !== undefined) own.push(signature);
  const ours = IgnoreRules.from(own, 'caller');
  const theirs = manifest.serialization.ignorePaths.filter(
    (p) => !ours.covers(IgnoreRules.from([p]).paths[0] ?? p),
  );
  const honoured = signer.policy.manifestIgnores === 'allow';
  if (theirs.length > 0) {
    const names = theirs.join(', ');
    if (honoured) report.warning('files.manifest-ignores', `the manifest itself excludes: ${names}`);
    else
      report.skipped(
        'files.manifest-ignores',
        `not honoured, on request: the manifest's exclusions ${names}`,
      );
  }
  const tree = walkModel(path, {
    ignore: honoured ? manifest.ignoreRules(own) : ours,
    // Links never leave the model, and what they lead to is hashed; the signer says whether they are meant.
    allowSymlinks: manifest.serialization.allowSymlinks,
  });
  for (const warning of tree.warnings) report.warning('files.names', warning);
  return tree;
}

/**
 * The files of a manifest that names of files and folders stand for.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_IN_MANIFEST`
 */
export function chosenFiles(manifest: Manifest, names: readonly string[]): ReadonlySet<string> {
  const wanted = IgnoreRules.from(names, 'caller');
  const files = manifest.files().filter((file) => wanted.covers(file));
  const unknown = wanted.paths.filter(
    (path) => !files.some((file) => file === path || file.startsWith(`${path}/`)),
  );
  if (unknown.length > 0) throw new ModelsealError('ERR_FILE_NOT_IN_MANIFEST', { files: unknown });
  return new Set(files);
}
