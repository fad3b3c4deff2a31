import { taken } from './pristine.js';

/** Taken once, and by what the engine knows of a value: foreign code may give its own objects any prototype. */
const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getter = (target: object, name: string): ((self: unknown) => unknown) =>
  taken(Object.getOwnPropertyDescriptor(target, name)?.get as () => unknown) as (self: unknown) => unknown;
const lengthOf = getter(typedArray, 'byteLength');
const offsetOf = getter(typedArray, 'byteOffset');
const bufferOf = getter(typedArray, 'buffer');
const viewLength = getter(DataView.prototype, 'byteLength');
const viewOffset = getter(DataView.prototype, 'byteOffset');
const viewBuffer = getter(DataView.prototype, 'buffer');
const tagOf = getter(typedArray, Symbol.toStringTag as unknown as string);
const set = taken(Uint8Array.prototype.set);
const { isView } = ArrayBuffer;
const Bytes = Uint8Array;

/** A copy of bytes in memory that nobody else has; no code of the given object runs. */
export function copyOf(
  source: ArrayBuffer | SharedArrayBuffer | ArrayBufferView,
  from = 0,
  length?: number,
): Uint8Array<ArrayBuffer> {
  let view: Uint8Array;
  if (!isView(source))
    view = length === undefined ? new Bytes(source, from) : new Bytes(source, from, length);
  else if (tagOf(source) === undefined)
    view = new Bytes(
      viewBuffer(source) as ArrayBuffer,
      viewOffset(source) as number,
      viewLength(source) as number,
    );
  else
    view = new Bytes(bufferOf(source) as ArrayBuffer, offsetOf(source) as number, lengthOf(source) as number);
  const copy = new Bytes(lengthOf(view) as number);
  set(copy, view);
  return copy;
}
