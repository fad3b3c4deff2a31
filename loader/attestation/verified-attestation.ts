import { type Attestation, decodeAttestation } from '../../core/attestation/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { AcceptedSigner } from '../pipeline/accepted-signer.js';
import { VerifiedPayload } from '../pipeline/verified-payload.js';

/** What an accepted signer said of one model. Made only by {@link VerifiedAttestation.from}. */
export class VerifiedAttestation {
  readonly attestation: Attestation;
  readonly signer: AcceptedSigner;
  /** The attestation's file, as it was read. */
  readonly bytes: Uint8Array;
  /** Keeps look-alikes from passing for a verified attestation. */
  readonly #verified = true;

  private constructor(attestation: Attestation, signer: AcceptedSigner, bytes: Uint8Array) {
    this.attestation = attestation;
    this.signer = signer;
    this.bytes = bytes;
    Object.freeze(this);
  }

  static isVerified(value: unknown): value is VerifiedAttestation {
    return typeof value === 'object' && value !== null && #verified in value && value.#verified;
  }

  /**
   * Reads signed bytes as an attestation about the model with this tree digest.
   *
   * @throws {ModelsealError} `ERR_ATTESTATION`, `ERR_ATTESTATION_SUBJECT`, `ERR_SIGNATURE_LEGACY`
   */
  static from(payload: VerifiedPayload, treeDigest: string, bytes: Uint8Array): VerifiedAttestation {
    if (!VerifiedPayload.isVerified(payload))
      throw new ModelsealError('ERR_USAGE', { problem: 'VerifiedAttestation.from needs a VerifiedPayload' });
    if (payload.legacy) throw new ModelsealError('ERR_SIGNATURE_LEGACY', {});
    const attestation = decodeAttestation(payload.bytes);
    if (attestation.treeDigest !== treeDigest)
      throw new ModelsealError('ERR_ATTESTATION_SUBJECT', { name: attestation.name, treeDigest });
    return new VerifiedAttestation(attestation, payload.signer, bytes);
  }
}
