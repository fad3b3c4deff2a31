import { MAX_SIGNERS } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { parseIdentity } from '../../core/x509/identity.js';
import type { RevocationMode } from '../revocation/index.js';
import { stricter } from './combine.js';
import type { Audited, Demands, SignerRule } from './fields.js';
import { identityPattern } from './pattern.js';
import { chooseRule, type PolicyRule } from './rule.js';
import type { PolicySubject } from './scope.js';
import { isVersion } from './version.js';

/** The parts of a policy; what is left out is at its default. */
export type PolicyFields = Demands;

/** What is beside the demands that are enforced, where a policy comes from a file. */
interface Rest {
  readonly audited?: readonly Audited[];
  /** Groups of rules, one of a file: of each, the most specific one that fits a model adds its demands. */
  readonly rules?: readonly (readonly PolicyRule[])[];
}

/**
 * What an operator demands beyond a valid signature; made once from a policy file and from options, then read only.
 *
 * Policies are combined by {@link TrustPolicy.and} so that the stricter word wins: an option can narrow what a policy
 * file allows and never widen it.
 */
export class TrustPolicy {
  /** What is enforced, as it was said. */
  readonly demands: Demands;
  readonly audited: readonly Audited[];
  readonly rules: readonly (readonly PolicyRule[])[];
  /** Keeps look-alike objects from passing for a policy. */
  readonly #made = true;

  private constructor(demands: Demands, { audited = [], rules = [] }: Rest = {}) {
    checkOptions('a trust policy', demands, FIELDS);
    checkThreshold(demands.threshold ?? 1);
    checkMinimum(demands.minimumVersion);
    this.demands = Object.freeze({
      ...demands,
      ...(demands.signers ? { signers: demands.signers.map((group) => group.map(spelled)) } : {}),
    });
    this.audited = audited;
    this.rules = rules;
    Object.freeze(this);
  }

  /** A policy with the given demands and none besides: any signer that the trust roots vouch for is accepted. */
  static of(demands: PolicyFields = {}): TrustPolicy {
    return new TrustPolicy(demands);
  }

  /**
   * A policy that accepts these signers only.
   *
   * @throws {ModelsealError} `ERR_POLICY_INVALID` for an empty list, which would accept nobody or everybody
   */
  static accepting(rules: readonly SignerRule[]): TrustPolicy {
    if (rules.length === 0) {
      throw new ModelsealError('ERR_POLICY_INVALID', { file: 'the policy', problem: 'it accepts no signer' });
    }
    return new TrustPolicy({ signers: [rules] });
  }

  /** Both policies at once; where they differ, the stricter. What one of them only reports, it goes on to report. */
  and(other: TrustPolicy): TrustPolicy {
    const word = (policy: TrustPolicy): Demands => ({ ...policy.demands, signatures: policy.signatures });
    return new TrustPolicy(stricter(word(this), word(other)), {
      audited: [...this.audited, ...other.audited],
      rules: [...this.rules, ...other.rules],
    });
  }

  /** Further demands of the same author: what is not said again stays as it was said. */
  with(demands: Demands, rest: Rest = {}): TrustPolicy {
    checkOptions('TrustPolicy.with', demands, FIELDS);
    checkOptions('TrustPolicy.with', rest, REST);
    return new TrustPolicy(stricter(this.demands, demands), {
      audited: [...this.audited, ...(rest.audited ?? [])],
      rules: [...this.rules, ...(rest.rules ?? [])],
    });
  }

  /**
   * What is demanded of one model: of every group of rules, the most specific one that fits has been added.
   *
   * @throws {ModelsealError} `ERR_POLICY_NO_RULE`, `ERR_POLICY_AMBIGUOUS`
   */
  for(subject: PolicySubject): TrustPolicy {
    let policy = new TrustPolicy(this.demands, { audited: this.audited });
    for (const { demands, audited } of this.chosen(subject)) policy = policy.with(demands, { audited });
    return policy;
  }

  /**
   * The rules that are for one model, one of each group.
   *
   * @throws {ModelsealError} `ERR_POLICY_NO_RULE`, `ERR_POLICY_AMBIGUOUS`
   */
  chosen(subject: PolicySubject): readonly PolicyRule[] {
    return this.rules.map((group) => chooseRule(group, subject));
  }

  /** The same with nothing that is only reported. */
  enforced(): TrustPolicy {
    return new TrustPolicy(this.demands, { rules: this.rules });
  }

  get signers(): readonly (readonly SignerRule[])[] {
    return this.demands.signers ?? [];
  }
  get revocation(): RevocationMode | undefined {
    return this.demands.revocation;
  }
  get manifestIgnores(): 'allow' | 'refuse' {
    return this.demands.manifestIgnores ?? 'allow';
  }
  get signatures(): 'all' | 'any' {
    return this.demands.signatures ?? 'all';
  }
  get legacy(): 'allow' | 'refuse' {
    return this.demands.legacy ?? 'allow';
  }
  get threshold(): number {
    return this.demands.threshold ?? 1;
  }
  get distinctRoots(): boolean {
    return this.demands.distinctRoots ?? false;
  }

  /** True where no signer is named: the trust root alone decides. */
  get anySigner(): boolean {
    return this.#made && this.signers.length === 0;
  }
}

const texts = is.list(is.text);
const FIELDS: OptionTable<Demands> = {
  signers: is.list(is.list(is.object)),
  anchors: texts,
  timestampAnchors: texts,
  timestampPolicies: texts,
  timestamp: is.one('require', 'allow'),
  extendedKeyUsages: texts,
  certificatePolicies: texts,
  minRsaBits: is.number,
  minEcBits: is.number,
  minHashBits: is.number,
  hashes: texts,
  revocation: is.one('require', 'prefer', 'off'),
  threshold: is.number,
  distinctRoots: is.flag,
  formats: texts,
  maxFiles: is.number,
  maxBytes: is.number,
  storage: is.list(texts),
  minimumVersion: is.text,
  manifestIgnores: is.one('allow', 'refuse'),
  ignorePaths: texts,
  unsignedFiles: is.one('allow', 'refuse'),
  signatures: is.one('all', 'any'),
  legacy: is.one('allow', 'refuse'),
};
const REST: OptionTable<Rest> = { audited: is.list(is.object), rules: is.list(is.list(is.object)) };
const RULE: OptionTable<SignerRule> = {
  identity: is.text,
  identityPattern: is.text,
  key: is.text,
  certificate: is.text,
};

/** A rule with its identity in the one spelling that identities of certificates have. */
function spelled(rule: SignerRule): SignerRule {
  checkOptions('a rule of a trust policy', rule, RULE);
  const { identity, identityPattern: pattern } = rule;
  if (pattern !== undefined && identityPattern(pattern) === undefined)
    throw new ModelsealError('ERR_USAGE', { problem: `${pattern} is not a pattern of identities` });
  return identity === undefined ? rule : { ...rule, identity: parseIdentity(identity) };
}

/** @throws {ModelsealError} `ERR_USAGE` */
function checkThreshold(threshold: number): void {
  if (Number.isInteger(threshold) && threshold >= 1 && threshold <= MAX_SIGNERS) return;
  const problem = `the threshold of signers is a whole number from 1 to ${MAX_SIGNERS}`;
  throw new ModelsealError('ERR_USAGE', { problem });
}

/** @throws {ModelsealError} `ERR_USAGE` */
function checkMinimum(version: string | undefined): void {
  if (version === undefined || isVersion(version)) return;
  throw new ModelsealError('ERR_USAGE', { problem: `the minimum version ${version} is not a version` });
}
