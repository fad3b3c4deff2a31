export { detectRuntimeFormat, type RuntimeFormat } from './choose.js';
export type { EngineChoice } from './onnx/engine.js';
export { OnnxRuntime } from './onnx/runtime.js';
export { ShardedSafetensors } from './safetensors/sharded.js';
export { type SafeTensor, SafetensorsFile, type SafeTensors } from './safetensors/tensors.js';
export type {
  InputTensor,
  ModelRuntime,
  NumericArray,
  OutputTensor,
  TensorShape,
  VerifiedFiles,
} from './types.js';
