import { ModelsealError } from '../../core/errors/index.js';
import {
  DEFAULT_IGNORED,
  IgnoreRules,
  type Manifest,
  type ModelFile,
  type ModelTree,
  walkModel,
} from '../../core/model/index.js';
import { VerifiedManifest } from './verified-manifest.js';
import type { ListOptions } from './options.js';
import { requireListing } from './policy-demands.js';
import { inside } from './signature-file.js';

/** The reference implementation calls the only file of a single-file model ".". */
export function signedName(manifest: Manifest, tree: ModelTree, name: string): string {
  return tree.single && manifest.unnamedSingle ? '.' : name;
}

/** The files of a model, by what is done with them. */
export interface Choice {
  /** Read: files of the manifest, and empty ones, of which only the tree digest of a manifest of shards speaks. */
  readonly wanted: readonly ModelFile[];
  /** Names of those that no manifest names, and that are not hashed: that they are there is enough. */
  readonly extra: readonly string[];
  /** Records of a download, which are no part of any model. */
  readonly records: readonly string[];
}

/** @param only Names of the files to look at; all without it, and only then are there extra ones. */
export function chooseFiles(
  manifest: Manifest,
  tree: ModelTree,
  only: ReadonlySet<string> | undefined,
): Choice {
  const { files } = tree;
  const { names, serialization } = manifest;
  const shards = serialization.method === 'shards';
  // A model as it was signed has the files of its manifest in their order; nothing needs to be looked up then.
  const same = !shards && names.length === files.length && files.every(({ name }, i) => name === names[i]);
  if (same && !only) return { wanted: files, extra: [...tree.notEntered], records: [] };
  const wanted: ModelFile[] = [];
  const extra: string[] = only ? [] : [...tree.notEntered];
  const records: string[] = [];
  for (const file of files) {
    const name = signedName(manifest, tree, file.name);
    if (only && !only.has(name)) continue;
    // Under `shards` an empty file has no entry in a manifest.
    if (manifest.has(name) || (shards && file.size === 0 && !DOWNLOAD_RECORD.test(name))) wanted.push(file);
    else if (DOWNLOAD_RECORD.test(name)) records.push(file.name);
    else extra.push(file.name);
  }
  return { wanted, extra, records };
}

/**
 * What `hf download --local-dir` writes beside the files, to know what it has: no part of the model, and handed to
 * nobody. Anything else in that folder is an unsigned file like any other.
 */
const DOWNLOAD_RECORD =
  /^\.cache\/huggingface\/(?:\.gitignore|CACHEDIR\.TAG|download\/(?:[^/]+\/)*[^/]+\.(?:metadata|lock))$/;

export const isDownloadRecord = (name: string): boolean => DOWNLOAD_RECORD.test(name);

/** Whether files lie below a folder. Made when the first link to a folder is met, which most models have not. */
function expectedFolders(files: readonly string[]): (folder: string) => boolean {
  let folders: Set<string> | undefined;
  return (folder) => {
    if (!folders) {
      folders = new Set();
      for (const file of files) {
        for (let cut = file.lastIndexOf('/'); cut > 0; cut = file.lastIndexOf('/', cut - 1)) {
          const above = file.slice(0, cut);
          if (folders.has(above)) break;
          folders.add(above);
        }
      }
    }
    return folders.has(folder);
  };
}

/** The files of a model that are there, listed for a verified manifest. Made only by {@link ListedModel.of}. */
export class ListedModel {
  readonly verified: VerifiedManifest;
  readonly tree: ModelTree;
  /** Paths that the manifest itself excludes, and whether that was honoured. */
  readonly excluded: readonly string[];
  readonly honoured: boolean;
  /** Names of the files to look at; all without it. */
  readonly only: ReadonlySet<string> | undefined;
  readonly #listed = true;

  private constructor(
    verified: VerifiedManifest,
    tree: ModelTree,
    excluded: readonly string[],
    honoured: boolean,
    only: ReadonlySet<string> | undefined,
  ) {
    this.verified = verified;
    this.tree = tree;
    this.excluded = excluded;
    this.honoured = honoured;
    this.only = only;
    Object.freeze(this);
  }

  static isListed(value: unknown): value is ListedModel {
    return typeof value === 'object' && value !== null && #listed in value && value.#listed;
  }

  /**
   * What is excluded comes from the caller, from custom, and, unless refused, from the manifest.
   *
   * @throws {ModelsealError} `ERR_FILE_NOT_IN_MANIFEST`, the codes of walking a model, what {@link requireListing} throws
   */
  static of(verified: VerifiedManifest, path: string, options: ListOptions): ListedModel {
    if (!VerifiedManifest.isVerified(verified)) {
      const problem = 'ListedModel.of needs the result of VerifiedManifest.from';
      throw new ModelsealError('ERR_USAGE', { problem });
    }
    const { manifest, signer } = verified;
    const only = options.only ? chosenFiles(manifest, options.only) : undefined;
    const files = manifest.files();
    // Releases before 0.3.1 sign a .gitattributes like any file: what is signed is checked, custom or not.
    const custom = DEFAULT_IGNORED.filter((p) => !files.some((f) => f === p || f.startsWith(`${p}/`)));
    const own = [...custom, ...(options.ignorePaths ?? [])];
    const signature = options.signatureFile === undefined ? undefined : inside(path, options.signatureFile);
    if (signature !== undefined) own.push(signature);
    for (const file of options.further ?? []) {
      const name = inside(path, file);
      // One that is signed as a file of the model is one.
      if (name !== undefined && !files.includes(name)) own.push(name);
    }
    const ours = IgnoreRules.from(own, 'caller');
    const excluded = manifest.serialization.ignorePaths.filter(
      (p) => !ours.covers(IgnoreRules.from([p]).paths[0] ?? p),
    );
    const honoured = signer.policy.manifestIgnores === 'allow';
    const tree = walkModel(path, {
      ignore: honoured ? manifest.ignoreRules(own) : ours,
      allowSymlinks: true,
      expects: expectedFolders(files),
    });
    requireListing(
      tree,
      [...(options.ignorePaths ?? []), ...(honoured ? excluded : [])],
      signer.policy.demands,
    );
    return new ListedModel(verified, tree, excluded, honoured, only);
  }
}

/**
 * The files of a manifest that names of files and folders stand for.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_IN_MANIFEST`
 */
function chosenFiles(manifest: Manifest, names: readonly string[]): ReadonlySet<string> {
  const wanted = IgnoreRules.from(names, 'caller');
  const files = manifest.files().filter((file) => wanted.covers(file));
  const unknown = wanted.paths.filter(
    (path) => !files.some((file) => file === path || file.startsWith(`${path}/`)),
  );
  if (unknown.length > 0) throw new ModelsealError('ERR_FILE_NOT_IN_MANIFEST', { files: unknown });
  return new Set(files);
}
