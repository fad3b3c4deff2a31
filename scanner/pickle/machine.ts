import type { ByteSource } from '../../core/formats/source.js';
import { Effects, type PickleSink } from './effects.js';
import type { InlineArray } from './numpy.js';
import { runOpcode } from './rare.js';
import { State } from './state.js';
import { FAILED, STOPPED, u32 } from './step.js';
import { INT_BIAS, isList, KIND, Memo } from './values.js';

/** How the reading of one pickle ended. */
export interface PickleEnd {
  /** Offset after STOP, or of what could not be read. */
  readonly end: number;
  /** True where STOP was reached and nothing on the way was wrong. */
  readonly whole: boolean;
  /** True where STOP was reached. */
  readonly stopped: boolean;
  /** What was wrong first, and where. */
  readonly problem?: { readonly reason: string; readonly offset: number } | undefined;
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

/** Offset of raw bytes within the stream that only joblib passes over. */
export interface RawArray {
  readonly offset: number;
}

/** Passes over an array that joblib embedded (all that follows, where it is not known); returns the offset after it, -1 where it does not end. */
export type PassArray = (array: InlineArray | undefined, at: number) => number;

const INT = KIND.INT + INT_BIAS * 16;
const UNDERSCORE = 95;
/** Most of what is only tried is none, and ends within a few bytes. */
const TRIAL_WINDOW = 4096;

/**
 * An abstract pickle machine: runs every opcode of protocols 0 to 5 over abstract values, follows stack and memo, and
 * hands imports, calls and states to {@link Effects}. Frames are ignored, as both of Python's unpicklers read through
 * them. Where Python would raise, it notes the problem and goes on, so that nothing behind is missed.
 */
export class PickleMachine {
  readonly effects: Effects;
  /** Called where raw array bytes are skipped that another reader would take for opcodes. */
  onRawArray: ((array: RawArray) => void) | undefined;
  readonly #state: State;

  /** @param outer A machine whose memo is read where this one's has no entry. */
  constructor(source: ByteSource, sink: PickleSink, outer?: PickleMachine) {
    this.effects = new Effects(source, sink);
    this.#state = new State(source, this.effects, new Memo(outer ? outer.#state.memo : undefined));
  }

  /**
   * Reads one pickle from `start` up to its STOP.
   *
   * The loop keeps the registers in local variables and handles the opcodes that data consists of; whatever is rare,
   * unusual or wrong goes to {@link runOpcode}.
   */
  run(start: number, { strict = false, limit = Number.MAX_SAFE_INTEGER }: MachineOptions = {}): PickleEnd {
    const state = this.#state;
    const { stack, memo, window, effects } = state;
    const { sink, arena } = effects;
    const { bytes } = window;
    const size = state.source.size;
    const passArray: PassArray = (array, at) => this.#passArray(array, at);
    stack.clear();
    memo.clear();
    effects.reset();
    state.strict = strict;
    state.problem = undefined;
    if (!window.covers(start)) window.move(start, limit < Number.MAX_SAFE_INTEGER ? TRIAL_WINDOW : undefined);
    let { base, length, soft } = window;
    let { cells } = stack;
    let sp = 0;
    /** Values below are out of reach: they lie under the last mark. */
    let fence = 0;
    let p = start - base;
    let charged = start;
    let opcodes = 0;
    /** Whether there has been a value that must not escape: containers are then filled with a look at what goes in. */
    let watch = false;
    const done = (end: number, stopped: boolean): PickleEnd => {
      sink.spend(Math.max(0, Math.min(end, window.base + window.length) - charged));
      effects.finish(stopped, stopped ? state.result : KIND.OPAQUE, end);
      const { problem, result } = state;
      return {
        end,
        stopped,
        whole: stopped && !problem,
        problem,
        opcodes,
        result: stopped ? result : KIND.OPAQUE,
      };
    };
    const fail = (reason: string, offset: number): PickleEnd => {
      state.fault(reason, offset);
      return done(offset, false);
    };

    for (;;) {
      if (p >= soft) {
        const at = base + p;
        if (at > size) return fail('its last opcode is cut off', size);
        if (at === size) return fail('it ends before its STOP opcode', size);
        if (!sink.spend(Math.max(0, Math.min(at, base + length) - charged))) {
          return fail('the budget of the scan is spent', at);
        }
        if (at - start > limit) return fail('it is longer than was to be looked at', at);
        if (stack.full) return fail('its stack is too deep', at);
        charged = at;
        window.move(at);
        ({ base, length, soft } = window);
        p = 0;
        if (length === 0) return fail('it cannot be read to its end', at);
      }
      // One opcode pushes one value, so that one check makes room for all of them.
      if (sp === cells.length) {
        stack.size = sp;
        stack.grow();
        ({ cells } = stack);
      }
      const op = bytes[p] ?? 0;
      opcodes++;
      switch (op) {
        case 0x47: // BINFLOAT
          cells[sp++] = KIND.OPAQUE;
          p += 9;
          continue;
        case 0x4b: // BININT1
          cells[sp++] = INT + (bytes[p + 1] ?? 0) * 16;
          p += 2;
          continue;
        case 0x4d: // BININT2
          cells[sp++] = INT + ((bytes[p + 1] ?? 0) | ((bytes[p + 2] ?? 0) << 8)) * 16;
          p += 3;
          continue;
        case 0x4a: // BININT
          cells[sp++] = INT + (u32(bytes, p + 1) | 0) * 16;
          p += 5;
          continue;
        case 0x4e: // NONE
        case 0x88: // NEWTRUE
        case 0x89: // NEWFALSE
          cells[sp++] = KIND.OPAQUE;
          p++;
          continue;
        case 0x5d: // EMPTY_LIST
          cells[sp++] = (base + p) * 16 + KIND.LIST;
          p++;
          continue;
        case 0x7d: // EMPTY_DICT
          cells[sp++] = state.newDict(base + p);
          p++;
          continue;
        case 0x29: // EMPTY_TUPLE
          cells[sp++] = arena.tuple(cells, 0, 0);
          p++;
          continue;
        case 0x28: // MARK
          stack.size = sp;
          stack.mark();
          fence = sp;
          p++;
          continue;
        case 0x43: // SHORT_BINBYTES
          cells[sp++] = (base + p) * 16 + KIND.BYTES;
          p += 2 + (bytes[p + 1] ?? 0);
          continue;
        case 0x42: // BINBYTES
          cells[sp++] = (base + p) * 16 + KIND.BYTES;
          p += 5 + u32(bytes, p + 1);
          continue;
        case 0x8c: {
          // SHORT_BINUNICODE
          if (bytes[p + 2] === UNDERSCORE) break;
          cells[sp++] = (base + p) * 16 + KIND.STR;
          p += 2 + (bytes[p + 1] ?? 0);
          continue;
        }
        case 0x58: // BINUNICODE
          if (bytes[p + 5] === UNDERSCORE) break;
          cells[sp++] = (base + p) * 16 + KIND.STR;
          p += 5 + u32(bytes, p + 1);
          continue;
        case 0x94: // MEMOIZE
          if (sp <= fence || !memo.append(cells[sp - 1] ?? 0)) break;
          p++;
          continue;
        case 0x71: // BINPUT
          if (sp <= fence || !memo.put(bytes[p + 1] ?? 0, cells[sp - 1] ?? 0)) break;
          p += 2;
          continue;
        case 0x72: // LONG_BINPUT
          if (sp <= fence || !memo.put(u32(bytes, p + 1), cells[sp - 1] ?? 0)) break;
          p += 5;
          continue;
        case 0x68: {
          // BINGET
          const value = memo.get(bytes[p + 1] ?? 0);
          // Negative: a conditionally allowed global. Not a number: no such entry.
          if (!(value >= 0)) break;
          cells[sp++] = value;
          p += 2;
          continue;
        }
        case 0x6a: {
          // LONG_BINGET
          const value = memo.get(u32(bytes, p + 1));
          if (!(value >= 0)) break;
          cells[sp++] = value;
          p += 5;
          continue;
        }
        case 0x85: // TUPLE1
        case 0x86: // TUPLE2
        case 0x87: {
          // TUPLE3
          const from = sp - (op - 0x84);
          if (from < fence) break;
          cells[from] = arena.tuple(cells, from, sp);
          sp = from + 1;
          p++;
          continue;
        }
        case 0x61: // APPEND
          if (sp - 2 < fence || (cells[sp - 1] ?? 0) < 0 || !isList(cells[sp - 2] ?? 0)) break;
          sp--;
          p++;
          continue;
        case 0x65: {
          // APPENDS
          if (watch || sp < fence || !isList(cells[fence - 1] ?? 0)) break;
          const from = stack.popMarkOver(sp);
          if (from < 0) break;
          sp = from;
          fence = stack.fence;
          p++;
          continue;
        }
      }
      const here = base + p;
      stack.size = sp;
      const skip = runOpcode(state, op, here, p + 1, passArray);
      if (skip === STOPPED) return done(here + 1, true);
      if (skip === FAILED) return done(state.faultAt ?? here, false);
      if (stack.full) return fail('its stack is too deep', here);
      ({ cells } = stack);
      sp = stack.size;
      fence = stack.fence;
      watch = effects.owns;
      if (window.base !== base) {
        charged = window.base;
        ({ base, length, soft } = window);
      }
      p = here + 1 + skip - base;
      // A line read across windows may have left this one elsewhere.
      if (p < 0) {
        window.move(here + 1 + skip);
        ({ base, length, soft } = window);
        p = 0;
      }
      if (base + p > size) return fail('its last opcode is cut off', here);
    }
  }

  #passArray(array: InlineArray | undefined, at: number): number {
    const { source } = this.#state;
    if (!array) {
      this.onRawArray?.({ offset: at });
      return -1;
    }
    if (array.objects) {
      // The inner pickle is read by Python's own unpickler, which knows no wrappers.
      const inner = new PickleMachine(source, this.effects.sink);
      inner.effects.joblib = false;
      const end = inner.run(at);
      return end.whole ? end.end : -1;
    }
    const start = array.aligned ? at + 1 + (source.read(at, 1)[0] ?? 0) : at;
    const end = start + array.length;
    if (end > source.size) return -1;
    this.onRawArray?.({ offset: at });
    return end;
  }
}
