import { DIGEST_SIZE, type HashName } from '../digest/index.js';
import { ModelsealError } from '../errors/index.js';
import { Digests } from './columns.js';
import { IgnoreRules } from './ignore.js';
import { checkDistinct, checkName } from './names.js';
import { rootDigest } from './root.js';
import { checkShards, type Range, type Shard, shardOf } from './shards.js';

/** How a model becomes a list of resources; the `serialization` object of the OMS predicate. */
export interface Serialization {
  readonly method: 'files' | 'shards';
  readonly hashType: HashName;
  /** Bytes per shard; only with the method `shards`. */
  readonly shardSize?: number;
  readonly allowSymlinks: boolean;
  /** Excluded paths that the manifest records, as recorded. Empty where it records none. */
  readonly ignorePaths: readonly string[];
}

/** Default shard size of OMS §6.3.2. */
export const DEFAULT_SHARD_SIZE = 1_000_000_000;

/** A file, or a shard of one, with its digest. */
export interface Resource {
  /** As the manifest spells it: a name, or `name:start:end`. */
  readonly name: string;
  /** Name of the file. */
  readonly file: string;
  /** Range of a shard; absent where the resource is a whole file. */
  readonly range?: Range;
  /** Lower-case hexadecimal. */
  readonly digest: string;
}

/**
 * The list of what a model consists of. Immutable; every instance has passed the checks of {@link Manifest.of}. Names
 * and digests lie in columns, and whatever else is asked for is made of them then: a manifest may have a million files.
 */
export class Manifest {
  readonly modelName: string;
  readonly serialization: Serialization;
  /** Names of the resources, as the manifest spells them. */
  readonly names: readonly string[];
  readonly digests: Digests;
  /** Bytes of each resource, where the signer recorded them; ranges of shards say it themselves. */
  readonly #sizes: ArrayLike<number> | undefined;
  /** The shards of each file, by ascending range; absent for the method `files`. */
  readonly #shards: ReadonlyMap<string, readonly Shard[]> | undefined;
  #index: ReadonlyMap<string, number> | undefined;

  private constructor(
    modelName: string,
    serialization: Serialization,
    names: readonly string[],
    digests: Digests,
    shards: ReadonlyMap<string, readonly Shard[]> | undefined,
    sizes: ArrayLike<number> | undefined,
  ) {
    this.modelName = modelName;
    this.serialization = Object.freeze(serialization);
    this.names = names;
    this.digests = digests;
    this.#shards = shards;
    this.#sizes = sizes;
    Object.freeze(this);
  }

  /**
   * Builds a manifest from its parts and checks them: canonical names, no duplicates or twins, shards that cover their
   * file without gap or overlap.
   *
   * @param digests Of the resources, in their order.
   * @param sizes Of the files in bytes, in their order, for the method `files`.
   * @throws {ModelsealError} `ERR_MANIFEST_*`, `ERR_NAME_*`, `ERR_SHARD_SIZE`
   */
  static of(
    modelName: string,
    serialization: Serialization,
    names: readonly string[],
    digests: Digests,
    sizes?: readonly number[],
  ): Manifest {
    checkSerialization(serialization);
    if (names.length === 0) throw new ModelsealError('ERR_MANIFEST_EMPTY', {});
    const size = serialization.shardSize;
    const shards = size === undefined ? undefined : group(names);
    const files = shards ? [...shards.keys()] : names;
    // The reference implementation calls the only file of a single-file model ".".
    for (const file of files) if (file !== '.') checkName(file);
    checkDistinct(files);
    if (files.length > 1 && files.includes('.')) {
      throw new ModelsealError('ERR_NAME_NOT_CANONICAL', {
        name: '.',
        problem: 'it stands beside other files',
      });
    }
    if (size !== undefined) for (const [file, parts] of shards ?? []) checkShards(file, parts, size);
    if (sizes) checkSizes(sizes, names.length, serialization);
    return new Manifest(modelName, serialization, Object.freeze(names), digests, shards, sizes);
  }

  /**
   * {@link Manifest.of} for digests in hexadecimal.
   *
   * @throws {ModelsealError} also `ERR_MANIFEST_DIGEST` for one of another form
   */
  static from(
    modelName: string,
    serialization: Serialization,
    items: readonly { readonly name: string; readonly digest: string }[],
    sizes?: readonly number[],
  ): Manifest {
    const algorithm = serialization.hashType;
    const size = DIGEST_SIZE[algorithm];
    const hex = new RegExp(`^[0-9a-f]{${size * 2}}$`);
    for (const { name, digest } of items)
      if (!hex.test(digest)) throw new ModelsealError('ERR_MANIFEST_DIGEST', { name, algorithm });
    const digests = Digests.ofHex(
      items.map((item) => item.digest),
      size,
    );
    return Manifest.of(
      modelName,
      serialization,
      items.map((item) => item.name),
      digests,
      sizes,
    );
  }

  get hashType(): HashName {
    return this.serialization.hashType;
  }

  /** All resources, in the order of the manifest. */
  get resources(): readonly Resource[] {
    return this.names.map((_, i) => this.#resource(i));
  }

  /** Names of the files, in the order of the manifest. */
  files(): readonly string[] {
    return this.#shards ? [...this.#shards.keys()] : this.names;
  }

  has(file: string): boolean {
    return (this.#shards ?? this.#byName()).has(file);
  }

  /** Bytes of one file as they were signed; undefined where the signature does not say, or does not list the file. */
  sizeOf(file: string): number | undefined {
    if (this.#shards) return this.#shards.get(file)?.at(-1)?.range.end;
    const index = this.#sizes && this.#byName().get(file);
    return index === undefined ? undefined : this.#sizes?.[index];
  }

  /** The resources of one file, by ascending range; empty for a file that is not listed. */
  resourcesOf(file: string): readonly Resource[] {
    if (this.#shards)
      return (this.#shards.get(file) ?? []).map(({ index, range }) => this.#resource(index, range));
    const index = this.#byName().get(file);
    return index === undefined ? [] : [this.#resource(index)];
  }

  /** True for the manifest of a single file as the reference implementation writes it, without the file's name. */
  get unnamedSingle(): boolean {
    return this.#shards ? this.#shards.has('.') : this.names[0] === '.';
  }

  /** Root digest of OMS §6.5.1. */
  rootDigest(): string {
    return rootDigest(this.digests);
  }

  /** How the files are enumerated for comparison: the excluded paths of the manifest with those of the caller. */
  ignoreRules(more: Iterable<string>): IgnoreRules {
    return IgnoreRules.from([...this.serialization.ignorePaths, ...more]);
  }

  #resource(index: number, range?: Range): Resource {
    const name = this.names[index] as string;
    const digest = this.digests.hex(index);
    if (!this.#shards) return { name, file: name, digest };
    const shard = shardOf(name, index);
    return { name, file: shard.file, digest, range: range ?? shard.range };
  }

  /** Made on first use: a model that is as it was signed is compared without. */
  #byName(): ReadonlyMap<string, number> {
    this.#index ??= new Map(this.names.map((name, i) => [name, i]));
    return this.#index;
  }
}

function checkSerialization(s: Serialization): void {
  if (s.method === 'files' && s.shardSize !== undefined) {
    throw new ModelsealError('ERR_SHARD_SIZE', { problem: 'the method files has none' });
  }
  if (s.method === 'shards') {
    const size = s.shardSize;
    if (size === undefined) throw new ModelsealError('ERR_SHARD_SIZE', { problem: 'it is missing' });
    if (!Number.isSafeInteger(size) || size <= 0) {
      throw new ModelsealError('ERR_SHARD_SIZE', { problem: `${size} is not a positive whole number` });
    }
  }
  IgnoreRules.from(s.ignorePaths);
}

function checkSizes(sizes: readonly number[], count: number, { method }: Serialization): void {
  const bad = (problem: string): never => {
    throw new ModelsealError('ERR_MANIFEST_SIZES', { problem });
  };
  if (method !== 'files') bad('shards have none beside their ranges');
  if (sizes.length !== count) bad(`${sizes.length} for ${count} files`);
  const wrong = sizes.find((size) => !Number.isSafeInteger(size) || size < 0);
  if (wrong !== undefined) bad(`${wrong} is not a number of bytes`);
}

function group(names: readonly string[]): Map<string, Shard[]> {
  const byFile = new Map<string, Shard[]>();
  names.forEach((name, index) => {
    const shard = shardOf(name, index);
    const known = byFile.get(shard.file);
    if (known) known.push(shard);
    else byFile.set(shard.file, [shard]);
  });
  return byFile;
}
