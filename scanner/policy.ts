import { ModelsealError } from '../core/errors/index.js';
import { isRuleId, RULES, type RuleId } from './rules.js';
import type { FileVerdict, Finding, Severity } from './types.js';

/** From harmless to worst. */
export const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical'];

/** A pickle above this size is worth a look (`STORE-SIZE`); models of the classic libraries are smaller. */
export const DEFAULT_MAX_PICKLE_BYTES = 50 * 1024 * 1024;

/** What an operator may decide about the rules. */
export interface ScanPolicy {
  /** Findings of these rules are dropped. */
  readonly disable?: readonly RuleId[];
  /** Rules that are off by default and are wanted. */
  readonly enable?: readonly RuleId[];
  /** Other severities than the table's. */
  readonly severity?: { readonly [R in RuleId]?: Severity };
  /** Findings of this severity and above are threats; `medium` unless told. */
  readonly failOn?: Severity;
  /** Files that could not be understood are accepted, and reported as such. */
  readonly allowUnparsed?: boolean;
  readonly maxPickleBytes?: number;
}

/** Rule identifiers from a command line or a file. @throws {ModelsealError} `ERR_RULE_UNKNOWN` */
export function ruleIds(names: readonly string[]): RuleId[] {
  return names.map((rule) => {
    if (!isRuleId(rule)) throw new ModelsealError('ERR_RULE_UNKNOWN', { rule });
    return rule;
  });
}

/** The findings that the policy leaves, each with the severity that the policy gives it. */
export function applyPolicy(findings: readonly Finding[], policy: ScanPolicy): Finding[] {
  const disabled = new Set<RuleId>(policy.disable ?? []);
  const enabled = new Set<RuleId>(policy.enable ?? []);
  return findings
    .filter(({ rule }) => !disabled.has(rule) && (!RULES[rule].off || enabled.has(rule)))
    .map((finding) => ({ ...finding, severity: policy.severity?.[finding.rule] ?? finding.severity }));
}

export function atLeast(severity: Severity, floor: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(floor);
}

export function worst(findings: readonly Finding[]): Severity | undefined {
  let index = -1;
  for (const { severity } of findings) index = Math.max(index, SEVERITIES.indexOf(severity));
  return SEVERITIES[index];
}

/** The verdict on one file. Not understood is never clean, whatever else was found. */
export function verdictOf(
  findings: readonly Finding[],
  unparsed: readonly unknown[],
  skipped = false,
): FileVerdict {
  const severity = worst(findings);
  if (severity !== undefined) return atLeast(severity, 'high') ? 'malicious' : 'suspicious';
  if (skipped) return 'skipped';
  return unparsed.length > 0 ? 'unparsed' : 'clean';
}
