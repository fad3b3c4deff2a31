import { ModelsealError } from '../../../core/errors/index.js';
import { parseStrictJson } from '../../../core/json.js';
import { bitsOf } from './dtypes.js';

/** One tensor as the header describes it; `[start, end)` counts from the first byte of the file. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

interface SafetensorsHeader {
  readonly tensors: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The limit of the format's reference reader; the largest published headers are a few megabytes. */
export const MAX_HEADER = 100_000_000;
/** Object, tensor, list: the format has no more levels. */
const MAX_DEPTH = 3;
/** No tensor has more axes in practice; keeps the product below bounded. */
const MAX_AXES = 64;

/**
 * Parses the header of a safetensors file, strictly: no duplicate keys, no unknown fields, tensors that fill the data
 * section in order without gap or overlap, and sizes that follow from type and shape.
 *
 * @throws {ModelsealError} `ERR_SAFETENSORS_MALFORMED`, and the `ERR_JSON_…` codes for the header's text
 */
export function parseHeader(bytes: Uint8Array, file: string): SafetensorsHeader {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_SAFETENSORS_MALFORMED', { file, problem });
  };
  if (bytes.length < 8) fail('it is shorter than the length of its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER)) fail(`the header claims ${declared} bytes`);
  const length = Number(declared);
  if (8 + length > bytes.length) fail('the header is cut short');
  if (bytes[8] !== 0x7b) fail('the header does not begin with "{"');
  const entries = parseStrictJson(bytes.subarray(8, 8 + length), {
    what: `header of ${file}`,
    maxBytes: MAX_HEADER,
    maxDepth: MAX_DEPTH,
  });

  const data = 8 + length;
  const tensors: TensorEntry[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, value] of Object.entries(entries as object)) {
    if (name === '__metadata__') metadata = checkedMetadata(value, fail);
    else tensors.push(checkedTensor(name, value, data, fail));
  }
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = data;
  for (const tensor of tensors) {
    if (tensor.start < at) fail(`tensor ${tensor.name} overlaps the one before it`);
    if (tensor.start > at)
      fail(`${tensor.start - at} bytes before tensor ${tensor.name} belong to no tensor`);
    at = tensor.end;
  }
  if (at > bytes.length) fail('the data is cut short');
  if (at < bytes.length) fail(`${bytes.length - at} bytes at the end belong to no tensor`);
  return { tensors, metadata };
}

function checkedMetadata(value: unknown, fail: (problem: string) => never): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    fail('__metadata__ is not an object');
  for (const [key, text] of Object.entries(value as object)) {
    if (typeof text !== 'string') fail(`__metadata__ field ${key} is not a text`);
  }
  return value as Record<string, string>;
}

function checkedTensor(
  name: string,
  value: unknown,
  data: number,
  fail: (problem: string) => never,
): TensorEntry {
  if (typeof value !== 'object' || value === null) fail(`tensor ${name} is not an object`);
  const { dtype, shape, data_offsets: offsets, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0) fail(`tensor ${name} has the unknown field ${Object.keys(rest)[0]}`);
  if (typeof dtype !== 'string') return fail(`tensor ${name} has no dtype`);
  const bits = bitsOf(dtype) ?? fail(`tensor ${name} has the unknown type ${dtype}`);
  if (!isSizes(shape) || shape.length > MAX_AXES) return fail(`tensor ${name} has a bad shape`);
  if (!isSizes(offsets) || offsets.length !== 2) return fail(`tensor ${name} has bad offsets`);
  const [start, end] = offsets as [number, number];
  if (start > end) fail(`tensor ${name} ends before it begins`);
  const elements = shape.reduce((product, n) => product * n, 1);
  const wanted = (elements * bits) / 8;
  if (!Number.isSafeInteger(elements * bits) || !Number.isInteger(wanted)) {
    fail(`tensor ${name} has a size that cannot be`);
  }
  if (end - start !== wanted) fail(`tensor ${name} needs ${wanted} bytes and has ${end - start}`);
  return { name, dtype, shape, start: data + start, end: data + end };
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
