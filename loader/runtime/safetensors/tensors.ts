import { ModelsealError } from '../../../core/errors/index.js';
import { readSafetensors, type TensorEntry } from '../../../core/formats/safetensors.js';
import { MemorySource } from '../../../core/formats/source.js';
import { borrowToLiveOn } from '../../../core/model/lend.js';
import type { NumericArray, VerifiedFiles } from '../types.js';
import { arrayOver, toFloat32 } from './dtypes.js';

/** One tensor: its description and, on request, its values. */
export interface SafeTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Values in row-major order; 16-bit and smaller floats as bit patterns. Shares the verified bytes where it can. */
  readonly data: NumericArray;
  /** Values of a floating-point tensor of at least 16 bits as 32-bit floats, else undefined. */
  float32(): Float32Array | undefined;
}

/** Tensors by name, from one file or from several. */
export interface SafeTensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  close(): void;
}

/** The tensors of one safetensors file, over verified bytes. */
export class SafetensorsFile implements SafeTensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly #file: string;
  #tensors: ReadonlyMap<string, SafeTensor> | undefined;

  private constructor(
    file: string,
    tensors: ReadonlyMap<string, SafeTensor>,
    metadata: Readonly<Record<string, string>>,
  ) {
    this.#file = file;
    this.#tensors = tensors;
    this.metadata = metadata;
  }

  /** @throws {ModelsealError} `ERR_SAFETENSORS_MALFORMED`, and the `ERR_JSON_…` codes for the header's text */
  static async load(files: VerifiedFiles, file: string): Promise<SafetensorsFile> {
    const bytes = await borrowToLiveOn(files, file);
    const { tensors, metadata, problems } = readSafetensors(new MemorySource(bytes));
    const [problem] = problems;
    if (problem !== undefined) {
      throw (
        problem.cause ?? new ModelsealError('ERR_SAFETENSORS_MALFORMED', { file, problem: problem.message })
      );
    }
    return new SafetensorsFile(file, new Map(tensors.map((t) => [t.name, tensorOver(bytes, t)])), metadata);
  }

  get tensors(): ReadonlyMap<string, SafeTensor> {
    if (!this.#tensors) throw new ModelsealError('ERR_MODEL_CLOSED', { model: this.#file });
    return this.#tensors;
  }

  close(): void {
    this.#tensors = undefined;
  }
}

function tensorOver(bytes: Uint8Array, entry: TensorEntry): SafeTensor {
  let data: NumericArray | undefined;
  const values = (): NumericArray => {
    data ??= arrayOver(entry.dtype, bytes.subarray(entry.start, entry.end));
    return data;
  };
  return {
    name: entry.name,
    dtype: entry.dtype,
    shape: entry.shape,
    bytes: entry.end - entry.start,
    get data() {
      return values();
    },
    float32: () => toFloat32(entry.dtype, values()),
  };
}
