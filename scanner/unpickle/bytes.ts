import type { PyValue } from './values.js';

/** Bytes however the protocol spells them: as such, or as a Python 2 string. */
export function toBytes(value: PyValue | undefined): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  return typeof value === 'string' && !/[^\0-\xff]/.test(value)
    ? Uint8Array.from(Buffer.from(value, 'latin1'))
    : undefined;
}
