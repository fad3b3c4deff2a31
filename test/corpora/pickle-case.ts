import type { PickleRule } from '../../scanner/pickle/index.js';
import type { FileVerdict } from '../../scanner/types.js';

export interface Case {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly verdict: FileVerdict;
  /** A rule that must be among the findings. */
  readonly rule?: PickleRule;
  /** The name of the case that differs from this one by its one fault. */
  readonly twin?: string;
}
