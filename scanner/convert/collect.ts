import { ModelsealError } from '../../core/errors/index.js';
import { NdArray, PyData, PyObject, PyTuple, type PyValue, Tensor } from '../unpickle/index.js';

/** One tensor as it will be stored. */
export interface StoredTensor {
  readonly name: string;
  /** Data type in safetensors' spelling. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly itemSize: number;
  /** Elements in C order, little endian. Made when asked for: views of one storage are expanded one at a time. */
  bytes(): Uint8Array;
}

interface Collection {
  readonly tensors: readonly StoredTensor[];
  /** What the source holds besides tensors, which safetensors cannot: path and kind. */
  readonly omitted: readonly { readonly path: string; readonly what: string }[];
}

/** Tensors in one file; the largest published models have some ten thousand. */
const MAX_TENSORS = 1_000_000;
/** Containers visited; bounds what a file of nothing but containers costs. */
const MAX_NODES = 20_000_000;
/** Characters of a path; nesting without end would otherwise make names that grow with every level. */
const MAX_PATH = 4096;
const MAX_KEY_PARTS = 16;
/** Tensors may share memory and are stored apart; so many times over, they were made to fill a disk. */
const MAX_EXPANSION = 64;
const SMALL_OUTPUT = 1 << 26;
/** Values that were left out are listed up to here. */
const MAX_OMITTED = 10_000;

const TORCH: Readonly<Record<string, string>> = {
  float32: 'F32',
  float64: 'F64',
  float16: 'F16',
  bfloat16: 'BF16',
  int8: 'I8',
  int16: 'I16',
  int32: 'I32',
  int64: 'I64',
  uint8: 'U8',
  uint16: 'U16',
  uint32: 'U32',
  uint64: 'U64',
  bool: 'BOOL',
  float8_e4m3fn: 'F8_E4M3',
  float8_e5m2: 'F8_E5M2',
  complex64: 'C64',
};

const NUMPY: Readonly<Record<string, string>> = {
  b1: 'BOOL',
  i1: 'I8',
  i2: 'I16',
  i4: 'I32',
  i8: 'I64',
  u1: 'U8',
  u2: 'U16',
  u4: 'U32',
  u8: 'U64',
  f2: 'F16',
  f4: 'F32',
  f8: 'F64',
  c8: 'C64',
};

/**
 * Collects every tensor and numeric array of a value, named by its path: `layer1.weight`.
 *
 * @throws {ModelsealError} `ERR_CONVERT_TENSOR` for a tensor that safetensors cannot hold
 */
export function collectTensors(value: PyValue): Collection {
  const tensors = new Map<string, StoredTensor>();
  const omitted: { path: string; what: string }[] = [];
  const seen = new Set<PyValue>();
  const memory = new Set<object>();
  let stored = 0;
  let held = SMALL_OUTPUT;
  const todo: { readonly path: string; readonly value: PyValue }[] = [{ path: '', value }];
  let nodes = 0;
  const omit = (path: string, what: string): void => {
    if (omitted.length < MAX_OMITTED) omitted.push({ path: path || '.', what });
  };
  for (let next = todo.pop(); next; next = todo.pop()) {
    const { path, value: node } = next;
    if (path.length > MAX_PATH)
      throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'characters of a path', limit: MAX_PATH });
    if (++nodes > MAX_NODES)
      throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'values', limit: MAX_NODES });
    if (node instanceof Tensor || node instanceof NdArray) {
      const name = path || (node instanceof Tensor ? 'tensor' : 'array');
      const tensor = node instanceof Tensor ? fromTensor(name, node) : fromArray(name, node);
      if (!tensor) {
        omit(path, `array of ${node.kind === 'ndarray' ? String(node.dtype) : node.dtype}`);
        continue;
      }
      if (tensors.has(name) || name === '__metadata__') {
        throw new ModelsealError('ERR_CONVERT_TENSOR', { tensor: name, problem: 'its name is taken' });
      }
      if (tensors.size >= MAX_TENSORS) {
        throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'tensors', limit: MAX_TENSORS });
      }
      stored += node.length * tensor.itemSize;
      const owner = node instanceof Tensor ? node.storage : node;
      if (!memory.has(owner)) held += MAX_EXPANSION * owner.bytes.length;
      memory.add(owner);
      if (stored > held)
        throw new ModelsealError('ERR_UNPICKLE_LIMIT', { what: 'bytes of tensors', limit: held });
      tensors.set(name, tensor);
      continue;
    }
    const children = childrenOf(node);
    if (!children) {
      omit(path, describe(node));
      continue;
    }
    // A container reached twice is stored once, under the first of its paths; cycles end here as well.
    if (seen.has(node)) continue;
    seen.add(node);
    for (let i = children.length - 1; i >= 0; i--) {
      const child = children[i];
      if (child) todo.push({ path: path ? `${path}.${child[0]}` : child[0], value: child[1] });
    }
  }
  return { tensors: [...tensors.values()], omitted };
}

function childrenOf(node: PyValue): [string, PyValue][] | undefined {
  if (node instanceof Map) return [...node].map(([key, value]) => [keyOf(key), value]);
  if (Array.isArray(node)) return node.map((value, i) => [String(i), value]);
  if (node instanceof PyTuple) return node.items.map((value, i) => [String(i), value]);
  if (!(node instanceof PyObject)) return undefined;
  const state: [string, PyValue][] =
    node.state instanceof PyObject ? [['state', node.state]] : (childrenOf(node.state) ?? []);
  const items = node.items.map((value, i): [string, PyValue] => [`items.${i}`, value]);
  const args = node.args.map((value, i): [string, PyValue] => [`args.${i}`, value]);
  return [...state, ...items, ...args];
}

function keyOf(key: PyValue): string {
  if (key instanceof PyTuple) return key.items.slice(0, MAX_KEY_PARTS).map(plainKey).join(',');
  return plainKey(key);
}

function plainKey(key: PyValue): string {
  if (typeof key === 'object' && key !== null) return 'object';
  return typeof key === 'bigint' && BigInt.asIntN(1024, key) !== key ? 'integer' : String(key);
}

function describe(node: PyValue): string {
  if (node === null) return 'None';
  if (node instanceof PyData) return node.kind;
  if (node instanceof Uint8Array) return 'bytes';
  return node instanceof Set ? 'set' : typeof node;
}

function fromTensor(name: string, tensor: Tensor): StoredTensor {
  const dtype = TORCH[tensor.dtype];
  if (dtype === undefined) {
    throw new ModelsealError('ERR_CONVERT_TENSOR', { tensor: name, problem: `its type is ${tensor.dtype}` });
  }
  return { name, dtype, shape: tensor.shape, itemSize: tensor.itemSize, bytes: () => tensor.contiguous() };
}

/** Undefined for arrays of text, objects and records, which are not tensors. */
function fromArray(name: string, array: NdArray): StoredTensor | undefined {
  const { letter, itemSize } = array.dtype;
  const plain = !array.dtype.fields && !array.dtype.subarray;
  const dtype = plain ? NUMPY[`${letter}${itemSize}`] : undefined;
  if (dtype === undefined) {
    if (!plain || !'iufcb'.includes(letter)) return undefined;
    throw new ModelsealError('ERR_CONVERT_TENSOR', {
      tensor: name,
      problem: `its type is ${String(array.dtype)}`,
    });
  }
  return { name, dtype, shape: array.shape, itemSize, bytes: () => array.contiguous() };
}
