import { decodeStatement, type Statement } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { Manifest } from '../../core/model/index.js';
import { isoTime } from '../../core/x509/index.js';
import { requireManifest } from './policy-demands.js';
import { VerifiedPayload } from './verified-payload.js';
import type { AcceptedSigner } from './accepted-signer.js';

/**
 * The list of a model's files, signed by an accepted signer. Made only by {@link VerifiedManifest.from}, from bytes
 * that were checked as received.
 */
export class VerifiedManifest {
  readonly manifest: Manifest;
  readonly signer: AcceptedSigner;
  /** Digest over names, sizes and digests, where the signer recorded one. */
  readonly treeDigest: string | undefined;
  /** How the statement is written: `OMS v1.0`, or an older form. */
  readonly format: Statement['format'];
  /** Until when the signer wants the signature used. */
  readonly expires: Date | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Keeps copies and look-alikes from passing for a verified manifest. */
  readonly #verified = true;

  private constructor(statement: Statement, signer: AcceptedSigner) {
    this.manifest = statement.manifest;
    this.signer = signer;
    this.treeDigest = statement.treeDigest;
    this.format = statement.format;
    this.expires = statement.expires;
    this.metadata = statement.annotations;
    Object.freeze(this);
  }

  /** False for anything that merely looks like one; for callers without a type checker. */
  static isVerified(value: unknown): value is VerifiedManifest {
    return typeof value === 'object' && value !== null && #verified in value && value.#verified;
  }

  /**
   * Parses bytes whose signature was checked.
   *
   * @param at The present: a time stamp does not prolong what the signer limited.
   * @throws {ModelsealError} `ERR_SIGNATURE_EXPIRED`, the codes of the statement, what {@link requireManifest} throws
   */
  static from(payload: VerifiedPayload, at: Date): VerifiedManifest {
    if (!VerifiedPayload.isVerified(payload))
      throw new ModelsealError('ERR_USAGE', { problem: 'VerifiedManifest.from needs a VerifiedPayload' });
    const statement = decodeStatement(payload.bytes);
    const { expires } = statement;
    // Written so that an invalid Date (NaN) refuses.
    if (expires && !(at <= expires))
      throw new ModelsealError('ERR_SIGNATURE_EXPIRED', { expires: isoTime(expires), at: isoTime(at) });
    requireManifest(statement.manifest, statement.annotations, payload.signer.policy.demands);
    return new VerifiedManifest(statement, payload.signer);
  }
}
