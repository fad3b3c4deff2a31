export type { Construction, Constructor } from './construction.js';
export { DType, type DTypeField, type DTypeKind } from './dtype.js';
export {
  MAX_MODEL_BYTES,
  type ModelForm,
  type UnpickledModel,
  unpickle,
  unpickleFile,
  unpickleModel,
} from './model.js';
export { NdArray, NumpyScalar } from './ndarray.js';
export { type Constructors, MAX_OPCODES, type UnpickleOptions } from './options.js';
export { Tensor, TorchStorage } from './tensor.js';
export { Unpickler } from './unpickler.js';
export {
  PyComplex,
  PyData,
  PyDate,
  PyObject,
  PyReference,
  PyText,
  PyTimedelta,
  PyTuple,
  type PyValue,
} from './values.js';
