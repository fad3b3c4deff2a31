import type { PyValue } from './values.js';

/** What a constructor may use besides its arguments. */
export interface Construction {
  /** Refuses the call; the sentence says what does not fit. */
  refuse(problem: string): never;
  /** An instance of an allowed class, as NEWOBJ makes it. */
  instance(cls: PyValue, args: readonly PyValue[]): PyValue;
  /** Calls an allowed global. */
  call(callee: PyValue, args: readonly PyValue[]): PyValue;
  /** A value as the key of a dict or member of a set. */
  key(value: PyValue): PyValue;
  /** Fills an instance with what the constructor of its base is given. */
  fill(instance: PyValue, items: PyValue): void;
  /** Judges a state that the call sets as BUILD does it. */
  state(state: PyValue): void;
  /** Reads bytes that hold a PyTorch file of their own. */
  nested(bytes: Uint8Array): PyValue;
}

/** Rebuilds the value of a call. Runs nothing that the file chooses. */
export type Constructor = (args: readonly PyValue[], how: Construction) => PyValue;
