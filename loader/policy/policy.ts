import { MAX_SIGNERS } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { parseIdentity } from '../../core/x509/identity.js';
import type { RevocationMode } from '../revocation/index.js';

/** Whose signatures are accepted. A signer fits a rule when everything the rule names is true of it. */
export interface SignerRule {
  /**
   * `email:…`, `uri:…` or `dns:…`, or one of them without its kind where its form says it; compared by kind and exactly
   * with the certificate's subject alternative name.
   */
  readonly identity?: string;
  /** SHA-256 over the signer's SubjectPublicKeyInfo, lower-case hexadecimal. */
  readonly key?: string;
  /** SHA-256 over the DER of the signer's certificate, lower-case hexadecimal. */
  readonly certificate?: string;
}

/** The parts of a policy; what is left out is at its default. */
export interface PolicyFields {
  readonly signers?: readonly (readonly SignerRule[])[] | undefined;
  readonly revocation?: RevocationMode | undefined;
  readonly manifestIgnores?: 'allow' | 'refuse' | undefined;
  readonly signatures?: 'all' | 'any' | undefined;
  readonly legacy?: 'allow' | 'refuse' | undefined;
  readonly threshold?: number | undefined;
  readonly distinctRoots?: boolean | undefined;
}

/**
 * What an operator demands beyond a valid signature; made once from a policy file and from options, then read only.
 *
 * Policies are combined by {@link TrustPolicy.and} so that the stricter word wins: an option can narrow what a policy
 * file allows and never widen it.
 */
export class TrustPolicy {
  /** Groups of rules: a signer must fit at least one rule of every group. */
  readonly signers: readonly (readonly SignerRule[])[];
  readonly revocation: RevocationMode | undefined;
  /** Whether excluded paths that the manifest itself records are honoured. */
  readonly manifestIgnores: 'allow' | 'refuse';
  /** Of several signatures in one envelope: each must verify, or one is enough. */
  readonly signatures: 'all' | 'any';
  /** Whether the signature form of release 0.2 of the reference implementation is accepted. */
  readonly legacy: 'allow' | 'refuse';
  /** How many different signers must have signed the model. */
  readonly threshold: number;
  /** They must be under different CAs as well, so that one that is compromised does not suffice. */
  readonly distinctRoots: boolean;
  /** Keeps look-alike objects from passing for a policy. */
  readonly #made = true;

  private constructor(fields: PolicyFields) {
    checkOptions('a trust policy', fields, FIELDS);
    this.signers = (fields.signers ?? []).map((group) => group.map(spelled));
    this.revocation = fields.revocation;
    this.manifestIgnores = fields.manifestIgnores ?? 'allow';
    this.signatures = fields.signatures ?? 'all';
    this.legacy = fields.legacy ?? 'allow';
    this.threshold = checkedThreshold(fields.threshold ?? 1);
    this.distinctRoots = fields.distinctRoots ?? false;
    Object.freeze(this);
  }

  /** A policy with the given demands and none besides: any signer that the trust roots vouch for is accepted. */
  static of(fields: PolicyFields = {}): TrustPolicy {
    return new TrustPolicy(fields);
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

  /** Both policies at once; where they differ, the stricter. */
  and(other: TrustPolicy): TrustPolicy {
    return new TrustPolicy({
      signers: [...this.signers, ...other.signers],
      revocation: stricter(this.revocation, other.revocation),
      manifestIgnores: this.manifestIgnores === 'refuse' ? 'refuse' : other.manifestIgnores,
      signatures: this.signatures === 'all' ? 'all' : other.signatures,
      legacy: this.legacy === 'refuse' ? 'refuse' : other.legacy,
      threshold: Math.max(this.threshold, other.threshold),
      distinctRoots: this.distinctRoots || other.distinctRoots,
    });
  }

  /** True where no signer is named: the trust root alone decides. */
  get anySigner(): boolean {
    return this.#made && this.signers.length === 0;
  }
}

const FIELDS: OptionTable<PolicyFields> = {
  signers: is.list(is.list(is.object)),
  revocation: is.one('require', 'prefer', 'off'),
  manifestIgnores: is.one('allow', 'refuse'),
  signatures: is.one('all', 'any'),
  legacy: is.one('allow', 'refuse'),
  threshold: is.number,
  distinctRoots: is.flag,
};
const RULE: OptionTable<SignerRule> = { identity: is.text, key: is.text, certificate: is.text };

/** A rule with its identity in the one spelling that identities of certificates have. */
function spelled(rule: SignerRule): SignerRule {
  checkOptions('a rule of a trust policy', rule, RULE);
  return rule.identity === undefined ? rule : { ...rule, identity: parseIdentity(rule.identity) };
}

/** @throws {ModelsealError} `ERR_USAGE` */
function checkedThreshold(threshold: number): number {
  if (Number.isInteger(threshold) && threshold >= 1 && threshold <= MAX_SIGNERS) return threshold;
  const problem = `the threshold of signers is a whole number from 1 to ${MAX_SIGNERS}`;
  throw new ModelsealError('ERR_USAGE', { problem });
}

const ORDER: readonly RevocationMode[] = ['off', 'prefer', 'require'];

function stricter(a: RevocationMode | undefined, b: RevocationMode | undefined): RevocationMode | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}
