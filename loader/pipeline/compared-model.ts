import type { CacheUse } from '../../core/digest/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import {
  compareModel,
  type MeasuredModel,
  type ModelFile,
  type ModelTree,
  measureModel,
  treeDigestOf,
} from '../../core/model/index.js';
import type { FilesSummary } from '../../core/report/report.js';
import { holdModel, type Taker, takeModel } from './hold.js';
import { type Choice, chooseFiles, ListedModel, signedName } from './listed-model.js';
import type { VerifiedManifest } from './verified-manifest.js';
import type { CompareOptions } from './options.js';

/** What the tree digest, which some signers record, says beside the files. */
export type TreeFinding =
  | 'not recorded'
  | 'needs every file'
  | 'equal'
  | 'empty files may be unsigned'
  | ModelsealError<'ERR_TREE_DIGEST'>;

/**
 * A model on disk, held against its verified manifest, with every difference. Made only by {@link ComparedModel.of}; it
 * may be anything but equal.
 */
export class ComparedModel {
  readonly verified: VerifiedManifest;
  readonly listing: ModelTree;
  readonly files: FilesSummary;
  /** The files that were read. */
  readonly wanted: readonly ModelFile[];
  readonly held: Map<string, Uint8Array> | undefined;
  /** Records of a download, which are no part of any model. */
  readonly records: readonly string[];
  /** Some files were asked for, and nothing else was looked at. */
  readonly partial: boolean;
  /** Files that no manifest names were allowed. */
  readonly unsignedAllowed: boolean;
  /** The gravest first; empty where the files are the signed ones. */
  readonly differences: readonly ModelsealError[];
  readonly tree: TreeFinding;
  /** What was not read again, on request. */
  readonly cache: CacheUse | undefined;
  /** Keeps look-alikes from passing for a comparison. */
  readonly #compared = true;

  private constructor(
    { verified, only }: ListedModel,
    { wanted, extra, records }: Choice,
    measured: MeasuredModel,
    held: Map<string, Uint8Array> | undefined,
    options: CompareOptions,
  ) {
    const { manifest } = verified;
    const found = compareModel(manifest, measured, only);
    this.verified = verified;
    this.listing = measured.tree;
    this.wanted = wanted;
    this.held = held;
    this.records = records;
    this.cache = measured.cache;
    this.partial = only !== undefined;
    this.unsignedAllowed = options.ignoreUnsignedFiles ?? false;
    this.files = {
      matched: found.matched.length,
      bytes: measured.bytes,
      changed: found.changed,
      missing: found.missing,
      extra,
      ignored: [...measured.tree.ignored, ...records],
      notVerified: only ? manifest.files().filter((file) => !only.has(file)) : [],
    };
    this.differences = [
      ...(found.changed.length > 0 ? [new ModelsealError('ERR_FILE_CHANGED', { files: found.changed })] : []),
      ...(found.missing.length > 0 ? [new ModelsealError('ERR_FILE_MISSING', { files: found.missing })] : []),
      ...(extra.length > 0 && !this.unsignedAllowed
        ? [new ModelsealError('ERR_FILE_UNSIGNED', { files: extra })]
        : []),
    ];
    this.tree = this.#compareTree(measured);
    Object.freeze(this);
  }

  static isCompared(value: unknown): value is ComparedModel {
    return typeof value === 'object' && value !== null && #compared in value && value.#compared;
  }

  /**
   * Hashes the files of a model and compares them with its verified manifest: every file, none missing, none besides.
   *
   * @throws {ModelsealError} the codes of reading
   */
  static async of(listed: ListedModel, options: CompareOptions): Promise<ComparedModel> {
    requireListed(listed);
    const { tree, only } = listed;
    const { manifest } = listed.verified;
    const held = options.hold ? new Map<string, Uint8Array>() : undefined;
    const choice = chooseFiles(manifest, tree, only);
    const measured = held
      ? await holdModel(manifest, tree, choice.wanted, held, options.onProgress)
      : await measureModel(
          tree,
          manifest.serialization,
          {
            progress: options.onProgress,
            cache: options.digestCache,
            expected: (file) => manifest.sizeOf(signedName(manifest, tree, file)),
          },
          choice.wanted,
        );
    return new ComparedModel(listed, choice, measured, held, options);
  }

  /**
   * The same with bytes that are not only hashed: copied, for instance.
   *
   * @param take Gets each file that is looked at, and returns the digests of what it took.
   */
  static async taking(
    listed: ListedModel,
    { ignoreUnsignedFiles, onProgress }: Omit<CompareOptions, 'hold'>,
    take: Taker,
  ): Promise<ComparedModel> {
    requireListed(listed);
    const { manifest } = listed.verified;
    const choice = chooseFiles(manifest, listed.tree, listed.only);
    const measured = await takeModel(manifest, listed.tree, choice.wanted, onProgress, take);
    return new ComparedModel(listed, choice, measured, undefined, { ignoreUnsignedFiles });
  }

  #compareTree(measured: MeasuredModel): TreeFinding {
    const recorded = this.verified.treeDigest;
    if (recorded === undefined || this.differences.length > 0) return 'not recorded';
    if (this.partial) return 'needs every file';
    const computed = treeDigestOf(measured);
    if (computed === recorded) return 'equal';
    if (this.unsignedAllowed && measured.emptyFiles.length > 0) return 'empty files may be unsigned';
    return new ModelsealError('ERR_TREE_DIGEST', { recorded, computed });
  }
}

function requireListed(listed: ListedModel): void {
  if (!ListedModel.isListed(listed))
    throw new ModelsealError('ERR_USAGE', { problem: 'a comparison needs a ListedModel' });
}
