import { posix } from 'node:path';
import { ModelsealError } from '../../../core/errors/index.js';
import { MAX_WEIGHT_INDEX, readWeightIndex } from '../../../core/formats/weight-index.js';
import { borrow } from '../../../core/model/lend.js';
import type { VerifiedFiles } from '../types.js';
import { type SafeTensor, SafetensorsFile, type SafeTensors } from './tensors.js';

/** `model.safetensors.index.json`, and with a variant `model.safetensors.index.fp16.json`. */
const INDEX = /\.safetensors\.index(?:\.[^/.]+)?\.json$/;
/** `model-00002-of-00005.safetensors` */
const SHARD = /-\d{1,6}-of-\d{1,6}\.safetensors$/;

export const isSafetensorsIndex = (file: string): boolean => INDEX.test(file);

/** The tensors of a checkpoint in several files: those that its index names, all of them and none besides. */
export class ShardedSafetensors implements SafeTensors {
  /** Files of the manifest that hold the tensors. */
  readonly shards: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly #index: string;
  readonly #parts: readonly SafetensorsFile[];
  #tensors: ReadonlyMap<string, SafeTensor> | undefined;

  private constructor(
    index: string,
    shards: readonly string[],
    parts: readonly SafetensorsFile[],
    tensors: ReadonlyMap<string, SafeTensor>,
  ) {
    this.#index = index;
    this.#parts = parts;
    this.#tensors = tensors;
    this.shards = shards;
    this.metadata = parts[0]?.metadata ?? {};
  }

  /**
   * @param names Of all files, to notice shards that the index does not name.
   * @throws {ModelsealError} `ERR_SAFETENSORS_INDEX`, `ERR_SAFETENSORS_MALFORMED`
   */
  static async load(
    files: VerifiedFiles,
    index: string,
    names: readonly string[],
  ): Promise<ShardedSafetensors> {
    const fail = failing(index);
    const shards = await shardsOf(files, index);
    const folder = posix.dirname(index);
    const surplus = names.find((n) => posix.dirname(n) === folder && SHARD.test(n) && !shards.has(n));
    if (surplus !== undefined) throw fail(`it does not name ${surplus}, which lies beside it`);
    const parts: SafetensorsFile[] = [];
    const all = new Map<string, SafeTensor>();
    for (const [shard, expected] of shards) {
      if (!files.has(shard)) throw fail(`${shard} is not a file of the model`);
      const part = await SafetensorsFile.load(files, shard);
      parts.push(part);
      const absent = expected.find((tensor) => !part.tensors.has(tensor));
      if (absent !== undefined) throw fail(`${shard} has no tensor ${absent}`);
      const named = new Set(expected);
      for (const [name, tensor] of part.tensors) {
        if (!named.has(name)) throw fail(`it does not name the tensor ${name} of ${shard}`);
        all.set(name, tensor);
      }
    }
    return new ShardedSafetensors(index, [...shards.keys()], parts, all);
  }

  get tensors(): ReadonlyMap<string, SafeTensor> {
    if (!this.#tensors) throw new ModelsealError('ERR_MODEL_CLOSED', { model: this.#index });
    return this.#tensors;
  }

  close(): void {
    this.#tensors = undefined;
    for (const part of this.#parts) part.close();
  }
}

const failing =
  (index: string) =>
  (problem: string): ModelsealError =>
    new ModelsealError('ERR_SAFETENSORS_INDEX', { index, problem });

/**
 * Tensors by the file that an index names for them.
 *
 * @throws {ModelsealError} `ERR_SAFETENSORS_INDEX`, and the `ERR_JSON_…` codes for its text
 */
export async function shardsOf(
  files: VerifiedFiles,
  index: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const fail = failing(index);
  const bytes = await borrow(files, index);
  if (bytes.length > MAX_WEIGHT_INDEX) throw fail(`it has ${bytes.length} bytes`);
  const read = readWeightIndex(bytes, index);
  if (read.problem !== undefined) throw fail(read.problem);
  return read.shards;
}
