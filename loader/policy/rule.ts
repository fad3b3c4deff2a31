import { ModelsealError } from '../../core/errors/index.js';
import type { Audited, Demands } from './fields.js';
import { fits, intersection, type PolicyScope, type PolicySubject, within } from './scope.js';

/** What a policy demands of some models. */
export interface PolicyRule {
  readonly name: string;
  readonly scope: PolicyScope;
  readonly demands: Demands;
  readonly audited: readonly Audited[];
}

/**
 * Two rules that both fit some model while neither is the more specific one, and no third decides between them; undefined
 * where there are none. With every such intersection covered, each model has one rule that is within all others that fit.
 */
export function findAmbiguity(
  rules: readonly Pick<PolicyRule, 'scope'>[],
): { readonly first: number; readonly second: number } | undefined {
  for (let second = 1; second < rules.length; second++) {
    for (let first = 0; first < second; first++) {
      const [a, b] = [rules[first]?.scope, rules[second]?.scope];
      if (!a || !b) continue;
      if (within(a, b) !== within(b, a)) continue;
      const shared = intersection(a, b);
      if (shared === undefined) continue;
      const same = within(a, b);
      const decided = rules.some(({ scope }) => within(scope, shared) && within(shared, scope));
      if (same || !decided) return { first, second };
    }
  }
  return undefined;
}

/**
 * The most specific rule that fits a model.
 *
 * @throws {ModelsealError} `ERR_POLICY_NO_RULE`, `ERR_POLICY_AMBIGUOUS`
 */
export function chooseRule(rules: readonly PolicyRule[], subject: PolicySubject): PolicyRule {
  const { model, path } = subject;
  const fitting = rules.filter(({ scope }) => fits(scope, subject));
  if (fitting.length === 0)
    throw new ModelsealError('ERR_POLICY_NO_RULE', { model, path, rules: rules.map(({ name }) => name) });
  const least = fitting.filter(({ scope }) => fitting.every((other) => within(scope, other.scope)));
  const [rule] = least;
  if (rule === undefined || least.length > 1)
    throw new ModelsealError('ERR_POLICY_AMBIGUOUS', { model, rules: fitting.map(({ name }) => name) });
  return rule;
}
