import { ModelsealError } from '../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import type { ProgressSink } from '../core/progress.js';
import type { ScanLimits } from './limits.js';
import { ruleIds, type ScanPolicy } from './policy.js';
import type { FormatScanner } from './types.js';

export interface ScanOptions {
  readonly policy?: ScanPolicy;
  readonly limits?: Partial<ScanLimits>;
  readonly progress?: ProgressSink;
  /** Instead of all that exist. */
  readonly scanners?: readonly FormatScanner[];
}

const SEVERITY = is.one('low', 'medium', 'high', 'critical');

const SCAN: OptionTable<ScanOptions> = {
  policy: is.object,
  limits: is.object,
  progress: is.call,
  scanners: is.list(is.object),
};
const POLICY: OptionTable<ScanPolicy> = {
  disable: is.list(is.text),
  enable: is.list(is.text),
  severity: is.object,
  failOn: SEVERITY,
  allowUnparsed: is.flag,
  maxPickleBytes: is.number,
};
const LIMITS: OptionTable<ScanLimits> = {
  depth: is.number,
  expandedBytes: is.number,
  members: is.number,
  units: is.number,
  unitsPerByte: is.number,
};

/**
 * Options of a scan, with the policy in them: a rule that is misspelt, or a severity, must not go unnoticed.
 *
 * @throws {ModelsealError} `ERR_USAGE`, `ERR_RULE_UNKNOWN`
 */
export function checkScanOptions(of: string, options: ScanOptions): void {
  checkOptions(of, options, SCAN);
  const { policy, limits } = options;
  if (limits) checkOptions(`the limits of ${of}`, limits, LIMITS);
  if (!policy) return;
  checkOptions(`the policy of ${of}`, policy, POLICY);
  ruleIds([...(policy.disable ?? []), ...(policy.enable ?? []), ...Object.keys(policy.severity ?? {})]);
  for (const severity of Object.values(policy.severity ?? {})) {
    const problem = SEVERITY(severity);
    if (problem !== undefined)
      throw new ModelsealError('ERR_USAGE', { problem: `a severity in the policy of ${of} ${problem}` });
  }
}
