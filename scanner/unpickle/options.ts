import { checkOptions, is, type OptionTable } from '../../core/options.js';
import type { Constructor } from './construction.js';
import type { PyValue } from './values.js';

/** Rebuilds what an operator has allowed by exact name; `'object'` for an inspectable object. */
export type Constructors = Readonly<Record<string, Constructor | 'object'>>;

export interface UnpickleOptions {
  /** Further constructors by exact name, `module.Name`. A whole module cannot be given. */
  readonly constructors?: Constructors;
  /** What persistent identifiers stand for; without it they are refused. */
  readonly persistent?: (pid: PyValue, offset: number) => PyValue;
  /** What `torch.storage._load_from_bytes` holds; without it such bytes are refused. */
  readonly nested?: (bytes: Uint8Array) => PyValue;
  /** Most opcodes run, {@link MAX_OPCODES} unless given. */
  readonly maxOpcodes?: number;
}

/** Far above any model; what an opcode makes takes some thirty bytes of memory, and more count for several. */
export const MAX_OPCODES = 60_000_000;

const UNPICKLE: OptionTable<UnpickleOptions> = {
  constructors: is.object,
  persistent: is.call,
  nested: is.call,
  maxOpcodes: is.number,
};

/** @throws {ModelsealError} `ERR_USAGE` */
export const checkUnpickleOptions = (of: string, options: UnpickleOptions): void =>
  checkOptions(of, options, UNPICKLE);
