import { matchSignature, type UnverifiedBundle } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { AcceptedSigner } from './accepted-signer.js';

/** The bytes that an accepted signer signed, as received; nothing of them has been parsed. */
export class VerifiedPayload {
  readonly signer: AcceptedSigner;
  readonly bytes: Uint8Array;
  /** How many signatures the bundle has, and how many of them verify. */
  readonly total: number;
  readonly valid: number;
  /** No signature is over the pre-authentication encoding: the form of release 0.2 of the reference implementation. */
  readonly legacy: boolean;
  /** Keeps look-alikes from passing for signed bytes. */
  readonly #verified = true;

  private constructor(
    signer: AcceptedSigner,
    bytes: Uint8Array,
    total: number,
    valid: number,
    legacy: boolean,
  ) {
    this.signer = signer;
    this.bytes = bytes;
    this.total = total;
    this.valid = valid;
    this.legacy = legacy;
    Object.freeze(this);
  }

  static isVerified(value: unknown): value is VerifiedPayload {
    return typeof value === 'object' && value !== null && #verified in value && value.#verified;
  }

  /**
   * Checks the signatures of a bundle with the key of an accepted signer. Every signature is judged; the signer's policy
   * says whether one invalid one is too many.
   *
   * @throws {ModelsealError} `ERR_SIGNATURE_INVALID`, `ERR_TIMESTAMP_OTHER_SIGNATURE`, `ERR_SIGNATURE_LEGACY`
   */
  static from(bundle: UnverifiedBundle, signer: AcceptedSigner): VerifiedPayload {
    if (!AcceptedSigner.isAccepted(signer))
      throw new ModelsealError('ERR_USAGE', { problem: 'VerifiedPayload.from needs an AcceptedSigner' });
    const total = bundle.signatures.length;
    const forms = bundle.signatures.map((signature) => matchSignature(bundle, signature, signer.publicKey));
    const valid = forms.filter((form) => form !== undefined);
    const failed = total - valid.length;
    const enough = valid.length > 0 && (failed === 0 || signer.policy.signatures === 'any');
    if (!enough) throw new ModelsealError('ERR_SIGNATURE_INVALID', { signer: signer.label, failed, total });
    // The signer was judged at the time of this signature, so that it must be one of those that hold.
    const { provenTime } = signer.presented;
    if (provenTime && forms[provenTime.signature] === undefined)
      throw new ModelsealError('ERR_TIMESTAMP_OTHER_SIGNATURE', {});
    const legacy = !valid.includes('dsse');
    if (legacy && signer.policy.legacy === 'refuse') throw new ModelsealError('ERR_SIGNATURE_LEGACY', {});
    return new VerifiedPayload(signer, bundle.payload, total, valid.length, legacy);
  }
}
