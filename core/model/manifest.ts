import { DIGEST_SIZE, type HashName } from '../digest/index.js';
import { ModelsealError } from '../errors/index.js';
import { IgnoreRules } from './ignore.js';
import { checkName, NameSet } from './names.js';
import { rootDigest } from './root.js';

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
  /** Range of a shard, `[start, end)`; absent where the resource is a whole file. */
  readonly range?: { readonly start: number; readonly end: number };
  /** Lower-case hexadecimal. */
  readonly digest: string;
}

/** The list of what a model consists of. Immutable; every instance has passed the checks of {@link Manifest.from}. */
export class Manifest {
  readonly modelName: string;
  readonly serialization: Serialization;
  readonly resources: readonly Resource[];
  readonly #byFile: ReadonlyMap<string, readonly Resource[]>;

  private constructor(
    modelName: string,
    serialization: Serialization,
    resources: readonly Resource[],
    byFile: ReadonlyMap<string, readonly Resource[]>,
  ) {
    this.modelName = modelName;
    this.serialization = Object.freeze(serialization);
    this.resources = Object.freeze(resources);
    this.#byFile = byFile;
    Object.freeze(this);
  }

  /**
   * Builds a manifest from its parts and checks them: canonical names, no duplicates or twins, digests of the right
   * form, shards that cover their file without gap or overlap.
   *
   * @throws {ModelsealError} `ERR_MANIFEST_*`, `ERR_NAME_*`, `ERR_SHARD_SIZE`
   */
  static from(
    modelName: string,
    serialization: Serialization,
    items: readonly { readonly name: string; readonly digest: string }[],
  ): Manifest {
    checkSerialization(serialization);
    if (items.length === 0) throw new ModelsealError('ERR_MANIFEST_EMPTY', {});
    const hex = new RegExp(`^[0-9a-f]{${DIGEST_SIZE[serialization.hashType] * 2}}$`);
    const byFile = new Map<string, Resource[]>();
    const files = serialization.method === 'files';
    const names = new NameSet();
    const resources = items.map((item) => {
      if (!hex.test(item.digest)) {
        throw new ModelsealError('ERR_MANIFEST_DIGEST', {
          name: item.name,
          algorithm: serialization.hashType,
        });
      }
      const { name, digest } = item;
      const resource: Resource = files ? { name, file: name, digest } : shardOf(name, digest);
      const known = byFile.get(resource.file);
      if (known) {
        known.push(resource);
      } else {
        // The reference implementation calls the only file of a single-file model ".".
        if (resource.file !== '.') checkName(resource.file);
        names.add(resource.file);
        byFile.set(resource.file, [resource]);
      }
      return resource;
    });
    if (byFile.has('.') && byFile.size > 1) {
      throw new ModelsealError('ERR_NAME_NOT_CANONICAL', {
        name: '.',
        problem: 'it stands beside other files',
      });
    }
    for (const [file, parts] of byFile) checkParts(file, parts, serialization);
    return new Manifest(modelName, serialization, resources, byFile);
  }

  get hashType(): HashName {
    return this.serialization.hashType;
  }

  /** Names of the files, in the order of the manifest. */
  files(): string[] {
    return [...this.#byFile.keys()];
  }

  has(file: string): boolean {
    return this.#byFile.has(file);
  }

  /** The resources of one file, by ascending range; empty for a file that is not listed. */
  resourcesOf(file: string): readonly Resource[] {
    return this.#byFile.get(file) ?? [];
  }

  /** True for the manifest of a single file as the reference implementation writes it, without the file's name. */
  get unnamedSingle(): boolean {
    return this.#byFile.has('.');
  }

  /** Root digest of OMS §6.5.1. */
  rootDigest(): string {
    return rootDigest(this.resources.map((resource) => resource.digest));
  }

  /** How the files are enumerated for comparison: the excluded paths of the manifest with those of the caller. */
  ignoreRules(more: Iterable<string>): IgnoreRules {
    return IgnoreRules.from([...this.serialization.ignorePaths, ...more]);
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

/** A file name may contain colons, so the range is the last two components (OMS §6.3.2). */
const SHARD = /^(.+):(0|[1-9][0-9]{0,15}):([1-9][0-9]{0,15})$/s;

function shardOf(name: string, digest: string): Resource {
  const match = SHARD.exec(name);
  if (!match) throw new ModelsealError('ERR_MANIFEST_SHARD_NAME', { name });
  const [, file, start, end] = match;
  return { name, file: file as string, digest, range: { start: Number(start), end: Number(end) } };
}

/** One entry per file; or shards that begin at 0, follow each other, and are full but for the last. */
function checkParts(file: string, parts: Resource[], serialization: Serialization): void {
  if (serialization.method === 'files') {
    if (parts.length > 1) throw new ModelsealError('ERR_NAME_DUPLICATE', { name: file });
    return;
  }
  const size = serialization.shardSize as number;
  const bad = (problem: string): never => {
    throw new ModelsealError('ERR_MANIFEST_SHARDS', { file, problem });
  };
  parts.sort((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0));
  let at = 0;
  parts.forEach((part, i) => {
    const { start, end } = part.range ?? { start: 0, end: 0 };
    if (i > 0 && start === parts[i - 1]?.range?.start)
      throw new ModelsealError('ERR_NAME_DUPLICATE', { name: part.name });
    if (start > at) bad(`bytes ${at} to ${start} are in none`);
    if (start < at) bad(`byte ${start} is in two`);
    if (end <= start || end - start > size) bad(`${part.name} has a wrong length`);
    if (i < parts.length - 1 && end - start !== size) bad(`${part.name} is shorter than the shard size`);
    at = end;
  });
}
