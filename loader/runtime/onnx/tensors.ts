import type { Tensor } from 'onnxruntime-web';
import { ModelsealError } from '../../../core/errors/index.js';
import type { InputTensor, NumericArray, OutputTensor } from '../types.js';

type NumericConstructor = { new (length: number): NumericArray; readonly BYTES_PER_ELEMENT: number };

/** The typed array that each tensor type of ONNX Runtime lives in. */
const ARRAYS: Readonly<Record<string, NumericConstructor>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** An input larger than this was not meant; it also keeps products of dimensions exact. */
const MAX_ELEMENTS = 2 ** 31;

/** Values a tensor of the runtime is made of, after every check. */
interface TensorParts {
  readonly type: Tensor.Type;
  readonly data: NumericArray | string[];
  readonly dims: number[];
}

/**
 * Checks an input as it came from outside (JSON included) and makes the runtime's types of it.
 *
 * @throws {ModelsealError} `ERR_INPUT_TENSOR`
 */
export function inputParts(input: string, tensor: InputTensor): TensorParts {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_INPUT_TENSOR', { input, problem });
  };
  if (typeof tensor !== 'object' || tensor === null) fail('it is not an object');
  const { type, dims, data } = tensor;
  if (!Array.isArray(dims) || dims.some((d) => !Number.isSafeInteger(d) || d < 0)) {
    fail('dims must be a list of whole numbers');
  }
  const size = dims.reduce((product, d) => product * d, 1);
  if (size > MAX_ELEMENTS) fail('it has too many elements');
  const isList = Array.isArray(data);
  if (!isList && !ArrayBuffer.isView(data)) fail('data must be a list of values');
  if (data.length !== size) fail(`dims ask for ${size} values and data has ${data.length}`);
  if (type === 'string') {
    if (!isList || data.some((v) => typeof v !== 'string')) fail('data must be texts');
    return { type, dims: [...dims], data: [...(data as string[])] };
  }
  const array =
    (Object.hasOwn(ARRAYS, type) ? ARRAYS[type] : undefined) ?? fail(`type ${String(type)} is not supported`);
  if (!isList) {
    if (!(data instanceof array)) fail(`data is not what ${type} is stored in`);
    return { type: type as Tensor.Type, dims: [...dims], data: data as NumericArray };
  }
  return { type: type as Tensor.Type, dims: [...dims], data: convert(array, data, type, fail) };
}

function convert(
  array: NumericConstructor,
  values: readonly unknown[],
  type: string,
  fail: (problem: string) => never,
): NumericArray {
  const out = new array(values.length) as unknown as Record<number, number | bigint>;
  const big = type === 'int64' || type === 'uint64';
  const whole = !type.startsWith('float');
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (type === 'bool' && typeof value !== 'boolean' && value !== 0 && value !== 1)
      fail(`value ${i} is no truth value`);
    if (big) {
      const text = typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : value;
      if (typeof text !== 'string' || !/^-?[0-9]{1,20}$/.test(text)) fail(`value ${i} is not a whole number`);
      out[i] = BigInt(text as string);
      if (out[i] !== BigInt(text as string)) fail(`value ${i} does not fit ${type}`);
    } else {
      const number = typeof value === 'boolean' ? Number(value) : value;
      if (typeof number !== 'number') fail(`value ${i} is not a number`);
      if (type === 'float16') fail('float16 needs its 16-bit patterns in a Uint16Array');
      out[i] = number as number;
      if (whole && out[i] !== number) fail(`value ${i} does not fit ${type}`);
    }
  }
  return out as unknown as NumericArray;
}

/** Copies a result out of the runtime's memory. */
export function outputTensor(tensor: Tensor): OutputTensor {
  const data = tensor.data as NumericArray | string[];
  return {
    type: tensor.type,
    dims: [...tensor.dims],
    data: Array.isArray(data) ? [...data] : (data.slice() as NumericArray),
  };
}
