import { type HashEngine, holdFile, openHash } from '../../core/digest/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import {
  type Comparison,
  compareModel,
  DEFAULT_IGNORED,
  IgnoreRules,
  type Manifest,
  type MeasuredItem,
  type MeasuredModel,
  type ModelFile,
  type ModelTree,
  measureModel,
  rangeEnds,
  resourceName,
  treeDigestOf,
  walkModel,
} from '../../core/model/index.js';
import type { ProgressSink } from '../../core/progress.js';
import type { ReportBuilder } from '../../core/report/index.js';
import type { VerifiedFiles } from '../runtime/types.js';
import { VerifiedManifest } from './manifest.js';
import { inside } from './signature-file.js';

export interface MatchOptions {
  readonly report: ReportBuilder;
  /** Keep the bytes that were hashed, so that a runtime can have them. Without it, they are read again on request. */
  readonly hold?: boolean | undefined;
  /** Where the signature was read from; it is no part of the model it lies in. */
  readonly signatureFile?: string | undefined;
  readonly ignorePaths?: readonly string[] | undefined;
  readonly ignoreUnsignedFiles?: boolean | undefined;
  /** Names of files or folders; nothing else is hashed. */
  readonly only?: readonly string[] | undefined;
  readonly onProgress?: ProgressSink | undefined;
}

/**
 * A model whose files are exactly those of a verified manifest, made only by {@link MatchedModel.from}. It owns the
 * bytes it hashed, or hashes again whatever it reads later: nobody gets a byte out of it that was not signed.
 */
export class MatchedModel implements VerifiedFiles {
  readonly manifest: VerifiedManifest;
  /** Real path of the folder or file, for messages. */
  readonly path: string;
  readonly #listed: ReadonlyMap<string, ModelFile>;
  readonly #held: Map<string, Uint8Array> | undefined;
  #closed = false;

  private constructor(
    manifest: VerifiedManifest,
    path: string,
    listed: ReadonlyMap<string, ModelFile>,
    held: Map<string, Uint8Array> | undefined,
  ) {
    this.manifest = manifest;
    this.path = path;
    this.#listed = listed;
    this.#held = held;
  }

  /**
   * Compares a model on disk with its verified manifest: every file, none missing, none besides.
   *
   * @throws {ModelsealError} `ERR_FILE_CHANGED`, `ERR_FILE_MISSING`, `ERR_FILE_UNSIGNED`, `ERR_TREE_DIGEST`,
   *   `ERR_FILE_NOT_IN_MANIFEST`, and the codes of listing and reading; the report lists every file of each kind
   */
  static async from(verified: VerifiedManifest, path: string, options: MatchOptions): Promise<MatchedModel> {
    if (!VerifiedManifest.isVerified(verified)) {
      throw new ModelsealError('ERR_USAGE', {
        problem: 'MatchedModel.from needs the result of VerifiedManifest.from',
      });
    }
    const { manifest } = verified;
    const held = options.hold ? new Map<string, Uint8Array>() : undefined;
    const { only, tree, wanted, model } = await options.report.step('files', async () => {
      const names = options.only ? chosen(manifest, options.only) : undefined;
      const listing = list(verified, path, options);
      const files = listing.files.filter((file) => isWanted(manifest, listing, file, names));
      const measured = held
        ? await hold(manifest, listing, files, held, options.onProgress)
        : await measureModel(listing, manifest.serialization, { progress: options.onProgress }, files);
      return { only: names, tree: listing, wanted: files, model: measured };
    });
    judge(verified, tree, model, only, options);
    const listed = new Map(
      wanted.flatMap((file) => {
        const name = signedName(manifest, tree, file.name);
        return manifest.has(name) ? [[name, file] as const] : [];
      }),
    );
    for (const name of held?.keys() ?? []) if (!listed.has(name)) held?.delete(name);
    return new MatchedModel(verified, tree.root, listed, held);
  }

  /** Name of the model as it was signed. */
  get name(): string {
    return this.manifest.manifest.modelName;
  }

  /** Names of the files that were verified. */
  get files(): readonly string[] {
    return [...this.#listed.keys()];
  }

  /** The same, for the scanner. */
  get names(): readonly string[] {
    return this.files;
  }

  /** Whether the bytes are in memory. */
  get held(): boolean {
    return this.#held !== undefined;
  }

  has(name: string): boolean {
    return this.#listed.has(name);
  }

  size(name: string): number | undefined {
    return this.#listed.get(name)?.size;
  }

  /**
   * The verified bytes of one file. Held bytes are handed out as they are, for reading; otherwise the file is read
   * into memory and these very bytes are hashed, so that a swap since the verification refuses instead of passing.
   *
   * @throws {ModelsealError} `ERR_MODEL_FILE_NOT_SIGNED`, `ERR_MODEL_FILE_NOT_VERIFIED`, `ERR_FILE_CHANGED`,
   *   `ERR_MODEL_MOVED`, `ERR_FILE_CHANGED_WHILE_READ`, `ERR_MODEL_CLOSED`
   */
  async read(name: string): Promise<Uint8Array> {
    if (this.#closed) throw new ModelsealError('ERR_MODEL_CLOSED', { model: this.name });
    const { manifest } = this.manifest;
    const file = this.#listed.get(name);
    if (!file) {
      const code = manifest.has(name) ? 'ERR_MODEL_FILE_NOT_VERIFIED' : 'ERR_MODEL_FILE_NOT_SIGNED';
      throw new ModelsealError(code, { file: name });
    }
    const bytes = this.#held?.get(name);
    if (bytes) return bytes;
    const ends = rangeEnds(file.size, manifest.serialization);
    const fresh = await holdFile(file, ends, await openHash(manifest.hashType));
    const expected = manifest.resourcesOf(name);
    const same =
      expected.length === fresh.digests.length &&
      expected.every((resource, i) => hex(fresh.digests[i]) === resource.digest);
    if (!same) throw new ModelsealError('ERR_FILE_CHANGED', { files: [name] });
    return fresh.bytes;
  }

  /** Lets go of the bytes. */
  close(): void {
    this.#closed = true;
    this.#held?.clear();
  }
}

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

/** The reference implementation calls the only file of a single-file model ".". */
function signedName(manifest: Manifest, tree: ModelTree, name: string): string {
  return tree.single && manifest.unnamedSingle ? '.' : name;
}

/** What is read: files of the manifest, and empty ones, of which only the tree digest of a manifest of shards speaks. */
function isWanted(
  manifest: Manifest,
  tree: ModelTree,
  file: ModelFile,
  only: ReadonlySet<string> | undefined,
): boolean {
  const name = signedName(manifest, tree, file.name);
  if (only && !only.has(name)) return false;
  return manifest.has(name) || unlistable(manifest, file);
}

/** Lists the model. What is excluded comes from the caller, from custom, and, unless refused, from the manifest. */
function list(verified: VerifiedManifest, path: string, options: MatchOptions): ModelTree {
  const { manifest, signer } = verified;
  const { report } = options;
  const own = [...DEFAULT_IGNORED, ...(options.ignorePaths ?? [])];
  const signature = options.signatureFile === undefined ? undefined : inside(path, options.signatureFile);
  if (signature !== undefined) own.push(signature);
  const ours = IgnoreRules.from(own);
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

function chosen(manifest: Manifest, names: readonly string[]): ReadonlySet<string> {
  const wanted = IgnoreRules.from(names);
  const files = manifest.files().filter((file) => wanted.covers(file));
  const unknown = wanted.paths.filter(
    (path) => !files.some((file) => file === path || file.startsWith(`${path}/`)),
  );
  if (unknown.length > 0) throw new ModelsealError('ERR_FILE_NOT_IN_MANIFEST', { files: unknown });
  return new Set(files);
}

/** Reads every wanted file into memory, hashing on the way. Bytes that do not match are dropped at once. */
async function hold(
  manifest: Manifest,
  tree: ModelTree,
  files: readonly ModelFile[],
  held: Map<string, Uint8Array>,
  onProgress: ProgressSink | undefined,
): Promise<MeasuredModel> {
  const engine: HashEngine = await openHash(manifest.hashType);
  const { serialization } = manifest;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const items: MeasuredItem[] = [];
  const emptyFiles: string[] = [];
  let bytes = 0;
  let turn = performance.now();
  for (const [index, file] of files.entries()) {
    const onBytes = (n: number): Promise<void> | undefined => {
      bytes += n;
      const now = performance.now();
      if (now - turn < TURN_MS) return undefined;
      turn = now;
      onProgress?.({ bytes, total, files: index, totalFiles: files.length });
      return new Promise((resolve) => setImmediate(resolve));
    };
    const ends = rangeEnds(file.size, serialization);
    const { bytes: content, digests } = await holdFile(file, ends, engine, onBytes);
    const name = signedName(manifest, tree, file.name);
    const expected = manifest.resourcesOf(name);
    if (digests.length === expected.length && digests.every((d, i) => hex(d) === expected[i]?.digest)) {
      held.set(name, content);
    }
    if (ends.length === 0) emptyFiles.push(file.name);
    digests.forEach((digest, i) => {
      const start = ends[i - 1] ?? 0;
      const end = ends[i] ?? 0;
      const resource = resourceName(file.name, start, end, serialization.method);
      items.push({ file: file.name, name: resource, size: end - start, digest: hex(digest) });
    });
  }
  onProgress?.({ bytes, total, files: files.length, totalFiles: files.length });
  return { tree, serialization, items, emptyFiles, bytes };
}

/** The event loop gets a turn this often. */
const TURN_MS = 50;

/** Puts everything found into the report and then throws the gravest difference, if there is one. */
function judge(
  verified: VerifiedManifest,
  tree: ModelTree,
  model: MeasuredModel,
  only: ReadonlySet<string> | undefined,
  options: MatchOptions,
): void {
  const { manifest } = verified;
  const { report } = options;
  const found: Comparison = compareModel(manifest, model, only);
  // Files that no manifest names are not hashed: that they are there is enough.
  const extra = only
    ? []
    : tree.files
        .filter((file) => !manifest.has(signedName(manifest, tree, file.name)) && !unlistable(manifest, file))
        .map((file) => file.name);
  const notVerified = only ? manifest.files().filter((file) => !only.has(file)) : [];
  report.files({
    matched: found.matched.length,
    bytes: model.bytes,
    changed: found.changed,
    missing: found.missing,
    extra,
    ignored: tree.ignored,
    notVerified,
  });
  if (only) {
    report.skipped(
      'files.only',
      `${notVerified.length} signed files were not looked at, nor whether there are unsigned ones`,
    );
  }
  const refused: ModelsealError[] = [];
  if (found.changed.length > 0)
    refused.push(new ModelsealError('ERR_FILE_CHANGED', { files: found.changed }));
  if (found.missing.length > 0)
    refused.push(new ModelsealError('ERR_FILE_MISSING', { files: found.missing }));
  if (extra.length > 0) {
    if (options.ignoreUnsignedFiles)
      report.skipped('files.unsigned', `ignored, on request: ${extra.length} unsigned files`);
    else refused.push(new ModelsealError('ERR_FILE_UNSIGNED', { files: extra }));
  }
  for (const difference of refused) report.failed('files', difference);
  if (refused[0]) throw refused[0];
  report.passed('files', `${found.matched.length} files are the signed ones`, 'OMS v1.0 §8');
  checkTree(verified, model, only !== undefined, options);
}

/** Under `shards` an empty file has no entry in a manifest; only the tree digest speaks of it. */
const unlistable = (manifest: Manifest, file: ModelFile): boolean =>
  manifest.serialization.method === 'shards' && file.size === 0;

function checkTree(
  verified: VerifiedManifest,
  model: MeasuredModel,
  partial: boolean,
  options: MatchOptions,
): void {
  const recorded = verified.treeDigest;
  if (recorded === undefined) return;
  if (partial) {
    options.report.skipped('files.tree', 'the tree digest needs every file');
    return;
  }
  const computed = treeDigestOf(model);
  if (computed === recorded) {
    options.report.passed('files.tree', 'names, sizes and digests give the signed tree digest');
  } else if (options.ignoreUnsignedFiles && model.emptyFiles.length > 0) {
    options.report.skipped('files.tree', 'empty files may be unsigned, which was allowed');
  } else {
    const different = new ModelsealError('ERR_TREE_DIGEST', { recorded, computed });
    options.report.failed('files.tree', different);
    throw different;
  }
}
