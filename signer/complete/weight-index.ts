import { posix } from 'node:path';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { MAX_WEIGHT_INDEX, readWeightIndex } from '../../core/formats/weight-index.js';
import type { ModelFile } from '../../core/model/index.js';
import { shardOf } from './shards.js';
import { tensorNames } from './tensor-names.js';

/** `model.safetensors.index.json`, `pytorch_model.bin.index.json`, and with a variant: `….index.fp16.json`. */
const INDEX = /^(?:.*\/)?[^/]+(\.(?:safetensors|bin|pt|pth|ckpt|h5|msgpack))\.index(?:\.[^/.]+)?\.json$/;

/** An index of weights: which file holds which tensor. */
interface WeightIndex {
  readonly name: string;
  readonly extension: string;
  /** Tensor names by the file that shall hold them; files as the model names them. */
  readonly shards: ReadonlyMap<string, readonly string[]>;
}

/**
 * What the indexes of a model say against its files: a shard that is missing, shards that belong to another set, and
 * tensors that the named file does not have.
 */
export function indexProblems(files: readonly ModelFile[]): ModelsealError[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  const problems: ModelsealError[] = [];
  const indexes: WeightIndex[] = [];
  for (const file of files) {
    const extension = INDEX.exec(file.name)?.[1];
    if (extension === undefined) continue;
    const index = readIndex(file, extension);
    if (index instanceof ModelsealError) problems.push(index);
    else indexes.push(index);
  }
  for (const index of indexes) {
    const missing = [...index.shards.keys()].filter((name) => !byName.has(name));
    if (missing.length > 0)
      problems.push(new ModelsealError('ERR_SIGN_SHARD_MISSING', { index: index.name, files: missing }));
    else problems.push(...foreignTensors(index, byName));
  }
  return [...problems, ...unnamed(indexes, files)];
}

function readIndex(file: ModelFile, extension: string): WeightIndex | ModelsealError {
  const { name } = file;
  const broken = (problem: string): ModelsealError =>
    new ModelsealError('ERR_SIGN_INDEX', { index: name, problem });
  try {
    const read = readWeightIndex(readBounded(file.path, 'index of weights', MAX_WEIGHT_INDEX), name);
    return read.problem === undefined ? { name, extension, shards: read.shards } : broken(read.problem);
  } catch (error) {
    if (isModelsealError(error)) return broken(error.message);
    throw error;
  }
}

/** Numbered weights beside an index of their kind that no index names: left over from another model. */
function unnamed(indexes: readonly WeightIndex[], files: readonly ModelFile[]): ModelsealError[] {
  const named = new Set(indexes.flatMap((index) => [...index.shards.keys()]));
  return indexes.flatMap((index) => {
    const folder = posix.dirname(index.name);
    const others = files
      .map((file) => file.name)
      .filter((name) => posix.dirname(name) === folder && name.endsWith(index.extension))
      .filter((name) => shardOf(name) !== undefined && !named.has(name));
    return others.length > 0
      ? [new ModelsealError('ERR_SIGN_INDEX_FOREIGN', { index: index.name, files: others })]
      : [];
  });
}

function foreignTensors(index: WeightIndex, files: ReadonlyMap<string, ModelFile>): ModelsealError[] {
  if (index.extension !== '.safetensors') return [];
  for (const [name, tensors] of index.shards) {
    const path = files.get(name)?.path;
    const held = path === undefined ? undefined : tensorNames(path);
    const absent = held && tensors.find((tensor) => !held.has(tensor));
    if (absent !== undefined)
      return [
        new ModelsealError('ERR_SIGN_INDEX', { index: index.name, problem: `${name} has no ${absent}` }),
      ];
  }
  return [];
}
