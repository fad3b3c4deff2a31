import type { Stack } from './stack.js';
import type { State } from './state.js';
import { INT_BIAS, KIND } from './values.js';

/** The opcode cannot be read past. */
export const FAILED = -1;
/** The pickle is at its end. */
export const STOPPED = -2;

/** Kind and bias of an integer value. */
export const INT = KIND.INT + INT_BIAS * 16;

/** The reading cannot go on. */
export function failed(state: State, here: number, reason: string): number {
  state.fault(reason, here);
  return FAILED;
}

/** A fault after which the opcode has no effect. */
export function without(state: State, here: number, reason: string): number {
  return state.fault(reason, here) ? FAILED : 0;
}

export function popAny(stack: Stack): number {
  return stack.size > 0 ? stack.pop() : KIND.OPAQUE;
}

/** Pushes a memo entry. Returns false where that must end the reading. */
export function fetch(state: State, index: number, here: number): boolean {
  const value = state.memo.get(index);
  if (Number.isNaN(value)) {
    state.stack.push(KIND.COMPUTED);
    return !state.fault('a memo entry is used that was never set', here);
  }
  state.stack.push(value);
  return true;
}

const SPECIAL = new Set(
  '__setstate__ __class__ __dict__ __reduce__ __reduce_ex__ __getattr__ __getattribute__ __setattr__ __call__ __del__ __init__ __new__ __globals__ __builtins__ __code__ __closure__ __defaults__ __bases__ __subclasses__ __mro__ __getitem__ __setitem__ __enter__ __exit__ __iter__ __next__ __import__ __loader__ __spec__'.split(
    ' ',
  ),
);

/** Strings that name attributes which change what an object is are told apart from others. */
export function stringKind(state: State, offset: number): number {
  const text = state.effects.text(offset * 16 + KIND.STR);
  if (text === undefined || !SPECIAL.has(text)) return KIND.STR;
  state.effects.states.seen++;
  return KIND.SPECIAL_STR;
}

export function u32(bytes: Uint8Array, p: number): number {
  return (
    ((bytes[p] ?? 0) |
      ((bytes[p + 1] ?? 0) << 8) |
      ((bytes[p + 2] ?? 0) << 16) |
      ((bytes[p + 3] ?? 0) << 24)) >>>
    0
  );
}
