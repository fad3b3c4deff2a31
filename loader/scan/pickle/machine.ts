import type { ByteSource } from '../source.js';
import { Effects, type PickleSink } from './effects.js';
import { isPythonName } from './judge.js';
import { readNumber } from './number.js';
import { type InlineArray, inlineArray } from './numpy.js';
import { Stack } from './stack.js';
import { MAX_NAME_BYTES } from './text.js';
import { INT_BIAS, KIND, kindOf, Memo, payloadOf } from './values.js';
import { Window } from './window.js';

/** How the reading of one pickle ended. */
export interface PickleEnd {
  /** Offset after STOP, or of what could not be read. */
  readonly end: number;
  /** True where STOP was reached and nothing on the way was wrong. */
  readonly whole: boolean;
  /** True where STOP was reached. */
  readonly stopped: boolean;
  /** What was wrong first, and where. */
  readonly problem?: { readonly reason: string; readonly offset: number };
  readonly opcodes: number;
  /** The abstract value that the pickle is. */
  readonly result: number;
}

export interface MachineOptions {
  /** Ends at the first thing that Python would refuse, instead of going on to see what follows. */
  readonly strict?: boolean;
  /** Bytes after which to give up. */
  readonly limit?: number;
}

/** Raw bytes within the stream that only joblib passes over. */
export interface RawArray {
  readonly offset: number;
  readonly end: number;
}

const INT = KIND.INT + INT_BIAS * 16;

/** `\x8a\x0a` and then this, little endian: the number 0x1950a86a20f9469cfc6c. */
const TORCH_MAGIC = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/**
 * An abstract pickle machine: runs every opcode of protocols 0 to 5 over abstract values, follows stack and memo, and
 * hands imports, calls and states to {@link Effects}. Frames are ignored, as both of Python's unpicklers read through
 * them. Where Python would raise, it notes the problem and goes on, so that nothing behind is missed.
 */
export class PickleMachine {
  readonly effects: Effects;
  /** Called where raw array bytes are skipped that another reader would take for opcodes. */
  onRawArray: ((array: RawArray) => void) | undefined;
  readonly #window: Window;
  readonly #stack = new Stack();
  readonly #memo: Memo;
  readonly #source: ByteSource;

  /** @param outer A machine whose memo is read where this one's has no entry. */
  constructor(source: ByteSource, sink: PickleSink, outer?: PickleMachine) {
    this.#source = source;
    this.#memo = new Memo(outer ? outer.#memo : undefined);
    this.#window = new Window(source);
    this.effects = new Effects(source, sink);
  }

  /** Reads one pickle from `start` up to its STOP. */
  run(start: number, { strict = false, limit = Number.MAX_SAFE_INTEGER }: MachineOptions = {}): PickleEnd {
    const { effects } = this;
    this.#stack.clear();
    this.#memo.clear();
    effects.reset();
    const { sink, arena } = effects;
    const window = this.#window;
    const bytes = window.bytes;
    const stack = this.#stack;
    const memo = this.#memo;
    const size = this.#source.size;
    let problem: PickleEnd['problem'];
    let opcodes = 0;
    let dicts = 0;
    window.move(start);
    let { base, length, soft } = window;
    let p = 0;
    let charged = start;
    const bad = (reason: string, offset: number): boolean => {
      problem ??= { reason, offset };
      return strict;
    };
    const done = (end: number, stopped: boolean, result: number): PickleEnd => {
      sink.spend(Math.max(0, Math.min(end, base + length) - charged));
      if (stopped) effects.finish();
      return {
        end,
        stopped,
        whole: stopped && !problem,
        ...(problem ? { problem } : {}),
        opcodes,
        result,
      };
    };
    const stopped = (): PickleEnd => done(problem?.offset ?? base + p, false, KIND.OPAQUE);
    const fail = (reason: string, offset: number): PickleEnd => {
      bad(reason, offset);
      return done(offset, false, KIND.OPAQUE);
    };

    for (;;) {
      if (p >= soft) {
        const at = base + p;
        if (at >= size) {
          return fail('it ends before its STOP opcode', size);
        }
        if (!sink.spend(Math.max(0, Math.min(at, base + length) - charged))) {
          return fail('the budget of the scan is spent', at);
        }
        if (at - start > limit) {
          return fail('it is longer than was to be looked at', at);
        }
        charged = at;
        window.move(at);
        ({ base, length, soft } = window);
        p = 0;
        if (length === 0) {
          return fail('it cannot be read to its end', at);
        }
      }
      const op = bytes[p] ?? 0;
      const here = base + p;
      p++;
      opcodes++;
      /** Payload bytes to pass over after the switch. */
      let skip = 0;
      switch (op) {
        case 0x47: // BINFLOAT
          skip = 8;
          stack.push(KIND.OPAQUE);
          break;
        case 0x4b: // BININT1
          stack.push(INT + (bytes[p] ?? 0) * 16);
          skip = 1;
          break;
        case 0x4d: // BININT2
          stack.push(INT + ((bytes[p] ?? 0) | ((bytes[p + 1] ?? 0) << 8)) * 16);
          skip = 2;
          break;
        case 0x4a: // BININT
          stack.push(INT + (u32(bytes, p) | 0) * 16);
          skip = 4;
          break;
        case 0x4e: // NONE
        case 0x88: // NEWTRUE
        case 0x89: // NEWFALSE
          stack.push(KIND.OPAQUE);
          break;
        case 0x94: {
          // MEMOIZE
          if (stack.empty) {
            if (bad('MEMOIZE on an empty stack', here)) return stopped();
            break;
          }
          if (!memo.put(memo.count, stack.top)) return fail('its memo is too large', here);
          break;
        }
        case 0x71: // BINPUT
        case 0x72: {
          // LONG_BINPUT
          const index = op === 0x71 ? (bytes[p] ?? 0) : u32(bytes, p);
          skip = op === 0x71 ? 1 : 4;
          if (stack.empty) {
            if (bad('PUT on an empty stack', here)) return stopped();
          } else if (!memo.put(index, stack.top)) {
            return fail('its memo is too large', here);
          }
          break;
        }
        case 0x68: // BINGET
        case 0x6a: {
          // LONG_BINGET
          const value = memo.get(op === 0x68 ? (bytes[p] ?? 0) : u32(bytes, p));
          skip = op === 0x68 ? 1 : 4;
          if (Number.isNaN(value)) {
            if (bad('a memo entry is used that was never set', here)) return stopped();
            stack.push(KIND.COMPUTED);
          } else {
            if (value < 0) effects.unchecked++;
            stack.push(value);
          }
          break;
        }
        case 0x8c: {
          // SHORT_BINUNICODE
          const n = bytes[p] ?? 0;
          let kind: number = KIND.STR;
          if (bytes[p + 1] === 95 && bytes[p + 2] === 95 && n > 6 && this.#special(here))
            kind = KIND.SPECIAL_STR;
          stack.push(here * 16 + kind);
          skip = 1 + n;
          break;
        }
        case 0x58: {
          // BINUNICODE
          const n = u32(bytes, p);
          let kind: number = KIND.STR;
          if (bytes[p + 4] === 95 && bytes[p + 5] === 95 && n > 6 && this.#special(here))
            kind = KIND.SPECIAL_STR;
          stack.push(here * 16 + kind);
          skip = 4 + n;
          break;
        }
        case 0x55: {
          // SHORT_BINSTRING
          const n = bytes[p] ?? 0;
          let kind: number = KIND.STR;
          if (bytes[p + 1] === 95 && n > 6 && this.#special(here)) kind = KIND.SPECIAL_STR;
          stack.push(here * 16 + kind);
          skip = 1 + n;
          break;
        }
        case 0x43: // SHORT_BINBYTES
          stack.push(here * 16 + KIND.BYTES);
          skip = 1 + (bytes[p] ?? 0);
          break;
        case 0x42: // BINBYTES
          stack.push(here * 16 + KIND.BYTES);
          skip = 4 + u32(bytes, p);
          break;
        case 0x54: {
          // BINSTRING: its length is signed
          const n = u32(bytes, p) | 0;
          if (n < 0) return fail('a string has a negative length', here);
          let kind: number = KIND.STR;
          if (bytes[p + 4] === 95 && n > 6 && this.#special(here)) kind = KIND.SPECIAL_STR;
          stack.push(here * 16 + kind);
          skip = 4 + n;
          break;
        }
        case 0x8d: // BINUNICODE8
        case 0x8e: // BINBYTES8
        case 0x96: // BYTEARRAY8
          stack.push(
            here * 16 + (op === 0x8d ? (this.#special(here) ? KIND.SPECIAL_STR : KIND.STR) : KIND.BYTES),
          );
          skip = 8 + u32(bytes, p) + u32(bytes, p + 4) * 2 ** 32;
          break;
        case 0x8a: // LONG1
        case 0x8b: {
          // LONG4
          const head = op === 0x8a ? 1 : 4;
          const n = op === 0x8a ? (bytes[p] ?? 0) : u32(bytes, p) | 0;
          if (n < 0) return fail('a number has a negative length', here);
          stack.push(long(bytes, p + head, n, length));
          skip = head + n;
          break;
        }
        case 0x95: // FRAME
          skip = 8;
          break;
        case 0x80: // PROTO
          if ((bytes[p] ?? 0) > 5 && bad(`protocol ${bytes[p]} does not exist`, here)) return stopped();
          skip = 1;
          break;
        case 0x28: // MARK
          stack.mark();
          break;
        case 0x5d: // EMPTY_LIST
          stack.push(KIND.LIST);
          break;
        case 0x7d: // EMPTY_DICT
          stack.push(++dicts * 16 + KIND.DICT);
          break;
        case 0x8f: // EMPTY_SET
          stack.push(KIND.SET);
          break;
        case 0x29: // EMPTY_TUPLE
          stack.push(arena.tuple(stack.cells, 0, 0));
          break;
        case 0x85: // TUPLE1
        case 0x86: // TUPLE2
        case 0x87: {
          // TUPLE3
          const n = op - 0x84;
          const from = stack.size - n;
          if (!stack.has(n) && bad('a tuple of more values than the stack holds', here)) return stopped();
          if (from < 0) {
            stack.push(KIND.OPAQUE);
            break;
          }
          const tuple = arena.tuple(stack.cells, from, stack.size);
          stack.size = from;
          stack.push(tuple);
          break;
        }
        case 0x61: // APPEND
          if (!stack.has(2)) {
            if (bad('APPEND without a list', here)) return stopped();
            if (stack.size < 2) break;
          }
          stack.size--;
          if (stack.top !== KIND.LIST) effects.append(stack.top, 'sequence', here);
          break;
        case 0x65: // APPENDS
        case 0x90: {
          // ADDITEMS
          const from = stack.popMark();
          if (from < 0 || !stack.hasBelow(from)) {
            if (bad('items without a list or set', here)) return stopped();
            break;
          }
          stack.size = from;
          if (stack.top !== KIND.LIST) effects.append(stack.top, op === 0x65 ? 'sequence' : 'set', here);
          break;
        }
        case 0x73: // SETITEM
          if (!stack.has(3)) {
            if (bad('SETITEM without a dict', here)) return stopped();
            if (stack.size < 3) break;
          }
          stack.size -= 2;
          effects.setItems(stack.top, stack.cells, stack.size, stack.size + 2, here);
          break;
        case 0x75: {
          // SETITEMS
          const from = stack.popMark();
          if (from < 0 || !stack.hasBelow(from)) {
            if (bad('items without a dict', here)) return stopped();
            break;
          }
          const to = stack.size;
          stack.size = from;
          effects.setItems(stack.top, stack.cells, from, to, here);
          break;
        }
        case 0x6c: // LIST
        case 0x91: // FROZENSET
        case 0x74: // TUPLE
        case 0x64: {
          // DICT
          const from = stack.popMark();
          if (from < 0) {
            if (bad('a mark is missing', here)) return stopped();
            stack.push(KIND.OPAQUE);
            break;
          }
          let made: number = op === 0x6c ? KIND.LIST : KIND.SET;
          if (op === 0x74) made = arena.tuple(stack.cells, from, stack.size);
          if (op === 0x64) {
            made = ++dicts * 16 + KIND.DICT;
            effects.setItems(made, stack.cells, from, stack.size, here);
          }
          stack.size = from;
          stack.push(made);
          break;
        }
        case 0x30: // POP
          if (!stack.has(1)) {
            // On an empty stack Python pops the mark itself.
            if (stack.popMark() < 0 && bad('POP on an empty stack', here)) return stopped();
          } else if (stack.pop() < 0) effects.unchecked--;
          break;
        case 0x31: {
          // POP_MARK
          const from = stack.popMark();
          if (from < 0) {
            if (bad('a mark is missing', here)) return stopped();
            break;
          }
          for (let i = from; i < stack.size; i++) if ((stack.cells[i] ?? 0) < 0) effects.unchecked--;
          stack.size = from;
          break;
        }
        case 0x32: // DUP
          if (stack.empty) {
            if (bad('DUP on an empty stack', here)) return stopped();
            break;
          }
          if (stack.top < 0) effects.unchecked++;
          stack.push(stack.top);
          break;
        case 0x82: // EXT1
        case 0x83: // EXT2
        case 0x84: {
          // EXT4
          const n = op === 0x82 ? 1 : op === 0x83 ? 2 : 4;
          const code = n === 4 ? u32(bytes, p) : (bytes[p] ?? 0) | (n === 2 ? (bytes[p + 1] ?? 0) << 8 : 0);
          stack.push(effects.extension(code, here));
          skip = n;
          break;
        }
        case 0x93: {
          // STACK_GLOBAL
          if (!stack.has(2) && bad('STACK_GLOBAL without two names', here)) return stopped();
          const name = stack.size > 0 ? stack.pop() : KIND.OPAQUE;
          const module = stack.size > 0 ? stack.pop() : KIND.OPAQUE;
          stack.push(effects.import(effects.text(module), effects.text(name), here));
          break;
        }
        case 0x52: // REDUCE
        case 0x81: {
          // NEWOBJ
          if (!stack.has(2) && bad('a call without callable and arguments', here)) return stopped();
          const args = stack.size > 0 ? stack.pop() : KIND.OPAQUE;
          const callee = stack.size > 0 ? stack.pop() : KIND.OPAQUE;
          stack.push(
            op === 0x52 ? effects.call(callee, args, here) : effects.instantiate(callee, args, here),
          );
          break;
        }
        case 0x92: {
          // NEWOBJ_EX
          if (!stack.has(3) && bad('a call without callable and arguments', here)) return stopped();
          if (stack.size > 0) stack.pop();
          const args = stack.size > 0 ? stack.pop() : KIND.OPAQUE;
          stack.push(effects.instantiate(stack.size > 0 ? stack.pop() : KIND.OPAQUE, args, here));
          break;
        }
        case 0x62: {
          // BUILD
          if (!stack.has(2)) {
            if (bad('BUILD without object and state', here)) return stopped();
            if (stack.size < 2) break;
          }
          const state = stack.pop();
          effects.build(stack.top, state, here);
          if (effects.joblib && this.#isArrayWrapper(stack.top)) {
            const array = inlineArray(effects, state);
            if (!array) {
              return fail('an array of joblib whose length the file does not show', here);
            }
            const after = this.#passArray(array, base + p);
            if (after < 0) {
              return fail('an embedded array does not end within the file', here);
            }
            window.move(after);
            ({ base, length, soft } = window);
            p = 0;
            charged = after;
          }
          break;
        }
        case 0x6f: {
          // OBJ
          const from = stack.popMark();
          if (from < 0 || from >= stack.size) {
            if (bad('OBJ without a class', here)) return stopped();
            break;
          }
          const args = arena.tuple(stack.cells, from + 1, stack.size);
          const callee = stack.cells[from] ?? 0;
          stack.size = from;
          stack.push(effects.call(callee, args, here));
          break;
        }
        case 0x51: // BINPERSID
          if (stack.empty) {
            if (bad('BINPERSID on an empty stack', here)) return stopped();
            break;
          }
          effects.persistent(stack.pop(), here);
          stack.push(KIND.PERSISTENT);
          break;
        case 0x97: // NEXT_BUFFER
          stack.push(KIND.OPAQUE);
          break;
        case 0x98: // READONLY_BUFFER
          if (stack.empty && bad('READONLY_BUFFER on an empty stack', here)) return stopped();
          break;
        case 0x2e: {
          // STOP
          if (stack.empty && bad('STOP on an empty stack', here)) return stopped();
          return done(here + 1, true, stack.empty ? KIND.OPAQUE : stack.top);
        }
        case 0x49: // INT
        case 0x4c: // LONG
        case 0x46: // FLOAT
        case 0x53: // STRING
        case 0x56: // UNICODE
        case 0x63: // GLOBAL
        case 0x69: // INST
        case 0x67: // GET
        case 0x70: // PUT
        case 0x50: {
          // PERSID
          const end = this.#textOpcode(op, here, bad);
          if (end < 0 || (strict && problem)) return stopped();
          ({ base, length, soft } = window);
          skip = end - (base + p);
          break;
        }
        default:
          return fail(`0x${op.toString(16).padStart(2, '0')} is no opcode`, here);
      }
      if (stack.full) {
        return fail('its stack is too deep', here);
      }
      if (skip !== 0) {
        p += skip;
        if (base + p > size) {
          return fail('its last opcode is cut off', here);
        }
      }
    }
  }

  /** Strings that name attributes which change what an object is. */
  #special(offset: number): boolean {
    const text = this.effects.text(offset * 16 + KIND.STR);
    if (text === undefined || !SPECIAL.has(text)) return false;
    this.effects.specialStrings++;
    return true;
  }

  #isArrayWrapper(value: number): boolean {
    if (value < 0 || kindOf(value) !== KIND.RESULT) return false;
    const global = this.effects.global(payloadOf(value));
    return global?.name === 'NumpyArrayWrapper' && global.module.endsWith('joblib.numpy_pickle');
  }

  /** @returns Offset after the embedded array, -1 where it does not end. */
  #passArray(array: InlineArray, at: number): number {
    if (array.objects) {
      const inner = new PickleMachine(this.#source, this.effects.sink);
      inner.effects.joblib = false;
      const end = inner.run(at);
      return end.whole ? end.end : -1;
    }
    let start = at;
    if (array.aligned) start += 1 + (this.#source.read(at, 1)[0] ?? 0);
    if (start + array.length > this.#source.size) return -1;
    const end = start + array.length;
    this.onRawArray?.({ offset: at, end });
    return end;
  }

  /** Opcodes whose argument is a line, or two. Returns the offset after it, -1 where the line does not end. */
  #textOpcode(op: number, here: number, bad: (reason: string, offset: number) => boolean): number {
    const { effects } = this;
    const window = this.#window;
    const stack = this.#stack;
    let end = window.lineEnd(here + 1);
    if (end < 0) {
      bad('its last opcode is cut off', here);
      return -1;
    }
    const line = (from: number, to: number) => window.text(from, to, MAX_NAME_BYTES);
    switch (op) {
      case 0x53:
      case 0x56: {
        const special = end - here < 64 && this.#special(here);
        stack.push(here * 16 + (special ? KIND.SPECIAL_STR : KIND.STR));
        break;
      }
      case 0x63:
      case 0x69: {
        const second = end + 1 < this.#source.size ? window.lineEnd(end + 1) : -1;
        const module = decode(line(here + 1, end));
        const name = decode(line(end + 1, second < 0 ? this.#source.size : second));
        if (second < 0 && (module === undefined || name === undefined || !isPythonName(name))) {
          bad('its last opcode is cut off', here);
          return -1;
        }
        const value = effects.import(module, name, here);
        if (op === 0x69) {
          const from = stack.popMark();
          if (from < 0) {
            bad('a mark is missing', here);
            effects.call(value, effects.arena.tuple(stack.cells, 0, 0), here);
          } else {
            const args = effects.arena.tuple(stack.cells, from, stack.size);
            stack.size = from;
            stack.push(effects.call(value, args, here));
          }
        } else stack.push(value);
        if (second < 0) {
          bad('its last opcode is cut off', here);
          return -1;
        }
        end = second;
        break;
      }
      case 0x50: {
        effects.persistent(KIND.OPAQUE, here);
        stack.push(KIND.PERSISTENT);
        break;
      }
      default: {
        const text = line(here + 1, end) ?? '';
        const number = readNumber(op, text, end - here - 1);
        if (number === undefined && bad('a number is not written as one', here)) return -1;
        if (op === 0x67 || op === 0x70) this.#textMemo(op, number ?? -1, here, bad);
        else stack.push(op !== 0x46 && number !== undefined ? INT + number * 16 : KIND.OPAQUE);
      }
    }
    return end + 1;
  }

  #textMemo(op: number, index: number, here: number, bad: (reason: string, offset: number) => boolean): void {
    const stack = this.#stack;
    if (op === 0x70) {
      if (stack.empty || index < 0) bad('PUT on an empty stack', here);
      else if (!this.#memo.put(index, stack.top)) bad('its memo is too large', here);
      return;
    }
    const value = this.#memo.get(index);
    if (Number.isNaN(value)) {
      bad('a memo entry is used that was never set', here);
      stack.push(KIND.COMPUTED);
      return;
    }
    if (value < 0) this.effects.unchecked++;
    stack.push(value);
  }
}

const SPECIAL = new Set(
  '__setstate__ __class__ __dict__ __reduce__ __reduce_ex__ __getattr__ __getattribute__ __setattr__ __call__ __del__ __init__ __new__ __globals__ __builtins__ __code__ __closure__ __defaults__ __bases__ __subclasses__ __mro__ __getitem__ __setitem__ __enter__ __exit__ __iter__ __next__ __import__ __loader__ __spec__'.split(
    ' ',
  ),
);

function u32(bytes: Uint8Array, p: number): number {
  return (
    ((bytes[p] ?? 0) |
      ((bytes[p + 1] ?? 0) << 8) |
      ((bytes[p + 2] ?? 0) << 16) |
      ((bytes[p + 3] ?? 0) << 24)) >>>
    0
  );
}

/** A long integer: its value where it is small, PyTorch's magic number where it is that. */
function long(bytes: Uint8Array, p: number, n: number, length: number): number {
  if (p + n > length) return KIND.OPAQUE;
  if (n === TORCH_MAGIC.length && TORCH_MAGIC.every((b, i) => bytes[p + i] === b)) return KIND.TORCH_MAGIC;
  if (n > 4) {
    // Up to 2^40, as sizes are; the bytes above must be zero.
    for (let i = 5; i < n; i++) if (bytes[p + i] !== 0) return KIND.OPAQUE;
    if (n === 5 && (bytes[p + 4] ?? 0) > 127) return KIND.OPAQUE;
    return INT + (u32(bytes, p) + (bytes[p + 4] ?? 0) * 2 ** 32) * 16;
  }
  let value = 0;
  for (let i = 0; i < n; i++) value += (bytes[p + i] ?? 0) * 2 ** (8 * i);
  if (n > 0 && (bytes[p + n - 1] ?? 0) > 127) value -= 2 ** (8 * n);
  return INT + value * 16;
}

/** Names are UTF-8. */
function decode(latin1: string | undefined): string | undefined {
  return latin1 === undefined ? undefined : Buffer.from(latin1, 'latin1').toString('utf8');
}
