export { DEFAULT_LIMITS, type ScanLimits } from './limits.js';
export {
  applyPolicy,
  atLeast,
  DEFAULT_MAX_PICKLE_BYTES,
  ruleIds,
  type ScanPolicy,
  SEVERITIES,
  verdictOf,
  worst,
} from './policy.js';
export type { Rule } from './rule.js';
export { isRuleId, RULES, type RuleId } from './rules.js';
export {
  acceptSidecars,
  type FileScan,
  type ScanCoverage,
  type ScanOptions,
  type ScanResult,
  scanPaths,
  scanSource,
  summarize,
} from './scan.js';
export { type ScannableModel, ScannedModel } from './scanned-model.js';
export { type ByteSource, DescriptorSource, MemorySource } from './source.js';
export type { FileVerdict, Finding, FormatScanner, Severity, Unparsed } from './types.js';
