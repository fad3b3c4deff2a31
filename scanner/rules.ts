import { archiveRules } from './containers/rules.js';
import { formatRules } from './formats/rules.js';
import { pickleRules } from './pickle/rules.js';
import type { Rule } from './rule.js';
import { storeRules } from './store-rules.js';

const TABLE = { ...pickleRules, ...archiveRules, ...formatRules, ...storeRules };

/** Stable identifier of a rule. */
export type RuleId = keyof typeof TABLE & string;

/** Every rule of the scanner; docs/scanner.md is generated from it. */
export const RULES: { readonly [R in RuleId]: Rule } = TABLE;

export function isRuleId(text: string): text is RuleId {
  return Object.hasOwn(RULES, text);
}
