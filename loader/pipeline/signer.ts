import { KeyObject } from 'node:crypto';
import { namedKey, type SigningMethod, type UnverifiedBundle } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { describeKey, publicKeyFingerprint, requireStrongKey } from '../../core/keys/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import { type Certificate, readIdentities, summarizeCertificate } from '../../core/x509/index.js';
import type { SignerRule, TrustPolicy } from '../policy/policy.js';
import type { CheckedPath } from '../revocation/index.js';
import type { SigstoreSigner } from '../sigstore/index.js';

interface SignerParts {
  readonly method: SigningMethod;
  readonly publicKey: KeyObject;
  readonly identities: readonly string[];
  /** Leaf first, trust anchor last. */
  readonly chain: readonly Certificate[];
}

/**
 * A signer whose path is valid and who is one of those the operator accepts: a valid chain is not yet the right
 * signer. Made only by its three factories.
 */
export class AcceptedSigner {
  readonly method: SigningMethod;
  /** The key that signatures are checked with: from the checked path, or the caller's own. Never from a bundle. */
  readonly publicKey: KeyObject;
  readonly keyFingerprint: string;
  readonly identities: readonly string[];
  readonly chain: readonly Certificate[];
  readonly policy: TrustPolicy;
  /** Keeps look-alikes from passing for an accepted signer. */
  readonly #accepted = true;

  private constructor(parts: SignerParts, policy: TrustPolicy, report: ReportBuilder) {
    this.method = parts.method;
    this.publicKey = parts.publicKey;
    this.keyFingerprint = publicKeyFingerprint(parts.publicKey);
    this.identities = parts.identities;
    this.chain = parts.chain;
    this.policy = policy;
    report.signer({
      method: this.method,
      identities: this.identities,
      keyFingerprint: this.keyFingerprint,
      chain: this.chain.map(summarizeCertificate),
    });
    this.#judge(report);
    Object.freeze(this);
  }

  static isAccepted(value: unknown): value is AcceptedSigner {
    return typeof value === 'object' && value !== null && #accepted in value && value.#accepted;
  }

  /**
   * A signer with a certificate.
   *
   * @throws {ModelsealError} `ERR_SIGNER_NOT_ACCEPTED`, `ERR_SIGNER_NO_IDENTITY`
   */
  static ofPath(checked: CheckedPath, policy: TrustPolicy, report: ReportBuilder): AcceptedSigner {
    const { leaf, anchor, chain } = checked.path;
    requireStrongKey(leaf.publicKey(), `the key of ${leaf.label}`);
    const { identities, malformed } = readIdentities(leaf);
    if (malformed.length > 0)
      report.warning('identity.malformed', `names that identify nobody: ${malformed.join(', ')}`);
    const full = anchor.certificate ? [...chain, anchor.certificate] : chain;
    return new AcceptedSigner(
      {
        method: 'certificate',
        publicKey: leaf.publicKey(),
        identities,
        chain: full,
      },
      policy,
      report,
    );
  }

  /**
   * The holder of a key that the caller trusts. What the bundle says of its key is compared and used for nothing else.
   *
   * @throws {ModelsealError} `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED`, `ERR_KEY_HINT_MISMATCH`,
   *   `ERR_KEY_BYTES_MISMATCH`, `ERR_SIGNER_NOT_ACCEPTED`
   */
  static ofKey(
    bundle: UnverifiedBundle,
    key: KeyObject,
    policy: TrustPolicy,
    report: ReportBuilder,
  ): AcceptedSigner {
    if (!(key instanceof KeyObject) || key.type !== 'public') {
      throw new ModelsealError('ERR_USAGE', { problem: 'publicKey is not the KeyObject of a public key' });
    }
    requireStrongKey(key, 'the public key');
    const fingerprint = publicKeyFingerprint(key);
    if (namedKey(bundle, key) === 'mismatch') {
      throw bundle.keyHint === undefined
        ? new ModelsealError('ERR_KEY_BYTES_MISMATCH', { fingerprint })
        : new ModelsealError('ERR_KEY_HINT_MISMATCH', { hint: bundle.keyHint, fingerprint });
    }
    report.skipped('path', 'the key method has no certificates');
    report.skipped('revocation', 'the key method has no revocation: stop using the key instead');
    report.passed(
      'key',
      `${describeKey(key)}, given by the caller and named by the signature`,
      'OMS v1.0 §4.1',
    );
    return new AcceptedSigner({ method: 'key', publicKey: key, identities: [], chain: [] }, policy, report);
  }

  /** @throws {ModelsealError} `ERR_SIGNER_NOT_ACCEPTED` */
  static ofSigstore(signer: SigstoreSigner, policy: TrustPolicy, report: ReportBuilder): AcceptedSigner {
    const { publicKey, chain, identity } = signer;
    requireStrongKey(publicKey, 'the key of the Sigstore certificate');
    report.skipped('revocation', 'Sigstore certificates live minutes and are not revoked');
    return new AcceptedSigner(
      { method: 'sigstore', publicKey, identities: [identity.identity], chain },
      policy,
      report,
    );
  }

  /** How messages call the signer. */
  get label(): string {
    const [first] = this.identities;
    return first ?? this.chain[0]?.label ?? `key ${this.keyFingerprint}`;
  }

  #judge(report: ReportBuilder): void {
    const { policy } = this;
    if (policy.anySigner) {
      const why =
        this.method === 'certificate' ? 'any signer under the trust roots' : 'the signer that was asked for';
      report.passed('identity', `accepted: ${why}`);
      return;
    }
    for (const group of policy.signers) {
      if (group.some((rule) => this.#fits(rule))) continue;
      const accepted = group.map(describeRule);
      if (this.identities.length === 0 && group.every((rule) => rule.identity !== undefined)) {
        throw new ModelsealError('ERR_SIGNER_NO_IDENTITY', { subject: this.label, accepted });
      }
      const identities = this.identities.length > 0 ? [...this.identities] : [`key ${this.keyFingerprint}`];
      throw new ModelsealError('ERR_SIGNER_NOT_ACCEPTED', { identities, accepted });
    }
    report.passed('identity', `${this.label} is an accepted signer`);
  }

  /** Exact comparison of one spelling each, no patterns. */
  #fits(rule: SignerRule): boolean {
    return (
      (rule.identity === undefined || this.identities.includes(rule.identity)) &&
      (rule.key === undefined || rule.key === this.keyFingerprint) &&
      (rule.certificate === undefined || rule.certificate === this.chain[0]?.fingerprint)
    );
  }
}

const describeRule = (rule: SignerRule): string =>
  [
    rule.identity,
    rule.key === undefined ? undefined : `key ${rule.key}`,
    rule.certificate === undefined ? undefined : `certificate ${rule.certificate}`,
  ]
    .filter((part) => part !== undefined)
    .join(' with ');
