import type { Construction, Constructor } from './construction.js';
import { toShape } from './dtype.js';
import { NdArray } from './ndarray.js';
import { Tensor, TORCH_TYPES, TorchStorage } from './tensor.js';
import { PyObject, PyReference, PyTuple, type PyValue } from './values.js';

function layout(
  offset: PyValue | undefined,
  size: PyValue | undefined,
  stride: PyValue | undefined,
  how: Construction,
) {
  const shape = sizes(size);
  const strides = sizes(stride);
  if (typeof offset !== 'number' || offset < 0 || !shape || strides?.length !== shape.length) {
    return how.refuse('its offset, size or stride is malformed');
  }
  return { offset, shape, strides };
}

/** `torch.Size` is a tuple in a wrapper. */
function sizes(value: PyValue | undefined): number[] | undefined {
  if (value instanceof PyObject && value.class === 'torch.Size') return toShape(value.args[0]);
  return toShape(value);
}

function typeName(value: PyValue | undefined): string | undefined {
  const name =
    value instanceof PyReference && value.name.startsWith('torch.') ? value.name.slice(6) : undefined;
  const full = name === undefined ? undefined : (ALIASES[name] ?? name);
  return full !== undefined && Object.hasOwn(TORCH_TYPES, full) ? full : undefined;
}

const ALIASES: Readonly<Record<string, string>> = {
  float: 'float32',
  double: 'float64',
  half: 'float16',
  int: 'int32',
  long: 'int64',
  short: 'int16',
  cfloat: 'complex64',
  cdouble: 'complex128',
};

/** `(storage, offset, size, stride[, requires_grad, …])`. */
const rebuild: Constructor = ([storage, offset, size, stride, grad], how) =>
  storage instanceof TorchStorage
    ? new Tensor(storage, storage.dtype, layout(offset, size, stride, how), grad === true)
    : how.refuse('its storage is none');

/** The same with a data type of its own, over untyped storage. */
const rebuildTyped: Constructor = ([storage, offset, size, stride, grad, , type], how) => {
  const dtype = typeName(type);
  return storage instanceof TorchStorage && dtype !== undefined
    ? new Tensor(storage, dtype, layout(offset, size, stride, how), grad === true)
    : how.refuse('its storage or data type is unknown');
};

const parameter: Constructor = ([data], how) => {
  if (!(data instanceof Tensor)) return how.refuse('its data is no tensor');
  data.parameter = true;
  return data;
};

/** `(data, requires_grad, hooks, state)`. */
const parameterWithState: Constructor = (args, how) => {
  how.state(args[3] ?? null);
  return parameter(args, how);
};

const fromArray: Constructor = ([array, type], how) => {
  const dtype = typeName(type);
  if (!(array instanceof NdArray) || dtype === undefined)
    return how.refuse('its array or data type is unknown');
  const bytes = array.contiguous();
  const storage = new TorchStorage('array', dtype, array.length);
  storage.bytes = bytes;
  const strides = array.shape.map((_, d) => array.shape.slice(d + 1).reduce((a, b) => a * b, 1));
  return new Tensor(storage, dtype, { offset: 0, shape: array.shape, strides }, false);
};

const asObject =
  (name: string): Constructor =>
  (args) =>
    new PyObject(name, args);

export const TORCH_CONSTRUCTORS: Readonly<Record<string, Constructor>> = {
  'torch._utils._rebuild_tensor': rebuild,
  'torch._utils._rebuild_tensor_v2': rebuild,
  'torch._utils._rebuild_tensor_v3': rebuildTyped,
  'torch._utils._rebuild_qtensor': ([storage, offset, size, stride], how) =>
    rebuild([storage ?? null, offset ?? null, size ?? null, stride ?? null], how),
  'torch._utils._rebuild_parameter': parameter,
  'torch._utils._rebuild_parameter_v2': parameter,
  'torch._utils._rebuild_parameter_with_state': parameterWithState,
  'torch._utils._rebuild_sparse_tensor': asObject('torch.sparse'),
  'torch._utils._rebuild_sparse_csr_tensor': asObject('torch.sparse_csr'),
  'torch._utils._rebuild_device_tensor_from_numpy': fromArray,
  'torch.serialization._get_layout': ([name], how) =>
    typeof name === 'string' ? new PyReference(name) : how.refuse('its name is no text'),
  'torch._tensor._rebuild_from_type_v2': ([callee, , args, state], how) => {
    how.state(state ?? null);
    return args instanceof PyTuple
      ? how.call(callee ?? null, args.items)
      : how.refuse('its arguments are no tuple');
  },
  'torch.Size': (args) => new PyObject('torch.Size', args),
  'torch.device': (args) => new PyObject('torch.device', args),
  'torch.storage._load_from_bytes': ([bytes], how) =>
    bytes instanceof Uint8Array ? how.nested(bytes) : how.refuse('its argument is not bytes'),
};
