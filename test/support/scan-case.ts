import type { RuleId } from '../../scanner/rules.js';
import type { FileVerdict } from '../../scanner/types.js';

/** One file of the corpus with what a scan must say about it. */
export interface ScanCase {
  readonly name: string;
  /** Name of the file, a hint for text formats only. */
  readonly file: string;
  readonly bytes: () => Uint8Array | string;
  readonly verdict: FileVerdict;
  /** Rules that must be among the findings; a malicious or suspicious case names one at least. */
  readonly rules?: readonly RuleId[];
  /** The accepted case that differs by the one fault only. */
  readonly twin?: string;
}

export const clean = (name: string, file: string, bytes: ScanCase['bytes']): ScanCase => ({
  name,
  file,
  bytes,
  verdict: 'clean',
});

export const found = (
  verdict: 'malicious' | 'suspicious',
  rule: RuleId,
  name: string,
  file: string,
  bytes: ScanCase['bytes'],
  twin?: string,
): ScanCase => ({ name, file, bytes, verdict, rules: [rule], ...(twin === undefined ? {} : { twin }) });
