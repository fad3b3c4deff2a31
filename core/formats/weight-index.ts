import { posix } from 'node:path';
import { parseStrictJson } from '../json/strict-json.js';

/** Six times the index of the largest published model. */
export const MAX_WEIGHT_INDEX = 64 * 1024 * 1024;

/** What an index of a sharded checkpoint says, or why it says nothing. */
export type WeightIndex =
  | {
      /** Tensor names by the file that shall hold them; files as the model names them. */
      readonly shards: ReadonlyMap<string, readonly string[]>;
      readonly problem?: never;
    }
  | { readonly problem: string };

/**
 * Reads `model.safetensors.index.json` and its like.
 *
 * @param name Of the index in the model, to which the names in it are relative.
 * @throws {ModelsealError} the `ERR_JSON_…` codes for its text
 */
export function readWeightIndex(bytes: Uint8Array, name: string): WeightIndex {
  const json = parseStrictJson(bytes, { what: name, maxBytes: MAX_WEIGHT_INDEX, maxDepth: 8 });
  const map = isObject(json) && isObject(json.weight_map) ? json.weight_map : {};
  const shards = new Map<string, string[]>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || file === '')
      return { problem: `it names no file for ${tensor.slice(0, 100)}` };
    const shard = posix.join(posix.dirname(name), file);
    const tensors = shards.get(shard);
    if (tensors) tensors.push(tensor);
    else shards.set(shard, [tensor]);
  }
  return shards.size > 0 ? { shards } : { problem: 'it names no files (weight_map)' };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
