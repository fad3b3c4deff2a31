import type { Effects } from './effects.js';
import { intOf, KIND, kindOf, payloadOf } from './values.js';

const MAX_ARGUMENTS = 4;
const MAX_TEXT = 80;

/** A call as a reader of Python would write it, with the constants that the file shows. */
export function describeCall(effects: Effects, id: number, args: number): string {
  const elements = args < 0 ? undefined : effects.arena.elements(args);
  if (!elements) return `${effects.label(id)}(…)`;
  const shown = [...elements.subarray(0, MAX_ARGUMENTS)].map((v) => describeValue(effects, v));
  return `${effects.label(id)}(${shown.join(', ')}${elements.length > MAX_ARGUMENTS ? ', …' : ''})`;
}

function describeValue(effects: Effects, value: number): string {
  const text = effects.text(value);
  if (text !== undefined)
    return JSON.stringify(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
  const int = intOf(value);
  if (int !== undefined) return String(int);
  if (kindOf(value) === KIND.GLOBAL) return effects.label(payloadOf(value));
  return '…';
}
