export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** What the documentation, the policy and the reports say about one rule. */
export interface Rule {
  readonly severity: Severity;
  /** A few words, for a table. */
  readonly title: string;
  /** What it means that this was found: who could do what with it. */
  readonly description: string;
  /** What to do about it. */
  readonly remedy: string;
  /** Rules are on unless they say otherwise; a policy can switch each on or off. */
  readonly off?: true;
}

/** Defines a table of rules. A rule without severity, title, description or remedy does not compile. */
export function defineRules<const T extends { readonly [id: string]: Rule }>(table: T): T {
  return table;
}
