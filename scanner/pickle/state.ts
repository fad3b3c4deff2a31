import type { ByteSource } from '../../core/formats/source.js';
import type { Effects } from './effects.js';
import type { PickleEnd } from './machine.js';
import { Stack } from './stack.js';
import { KIND, type Memo } from './values.js';
import { Window } from './window.js';

/** Dicts of which is known where they began. */
const DICTS = 1 << 7;

/** Registers of a pickle machine, shared by its fast loop and the opcodes that leave it. */
export class State {
  readonly source: ByteSource;
  readonly window: Window;
  readonly stack = new Stack();
  readonly memo: Memo;
  readonly effects: Effects;
  /** Number of the last dict made, and where the last of them were. */
  #dicts = 0;
  readonly #starts = new Float64Array(DICTS);
  /** Python's own strictness: the first fault ends the reading. */
  strict = false;
  problem: PickleEnd['problem'];
  /** The value under STOP. */
  result = 0;

  constructor(source: ByteSource, effects: Effects, memo: Memo) {
    this.source = source;
    this.window = new Window(source);
    this.effects = effects;
    this.memo = memo;
    effects.dictStart = (dict) => (this.#dicts - dict < DICTS ? (this.#starts[dict & (DICTS - 1)] ?? 0) : 0);
  }

  /** A dict made at `offset`. */
  newDict(offset: number): number {
    this.#starts[++this.#dicts & (DICTS - 1)] = offset;
    return this.#dicts * 16 + KIND.DICT;
  }

  get faultAt(): number | undefined {
    return this.problem?.offset;
  }

  /** Notes what Python would refuse. Returns true where the reading must end for it. */
  fault(reason: string, offset: number): boolean {
    this.problem ??= { reason, offset };
    return this.strict;
  }
}
