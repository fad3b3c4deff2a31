import { ModelsealError } from '../../core/errors/index.js';
import { PyData } from './values.js';

/** Bytes of an element, by PyTorch's names of data types. */
export const TORCH_TYPES: Readonly<Record<string, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
  complex32: 4,
  complex64: 8,
  complex128: 16,
  float8_e4m3fn: 1,
  float8_e5m2: 1,
  float8_e4m3fnuz: 1,
  float8_e5m2fnuz: 1,
  float8_e8m0fnu: 1,
  qint8: 1,
  quint8: 1,
  qint32: 4,
};

/** Data types of the storage classes that pickles name. */
export const STORAGE_TYPES: Readonly<Record<string, string>> = {
  FloatStorage: 'float32',
  DoubleStorage: 'float64',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  CharStorage: 'int8',
  ShortStorage: 'int16',
  IntStorage: 'int32',
  LongStorage: 'int64',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
  QInt8Storage: 'qint8',
  QUInt8Storage: 'quint8',
  QInt32Storage: 'qint32',
  UntypedStorage: 'uint8',
};

/** A contiguous view of a strided tensor may be larger than its storage (stride 0), but not without end. */
const MAX_EXPANSION = 64;
const SMALL_TENSOR = 1 << 20;

/** Memory that one or more tensors share. `bytes` is filled once its place in the file is known. */
export class TorchStorage extends PyData {
  readonly kind = 'storage';
  readonly key: string;
  readonly dtype: string;
  readonly length: number;
  bytes: Uint8Array = new Uint8Array(0);

  constructor(key: string, dtype: string, length: number) {
    super();
    this.key = key;
    this.dtype = dtype;
    this.length = length;
  }
}

/** A PyTorch tensor: a strided view of a storage. */
export class Tensor extends PyData {
  readonly kind = 'tensor';
  readonly storage: TorchStorage;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** In elements. */
  readonly offset: number;
  readonly requiresGrad: boolean;
  /** True for `torch.nn.Parameter`. */
  parameter = false;

  constructor(
    storage: TorchStorage,
    dtype: string,
    layout: {
      readonly offset: number;
      readonly shape: readonly number[];
      readonly strides: readonly number[];
    },
    requiresGrad: boolean,
  ) {
    super();
    this.storage = storage;
    this.dtype = dtype;
    this.offset = layout.offset;
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.requiresGrad = requiresGrad;
  }

  get length(): number {
    return this.shape.reduce((a, b) => a * b, 1);
  }

  get itemSize(): number {
    return TORCH_TYPES[this.dtype] ?? 0;
  }

  /**
   * The elements in C order, little endian; a view of the storage where they lie so already.
   *
   * @throws {ModelsealError} `ERR_TORCH_STORAGE` where the tensor reaches out of its storage, or expands past reason.
   */
  contiguous(): Uint8Array {
    const size = this.itemSize;
    const total = this.length;
    const { bytes, key } = this.storage;
    const problem = (text: string) => new ModelsealError('ERR_TORCH_STORAGE', { key, problem: text });
    if (total === 0) return new Uint8Array(0);
    const last = this.shape.reduce((at, n, d) => at + (n - 1) * (this.strides[d] ?? 0), this.offset);
    if (!Number.isSafeInteger(last) || (last + 1) * size > bytes.length) {
      throw problem(`a tensor needs ${(last + 1) * size} bytes of it, it has ${bytes.length}`);
    }
    if (total * size > Math.max(SMALL_TENSOR, bytes.length * MAX_EXPANSION)) {
      throw problem(`a tensor would expand it to ${total * size} bytes`);
    }
    if (this.#isContiguous()) return bytes.subarray(this.offset * size, (this.offset + total) * size);
    const out = new Uint8Array(total * size);
    const index = new Array<number>(this.shape.length).fill(0);
    let at = this.offset;
    for (let i = 0; i < total; i++) {
      for (let b = 0; b < size; b++) out[i * size + b] = bytes[at * size + b] ?? 0;
      for (let d = index.length - 1; d >= 0; d--) {
        const stride = this.strides[d] ?? 0;
        const next = (index[d] ?? 0) + 1;
        if (next < (this.shape[d] ?? 0)) {
          index[d] = next;
          at += stride;
          break;
        }
        at -= (next - 1) * stride;
        index[d] = 0;
      }
    }
    return out;
  }

  #isContiguous(): boolean {
    let expected = 1;
    for (let d = this.shape.length - 1; d >= 0; d--) {
      const n = this.shape[d] ?? 0;
      if (n !== 1 && this.strides[d] !== expected) return false;
      expected *= n;
    }
    return true;
  }
}
