import { digestBytes, holdFile, openHash } from '../../core/digest/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { type ModelFile, type ModelTree, rangeEnds } from '../../core/model/index.js';
import { lendFrom } from '../../core/model/lend.js';
import type { VerifiedFiles } from '../runtime/types.js';
import { ComparedModel } from './compared-model.js';
import { isSigned } from './hold.js';
import { signedName } from './listed-model.js';
import type { VerifiedManifest } from './verified-manifest.js';

/**
 * A model whose files are exactly those of a verified manifest, made only by {@link MatchedModel.from}. It owns the
 * bytes it hashed, or hashes again whatever it reads later: nobody gets a byte out of it that was not signed.
 */
export class MatchedModel implements VerifiedFiles {
  readonly manifest: VerifiedManifest;
  /** Real path of the folder or file, for messages. */
  readonly path: string;
  readonly #tree: ModelTree;
  readonly #matched: readonly ModelFile[];
  #byName: ReadonlyMap<string, ModelFile> | undefined;
  readonly #held: Map<string, Uint8Array> | undefined;
  /** Files whose held bytes live on in a runtime that callers may write to. They are hashed again when they are read. */
  readonly #aliased = new Set<string>();
  #closed = false;

  private constructor(
    manifest: VerifiedManifest,
    tree: ModelTree,
    matched: readonly ModelFile[],
    held: Map<string, Uint8Array> | undefined,
  ) {
    this.manifest = manifest;
    this.path = tree.root;
    this.#tree = tree;
    this.#matched = matched;
    this.#held = held;
    lendFrom(this, (name, alias) => this.#lend(name, alias));
    Object.freeze(this);
  }

  /**
   * Takes a comparison without a difference.
   *
   * @throws {ModelsealError} `ERR_FILE_CHANGED`, `ERR_FILE_MISSING`, `ERR_FILE_UNSIGNED`, `ERR_TREE_DIGEST`
   */
  static from(compared: ComparedModel): MatchedModel {
    if (!ComparedModel.isCompared(compared))
      throw new ModelsealError('ERR_USAGE', { problem: 'MatchedModel.from needs a ComparedModel' });
    const { differences, tree, verified, listing, wanted, held } = compared;
    const [gravest = tree] = differences;
    if (gravest instanceof ModelsealError) throw gravest;
    return new MatchedModel(verified, listing, wanted, held);
  }

  /** Name of the model as it was signed. */
  get name(): string {
    return this.manifest.manifest.modelName;
  }

  /** By signed name; made on first use, for verifying alone needs it not. */
  get #listed(): ReadonlyMap<string, ModelFile> {
    const { manifest } = this.manifest;
    this.#byName ??= new Map(
      this.#matched.flatMap((file) => {
        const name = signedName(manifest, this.#tree, file.name);
        return manifest.has(name) ? [[name, file] as const] : [];
      }),
    );
    return this.#byName;
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
   * The verified bytes of one file, the caller's own to change: a copy of held bytes, which the loader goes on to use;
   * otherwise the file is read into memory and these very bytes are hashed, so that a swap since the verification
   * refuses instead of passing.
   *
   * @throws {ModelsealError} `ERR_MODEL_FILE_NOT_SIGNED`, `ERR_MODEL_FILE_NOT_VERIFIED`, `ERR_FILE_CHANGED`,
   *   `ERR_MODEL_MOVED`, `ERR_FILE_CHANGED_WHILE_READ`, `ERR_MODEL_CLOSED`, `ERR_MODEL_BYTES_CHANGED`
   */
  async read(name: string): Promise<Uint8Array> {
    const held = this.#held?.get(name);
    const bytes = await this.#lend(name, false);
    return held ? Uint8Array.from(bytes) : bytes;
  }

  async #lend(name: string, alias: boolean): Promise<Uint8Array> {
    if (this.#closed) throw new ModelsealError('ERR_MODEL_CLOSED', { model: this.name });
    const { manifest } = this.manifest;
    const file = this.#listed.get(name);
    if (!file) {
      const code = manifest.has(name) ? 'ERR_MODEL_FILE_NOT_VERIFIED' : 'ERR_MODEL_FILE_NOT_SIGNED';
      throw new ModelsealError(code, { file: name });
    }
    const engine = await openHash(manifest.hashType);
    const bytes = this.#held?.get(name);
    if (bytes) {
      const ends = rangeEnds(bytes.length, manifest.serialization);
      if (this.#aliased.has(name) && !isSigned(manifest, name, digestBytes(bytes, ends, engine)))
        throw new ModelsealError('ERR_MODEL_BYTES_CHANGED', { file: name });
      if (alias) this.#aliased.add(name);
      return bytes;
    }
    const expected = manifest.sizeOf(name) ?? file.size;
    const changed = (): ModelsealError => new ModelsealError('ERR_FILE_CHANGED', { files: [name] });
    if (file.size !== expected) throw changed();
    const fresh = await holdFile(file, rangeEnds(expected, manifest.serialization), engine);
    if (!isSigned(manifest, name, fresh.digests)) throw changed();
    return fresh.bytes;
  }

  /** Lets go of the bytes. */
  close(): void {
    this.#closed = true;
    this.#held?.clear();
  }
}
