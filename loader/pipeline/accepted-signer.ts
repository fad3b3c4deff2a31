import type { KeyObject } from 'node:crypto';
import { ModelsealError } from '../../core/errors/index.js';
import type { SignerRule } from '../policy/fields.js';
import { identityPattern } from '../policy/pattern.js';
import type { TrustPolicy } from '../policy/policy.js';
import { requireSigner } from './policy-demands.js';
import { PresentedSigner } from './presented-signer.js';

/**
 * A signer who is one of those the operator accepts: a valid chain is not yet the right signer. Made only by
 * {@link AcceptedSigner.from}.
 */
export class AcceptedSigner {
  readonly presented: PresentedSigner;
  readonly policy: TrustPolicy;
  /** Keeps look-alikes from passing for an accepted signer. */
  readonly #accepted = true;

  private constructor(presented: PresentedSigner, policy: TrustPolicy) {
    this.presented = presented;
    this.policy = policy;
    Object.freeze(this);
  }

  static isAccepted(value: unknown): value is AcceptedSigner {
    return typeof value === 'object' && value !== null && #accepted in value && value.#accepted;
  }

  /**
   * Holds a proven signer against the policy.
   *
   * @throws {ModelsealError} `ERR_SIGNER_NOT_ACCEPTED`, `ERR_SIGNER_NO_IDENTITY`, and what
   *   {@link requireSigner} throws
   */
  static from(presented: PresentedSigner, policy: TrustPolicy): AcceptedSigner {
    if (!PresentedSigner.isPresented(presented))
      throw new ModelsealError('ERR_USAGE', { problem: 'AcceptedSigner.from needs a PresentedSigner' });
    for (const group of policy.anySigner ? [] : policy.signers) {
      if (group.some((rule) => fits(presented, rule))) continue;
      const { identities, keyFingerprint, label } = presented;
      const accepted = group.map(describeRule);
      if (
        identities.length === 0 &&
        group.every((rule) => rule.identity !== undefined || rule.identityPattern !== undefined)
      ) {
        throw new ModelsealError('ERR_SIGNER_NO_IDENTITY', { subject: label, accepted });
      }
      const named = identities.length > 0 ? [...identities] : [`key ${keyFingerprint}`];
      throw new ModelsealError('ERR_SIGNER_NOT_ACCEPTED', { identities: named, accepted });
    }
    requireSigner(presented, policy.demands);
    return new AcceptedSigner(presented, policy);
  }

  get publicKey(): KeyObject {
    return this.presented.publicKey;
  }
  get keyFingerprint(): string {
    return this.presented.keyFingerprint;
  }
  get identities(): readonly string[] {
    return this.presented.identities;
  }
  get label(): string {
    return this.presented.label;
  }
}

/** Exact comparison of one spelling each; a pattern only where the rule calls it one. */
const fits = ({ identities, keyFingerprint, chain }: PresentedSigner, rule: SignerRule): boolean =>
  (rule.identity === undefined || identities.includes(rule.identity)) &&
  (rule.identityPattern === undefined || matches(rule.identityPattern, identities)) &&
  (rule.key === undefined || rule.key === keyFingerprint) &&
  (rule.certificate === undefined || rule.certificate === chain[0]?.fingerprint);

function matches(pattern: string, identities: readonly string[]): boolean {
  const holds = identityPattern(pattern);
  return holds !== undefined && identities.some(holds);
}

const describeRule = (rule: SignerRule): string =>
  [
    rule.identity,
    rule.identityPattern,
    rule.key === undefined ? undefined : `key ${rule.key}`,
    rule.certificate === undefined ? undefined : `certificate ${rule.certificate}`,
  ]
    .filter((part) => part !== undefined)
    .join(' with ');
