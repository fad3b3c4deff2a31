// The threat scanner; pickles as data, and as safetensors. Nothing is executed.
export { type ConversionRecord, type ConvertOptions, convertModel } from './convert/index.js';
export { DEFAULT_LIMITS, type ScanLimits } from './limits.js';
export type { ScanOptions } from './options.js';
export {
  type ScanPolicy,
  SEVERITIES,
} from './policy.js';
export type { Rule } from './rule.js';
export { RULES, type RuleId } from './rules.js';
export {
  type FileScan,
  type ScanCoverage,
  type ScanResult,
  scanPaths,
  scanSource,
} from './scan.js';
export { type ScannableModel, ScannedModel } from './scanned-model.js';
export { type ByteSource, DescriptorSource, MemorySource } from '../core/formats/source.js';
export type { FileVerdict, Finding, FormatScanner, Severity, Unparsed } from './types.js';
export {
  type Constructor,
  type Constructors,
  DType,
  NdArray,
  NumpyScalar,
  PyComplex,
  PyDate,
  PyObject,
  PyReference,
  PyText,
  PyTimedelta,
  PyTuple,
  type PyValue,
  Tensor,
  TorchStorage,
  type UnpickledModel,
  type UnpickleOptions,
  unpickle,
  unpickleFile,
  unpickleModel,
} from './unpickle/index.js';
