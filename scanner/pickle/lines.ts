import { isPythonName } from './judge.js';
import { readNumber } from './number.js';
import type { State } from './state.js';
import { FAILED, failed, fetch, INT, stringKind } from './step.js';
import { MAX_NAME_BYTES } from './text.js';
import { KIND } from './values.js';

/** Python itself reads no more than 4300 digits, unless it is told to. */
const MAX_DIGITS = 1 << 16;

/** Opcodes whose argument is a line, or two. */
export function runTextOpcode(state: State, op: number, here: number): number {
  const { effects, window, stack, source } = state;
  let end = window.lineEnd(here + 1);
  if (end < 0) return failed(state, here, 'its last opcode is cut off');
  switch (op) {
    case 0x53:
    case 0x56:
      stack.push(here * 16 + (end - here < 64 ? stringKind(state, here) : KIND.STR));
      break;
    case 0x50: {
      const id = window.text(here + 1, end, MAX_NAME_BYTES);
      // Python takes ASCII only; a zip archive, too, begins with a P and has a line feed somewhere.
      if (
        (id === undefined || !/^[ -~]*$/.test(id)) &&
        state.fault('a persistent identifier is no text', here)
      ) {
        return FAILED;
      }
      stack.push(effects.persistent(KIND.OPAQUE, here));
      break;
    }
    case 0x63:
    case 0x69: {
      const second = end + 1 < source.size ? window.lineEnd(end + 1) : -1;
      const module = decode(window.text(here + 1, end, MAX_NAME_BYTES));
      const name = decode(window.text(end + 1, second < 0 ? source.size : second, MAX_NAME_BYTES));
      if (second < 0 && (name === undefined || !isPythonName(name)))
        return failed(state, here, 'its last opcode is cut off');
      const value = effects.import(module, name, here);
      const named = module !== undefined && name !== undefined && isPythonName(module) && isPythonName(name);
      if (!named && state.strict) {
        state.fault('a global has no possible name', here);
        return FAILED;
      }
      if (op === 0x63) stack.push(value);
      else {
        const from = stack.popMark();
        if (from < 0 && state.fault('a mark is missing', here)) return FAILED;
        const args = effects.arena.tuple(stack.cells, Math.max(0, from), from < 0 ? 0 : stack.size);
        if (from >= 0) stack.size = from;
        stack.push(effects.call(value, args, here));
      }
      if (second < 0) return failed(state, here, 'its last opcode is cut off');
      end = second;
      break;
    }
    default: {
      if ((op === 0x49 || op === 0x4c) && end - here > MAX_DIGITS) effects.digits(end - here - 1, here);
      const number = readNumber(op, window.text(here + 1, end, MAX_NAME_BYTES) ?? '', end - here - 1);
      if (number === undefined && state.fault('a number is not written as one', here)) return FAILED;
      if (op === 0x70) {
        if (stack.empty || number === undefined) {
          if (state.fault('PUT on an empty stack', here)) return FAILED;
        } else if (!state.memo.put(number, stack.top)) {
          state.fault('its memo is too large', here);
          return FAILED;
        }
      } else if (op === 0x67) {
        if (!fetch(state, number ?? -1, here)) return FAILED;
      } else stack.push(op !== 0x46 && number !== undefined ? INT + number * 16 : KIND.OPAQUE);
    }
  }
  return end - here;
}

/** Names are UTF-8. */
function decode(latin1: string | undefined): string | undefined {
  return latin1 === undefined || !/[\x80-\xff]/.test(latin1)
    ? latin1
    : Buffer.from(latin1, 'latin1').toString('utf8');
}
