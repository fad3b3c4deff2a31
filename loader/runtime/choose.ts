import { looksLikeOnnx } from './onnx/model.js';
import { MAX_SAFETENSORS_HEADER } from '../../core/formats/safetensors.js';

export type RuntimeFormat = 'onnx' | 'safetensors';

/** The formats that can be loaded, for messages. */
export const RUNTIME_FORMATS: readonly RuntimeFormat[] = ['onnx', 'safetensors'];

/**
 * What a file is, by its content; the name counts for nothing. A file that could be either is neither: the two
 * formats cannot be confused, since a safetensors file begins with a small length and "{".
 * @example
 * const format = detectRuntimeFormat(bytes); // undefined: no runtime here is for it
 */
export function detectRuntimeFormat(bytes: Uint8Array): RuntimeFormat | undefined {
  if (bytes.length > 8 && bytes[8] === 0x7b) {
    const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
    if (length >= 2n && length <= BigInt(MAX_SAFETENSORS_HEADER) && length + 8n <= BigInt(bytes.length))
      return 'safetensors';
  }
  return looksLikeOnnx(bytes) ? 'onnx' : undefined;
}
