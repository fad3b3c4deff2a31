import { isSpecialAttribute } from './object-state.js';
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

/** Strings that name attributes which change what an object is are told apart from others. */
export function stringKind(state: State, offset: number): number {
  const text = state.effects.text(offset * 16 + KIND.STR);
  if (text === undefined || !isSpecialAttribute(text)) return KIND.STR;
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
