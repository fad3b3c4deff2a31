import { KeyObject } from 'node:crypto';
import { namedKey, type SigningMethod, type UnverifiedBundle } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { publicKeyFingerprint, requireStrongKey } from '../../core/keys/index.js';
import { type Certificate, readIdentities } from '../../core/x509/index.js';
import type { CheckedPath } from '../revocation/index.js';
import type { SigstoreSigner } from '../sigstore/index.js';
import type { ProvenTime } from '../timestamp/proven-time.js';

interface SignerParts {
  readonly method: SigningMethod;
  readonly publicKey: KeyObject;
  readonly identities: readonly string[];
  readonly malformed?: readonly string[];
  readonly chain: readonly Certificate[];
  readonly policies?: readonly string[];
  readonly provenTime?: ProvenTime | undefined;
}

/**
 * Who a signature is from, proven by a checked path, by a key that the caller trusts, or by Sigstore. Whether that is one
 * of those the operator accepts is not decided yet. Made only by its three factories.
 */
export class PresentedSigner {
  readonly method: SigningMethod;
  /** The key that signatures are checked with: from the checked path, or the caller's own. Never from a bundle. */
  readonly publicKey: KeyObject;
  readonly keyFingerprint: string;
  readonly identities: readonly string[];
  /** Names of the certificate that identify nobody. */
  readonly malformed: readonly string[];
  /** Leaf first, trust anchor last. */
  readonly chain: readonly Certificate[];
  /** Certificate policies that hold for the whole path, OIDs. */
  readonly policies: readonly string[];
  /** When it signed at the latest, where a trusted time stamp proves it. */
  readonly provenTime: ProvenTime | undefined;
  /** Keeps look-alikes from passing for a proven signer. */
  readonly #presented = true;

  private constructor(parts: SignerParts) {
    this.method = parts.method;
    this.publicKey = parts.publicKey;
    this.keyFingerprint = publicKeyFingerprint(parts.publicKey);
    this.identities = parts.identities;
    this.malformed = parts.malformed ?? [];
    this.chain = parts.chain;
    this.policies = parts.policies ?? [];
    this.provenTime = parts.provenTime;
    Object.freeze(this);
  }

  static isPresented(value: unknown): value is PresentedSigner {
    return typeof value === 'object' && value !== null && #presented in value && value.#presented;
  }

  /**
   * The holder of a certificate.
   *
   * @throws {ModelsealError} `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED`
   */
  static ofPath(checked: CheckedPath, provenTime?: ProvenTime): PresentedSigner {
    const { leaf, anchor, chain, policies } = checked.path;
    requireStrongKey(leaf.publicKey(), `the key of ${leaf.label}`);
    const full = anchor.certificate ? [...chain, anchor.certificate] : chain;
    const publicKey = leaf.publicKey();
    const identified = readIdentities(leaf);
    return new PresentedSigner({
      method: 'certificate',
      publicKey,
      ...identified,
      chain: full,
      policies: policies.authorityPolicies,
      provenTime,
    });
  }

  /**
   * The holder of a key that the caller trusts. What the bundle says of its key is compared and used for nothing else.
   *
   * @throws {ModelsealError} `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED`, `ERR_KEY_HINT_MISMATCH`, `ERR_KEY_BYTES_MISMATCH`
   */
  static ofKey(bundle: UnverifiedBundle, publicKey: KeyObject, provenTime?: ProvenTime): PresentedSigner {
    if (!(publicKey instanceof KeyObject) || publicKey.type !== 'public') {
      throw new ModelsealError('ERR_USAGE', { problem: 'publicKey is not the KeyObject of a public key' });
    }
    requireStrongKey(publicKey, 'the public key');
    const fingerprint = publicKeyFingerprint(publicKey);
    if (namedKey(bundle, publicKey) === 'mismatch') {
      throw bundle.keyHint === undefined
        ? new ModelsealError('ERR_KEY_BYTES_MISMATCH', { fingerprint })
        : new ModelsealError('ERR_KEY_HINT_MISMATCH', { hint: bundle.keyHint, fingerprint });
    }
    return new PresentedSigner({ method: 'key', publicKey, identities: [], chain: [], provenTime });
  }

  /** @throws {ModelsealError} `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED` */
  static ofSigstore({ publicKey, logged: { chain }, identity }: SigstoreSigner): PresentedSigner {
    requireStrongKey(publicKey, 'the key of the Sigstore certificate');
    return new PresentedSigner({ method: 'sigstore', publicKey, identities: [identity.identity], chain });
  }

  /** How messages call the signer. */
  get label(): string {
    const [first] = this.identities;
    return first ?? this.chain[0]?.label ?? `key ${this.keyFingerprint}`;
  }
}
