export { detectRuntimeFormat, type RuntimeFormat } from './choose.js';
export type { EngineChoice } from './onnx/engine.js';
export { OnnxRuntime } from './onnx/runtime.js';
export { type SafeTensor, SafetensorsFile } from './safetensors/tensors.js';
export type {
  InputTensor,
  ModelRuntime,
  NumericArray,
  OutputTensor,
  TensorShape,
  VerifiedFiles,
} from './types.js';
