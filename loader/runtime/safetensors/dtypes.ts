import type { SafetensorsType } from '../../../core/formats/safetensors.js';
import type { NumericArray } from '../types.js';

/**
 * The typed array that each type of safetensors is stored in. Types that JavaScript has no array for (16-bit and
 * smaller floats) stay bit patterns; {@link toFloat32} widens them.
 */
const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
  C64: Float32Array,
  F8_E4M3: Uint8Array,
  F8_E5M2: Uint8Array,
  F8_E8M0: Uint8Array,
  F8_E4M3FNUZ: Uint8Array,
  F8_E5M2FNUZ: Uint8Array,
  F6_E2M3: Uint8Array,
  F6_E3M2: Uint8Array,
  F4: Uint8Array,
} as const satisfies { readonly [T in SafetensorsType]: unknown };

/**
 * A typed array over `bytes`, little-endian as the format is and as every platform of Node is. It shares memory with
 * `bytes` when the address suits the type, and is a copy otherwise.
 */
export function arrayOver(dtype: SafetensorsType, bytes: Uint8Array): NumericArray {
  const array = ARRAYS[dtype];
  const size = array.BYTES_PER_ELEMENT;
  // Not bytes.slice(): that of a Buffer copies nothing.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size);
}

/** Widens F16 and BF16 bit patterns; F32 is returned as it is, F64 rounded. Undefined for other types. */
export function toFloat32(dtype: SafetensorsType, data: NumericArray): Float32Array | undefined {
  if (dtype === 'F32') return data as Float32Array;
  if (dtype === 'F64') return Float32Array.from(data as Float64Array);
  if (dtype !== 'F16' && dtype !== 'BF16') return undefined;
  const patterns = data as Uint16Array;
  const out = new Float32Array(patterns.length);
  if (dtype === 'BF16') {
    // BF16 is the upper half of a binary32.
    const bits = new Uint32Array(out.buffer);
    for (let i = 0; i < patterns.length; i++) bits[i] = (patterns[i] as number) << 16;
    return out;
  }
  for (let i = 0; i < patterns.length; i++) out[i] = half(patterns[i] as number);
  return out;
}

/** IEEE 754 binary16. */
function half(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 0x1f;
  const fraction = pattern & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
