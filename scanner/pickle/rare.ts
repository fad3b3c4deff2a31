import { runTextOpcode } from './lines.js';
import type { PassArray } from './machine.js';
import { inlineArray } from './numpy.js';
import type { State } from './state.js';
import { FAILED, failed, fetch, INT, popAny, STOPPED, stringKind, u32, without } from './step.js';
import { INT_BIAS, KIND } from './values.js';

/** `\x8a\x0a` and then this, little endian: the number 0x1950a86a20f9469cfc6c. */
const TORCH_MAGIC = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/**
 * Runs one opcode that the fast loop leaves aside, and the ones it met in a state it does not handle.
 *
 * @param here Offset of the opcode. @param p Index of its argument in the window.
 * @returns Bytes of its argument, or {@link FAILED}, or {@link STOPPED}. The window may have moved.
 */
export function runOpcode(state: State, op: number, here: number, p: number, passArray: PassArray): number {
  const { stack, effects, memo, window } = state;
  const { bytes } = window;
  const { arena } = effects;
  switch (op) {
    case 0x94: // MEMOIZE
      if (stack.empty) return without(state, here, 'MEMOIZE on an empty stack');
      return memo.put(memo.count, stack.top) ? 0 : failed(state, here, 'its memo is too large');
    case 0x71: // BINPUT
    case 0x72: {
      // LONG_BINPUT
      const n = op === 0x71 ? 1 : 4;
      if (stack.empty) return state.fault('PUT on an empty stack', here) ? FAILED : n;
      return memo.put(n === 1 ? (bytes[p] ?? 0) : u32(bytes, p), stack.top)
        ? n
        : failed(state, here, 'its memo is too large');
    }
    case 0x68: // BINGET
    case 0x6a: {
      // LONG_BINGET
      const n = op === 0x68 ? 1 : 4;
      return fetch(state, n === 1 ? (bytes[p] ?? 0) : u32(bytes, p), here) ? n : FAILED;
    }
    case 0x8c: // SHORT_BINUNICODE
    case 0x55: // SHORT_BINSTRING
      stack.push(here * 16 + stringKind(state, here));
      return 1 + (bytes[p] ?? 0);
    case 0x58: // BINUNICODE
      stack.push(here * 16 + stringKind(state, here));
      return 4 + u32(bytes, p);
    case 0x54: {
      // BINSTRING: its length is signed
      const n = u32(bytes, p) | 0;
      if (n < 0) return failed(state, here, 'a string has a negative length');
      stack.push(here * 16 + stringKind(state, here));
      return 4 + n;
    }
    case 0x8d: // BINUNICODE8
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      stack.push(here * 16 + (op === 0x8d ? stringKind(state, here) : KIND.BYTES));
      return 8 + u32(bytes, p) + u32(bytes, p + 4) * 2 ** 32;
    case 0x8a: // LONG1
    case 0x8b: {
      // LONG4
      const head = op === 0x8a ? 1 : 4;
      const n = op === 0x8a ? (bytes[p] ?? 0) : u32(bytes, p) | 0;
      if (n < 0) return failed(state, here, 'a number has a negative length');
      stack.push(long(state.source.read(here + 1 + head, Math.min(n, 16)), n));
      return head + n;
    }
    case 0x95: // FRAME
      return 8;
    case 0x80: // PROTO
      return (bytes[p] ?? 0) > 5 && state.fault(`protocol ${bytes[p]} does not exist`, here) ? FAILED : 1;
    case 0x8f: // EMPTY_SET
      stack.push(here * 16 + KIND.SET);
      return 0;
    case 0x85: // TUPLE1
    case 0x86: // TUPLE2
    case 0x87: {
      // TUPLE3
      const n = op - 0x84;
      if (!stack.has(n) && state.fault('a tuple of more values than the stack holds', here)) return FAILED;
      const from = Math.max(0, stack.size - n);
      const tuple = arena.tuple(stack.cells, from, stack.size);
      stack.size = from;
      stack.push(tuple);
      return 0;
    }
    case 0x61: // APPEND
      if (!stack.has(2) && state.fault('APPEND without a list', here)) return FAILED;
      if (stack.size < 2) return 0;
      stack.size--;
      effects.append(stack.top, 'sequence', here);
      effects.keepIn(stack.cells, stack.size, stack.size + 1, here);
      return 0;
    case 0x65: // APPENDS
    case 0x90: {
      // ADDITEMS
      const from = stack.popMark();
      if (from < 0 || !stack.hasBelow(from)) return without(state, here, 'items without a list or set');
      if (from === stack.size) return 0;
      effects.keepIn(stack.cells, from, stack.size, here);
      stack.size = from;
      effects.append(stack.top, op === 0x65 ? 'sequence' : 'set', here);
      return 0;
    }
    case 0x73: // SETITEM
      if (!stack.has(3) && state.fault('SETITEM without a dict', here)) return FAILED;
      if (stack.size < 3) return 0;
      stack.size -= 2;
      effects.setItems(stack.top, stack.cells, stack.size, stack.size + 2, here);
      return 0;
    case 0x75: {
      // SETITEMS
      const from = stack.popMark();
      if (from < 0 || !stack.hasBelow(from)) return without(state, here, 'items without a dict');
      const to = stack.size;
      if (from === to) return 0;
      stack.size = from;
      effects.setItems(stack.top, stack.cells, from, to, here);
      return 0;
    }
    case 0x6c: // LIST
    case 0x91: // FROZENSET
    case 0x74: // TUPLE
    case 0x64: {
      // DICT
      const from = stack.popMark();
      if (from < 0) {
        stack.push(KIND.OPAQUE);
        return without(state, here, 'a mark is missing');
      }
      // As large as what it is made of, which begins before it.
      let made: number = (here - (stack.size - from)) * 16 + (op === 0x6c ? KIND.LIST : KIND.SET);
      if (made < 0) made = op === 0x6c ? KIND.LIST : KIND.SET;
      if (op === 0x74) made = arena.tuple(stack.cells, from, stack.size);
      else if (op === 0x64) {
        made = state.newDict(Math.max(0, here - (stack.size - from)));
        effects.setItems(made, stack.cells, from, stack.size, here);
      } else effects.keepIn(stack.cells, from, stack.size, here);
      stack.size = from;
      stack.push(made);
      return 0;
    }
    case 0x30: // POP
      if (!stack.has(1)) {
        // On an empty stack Python pops the mark itself.
        return stack.popMark() < 0 ? without(state, here, 'POP on an empty stack') : 0;
      }
      stack.pop();
      return 0;
    case 0x31: {
      // POP_MARK
      const from = stack.popMark();
      if (from < 0) return without(state, here, 'a mark is missing');
      stack.size = from;
      return 0;
    }
    case 0x32: // DUP
      if (stack.empty) return without(state, here, 'DUP on an empty stack');
      stack.push(stack.top);
      return 0;
    case 0x82: // EXT1
      stack.push(effects.extension(bytes[p] ?? 0, here));
      return 1;
    case 0x83: // EXT2
      stack.push(effects.extension((bytes[p] ?? 0) | ((bytes[p + 1] ?? 0) << 8), here));
      return 2;
    case 0x84: // EXT4
      stack.push(effects.extension(u32(bytes, p), here));
      return 4;
    case 0x93: {
      // STACK_GLOBAL
      if (!stack.has(2) && state.fault('STACK_GLOBAL without two names', here)) return FAILED;
      const name = popAny(stack);
      const module = popAny(stack);
      stack.push(effects.import(effects.text(module), effects.text(name), here));
      return 0;
    }
    case 0x52: // REDUCE
    case 0x81: {
      // NEWOBJ
      if (!stack.has(2) && state.fault('a call without callable and arguments', here)) return FAILED;
      const args = popAny(stack);
      const callee = popAny(stack);
      stack.push(op === 0x52 ? effects.call(callee, args, here) : effects.instantiate(callee, args, here));
      return 0;
    }
    case 0x92: {
      // NEWOBJ_EX
      if (!stack.has(3) && state.fault('a call without callable and arguments', here)) return FAILED;
      effects.keep(popAny(stack), here);
      const args = popAny(stack);
      stack.push(effects.instantiate(popAny(stack), args, here));
      return 0;
    }
    case 0x62: // BUILD
      return build(state, here, passArray);
    case 0x6f: {
      // OBJ
      const from = stack.popMark();
      if (from < 0 || from >= stack.size) return without(state, here, 'OBJ without a class');
      const args = arena.tuple(stack.cells, from + 1, stack.size);
      const callee = stack.cells[from] ?? 0;
      stack.size = from;
      stack.push(effects.call(callee, args, here));
      return 0;
    }
    case 0x51: // BINPERSID
      if (stack.empty) return without(state, here, 'BINPERSID on an empty stack');
      stack.push(effects.persistent(stack.pop(), here));
      return 0;
    case 0x97: // NEXT_BUFFER
      stack.push(KIND.OPAQUE);
      return 0;
    case 0x98: // READONLY_BUFFER
      return stack.empty ? without(state, here, 'READONLY_BUFFER on an empty stack') : 0;
    case 0x2e: // STOP
      if (stack.empty && state.fault('STOP on an empty stack', here)) return FAILED;
      state.result = stack.empty ? KIND.OPAQUE : stack.top;
      return STOPPED;
    case 0x49: // INT
    case 0x4c: // LONG
    case 0x46: // FLOAT
    case 0x53: // STRING
    case 0x56: // UNICODE
    case 0x63: // GLOBAL
    case 0x69: // INST
    case 0x67: // GET
    case 0x70: // PUT
    case 0x50: // PERSID
      return runTextOpcode(state, op, here);
    default:
      return failed(state, here, `0x${op.toString(16).padStart(2, '0')} is no opcode`);
  }
}

/** BUILD, and the raw array that joblib's loader reads after the state of its wrapper. */
function build(state: State, here: number, passArray: PassArray): number {
  const { stack, effects } = state;
  if (!stack.has(2) && state.fault('BUILD without object and state', here)) return FAILED;
  if (stack.size < 2) return 0;
  const value = stack.pop();
  effects.build(stack.top, value, here);
  if (!effects.joblib || !effects.isArrayWrapper(stack.top)) return 0;
  const array = inlineArray(effects, value);
  if (!array) {
    // joblib fails here; Python's own unpickler goes on with what follows.
    state.fault('an array of joblib whose length the file does not show', here);
    passArray(undefined, here + 1);
    return FAILED;
  }
  const after = passArray(array, here + 1);
  if (after < 0) {
    state.fault('an embedded array does not end within the file', here);
    passArray(undefined, here + 1);
    return FAILED;
  }
  return after - here - 1;
}

/** A long integer of `n` bytes: its value where it is small, PyTorch's magic number where it is that. */
function long(bytes: Uint8Array, n: number): number {
  if (n > bytes.length) return KIND.OPAQUE;
  if (n === TORCH_MAGIC.length && TORCH_MAGIC.every((b, i) => bytes[i] === b)) return KIND.TORCH_MAGIC;
  let value = 0;
  // Six bytes hold any size; what is larger is data.
  for (let i = 0; i < n; i++) value += (bytes[i] ?? 0) * 2 ** (8 * i);
  if (n > 0 && (bytes[n - 1] ?? 0) > 127) value -= 2 ** (8 * n);
  // What is larger is larger than any size that a machine has.
  if (n <= 8) value = Math.max(1 - INT_BIAS, Math.min(value, INT_BIAS - 1));
  return Math.abs(value) < INT_BIAS ? INT + value * 16 : KIND.OPAQUE;
}
