import {
  decodeStatement,
  matchSignature,
  type Statement,
  type UnverifiedBundle,
} from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { Manifest } from '../../core/model/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import type { AcceptedSigner } from './signer.js';

/**
 * The list of a model's files, signed by an accepted signer. Made only by {@link VerifiedManifest.from}, which checks
 * the received bytes first and parses them second.
 */
export class VerifiedManifest {
  readonly manifest: Manifest;
  readonly signer: AcceptedSigner;
  /** Digest over names, sizes and digests, where the signer recorded one. */
  readonly treeDigest: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  /** Keeps copies and look-alikes from passing for a verified manifest. */
  readonly #verified = true;

  private constructor(statement: Statement, signer: AcceptedSigner) {
    this.manifest = statement.manifest;
    this.signer = signer;
    this.treeDigest = statement.treeDigest;
    this.metadata = statement.annotations;
    Object.freeze(this);
  }

  /** False for anything that merely looks like one; for callers without a type checker. */
  static isVerified(value: unknown): value is VerifiedManifest {
    return typeof value === 'object' && value !== null && #verified in value && value.#verified;
  }

  /**
   * Checks the signatures of a bundle with the key of an accepted signer, over the payload as received, and then
   * parses the payload. Every signature is judged; the signer's policy says whether one invalid one is too many.
   *
   * @throws {ModelsealError} `ERR_SIGNATURE_INVALID`, `ERR_SIGNATURE_LEGACY`, and the codes of the statement
   */
  static from(bundle: UnverifiedBundle, signer: AcceptedSigner, report: ReportBuilder): VerifiedManifest {
    const total = bundle.signatures.length;
    const forms = bundle.signatures.map((signature) => matchSignature(bundle, signature, signer.publicKey));
    const valid = forms.filter((form) => form !== undefined);
    const failed = total - valid.length;
    const enough = valid.length > 0 && (failed === 0 || signer.policy.signatures === 'any');
    if (!enough) throw new ModelsealError('ERR_SIGNATURE_INVALID', { signer: signer.label, failed, total });
    const legacy = !valid.includes('dsse');
    if (legacy && signer.policy.legacy === 'refuse') throw new ModelsealError('ERR_SIGNATURE_LEGACY', {});
    const what = total === 1 ? 'the signature verifies' : `${valid.length} of ${total} signatures verify`;
    report.passed('signature', `${what} over the manifest as received`, 'DSSE v1');
    if (failed > 0)
      report.warning(
        'signature.others',
        `${failed} of ${total} signatures do not verify; the policy asks for one`,
      );
    if (legacy)
      report.warning('signature.form', 'the old form of release 0.2 of the reference implementation');

    const statement = decodeStatement(bundle.payload);
    const { manifest } = statement;
    report.passed(
      'manifest',
      `${manifest.files().length} files, ${manifest.serialization.method}, ${manifest.hashType}, in the form of ${statement.format}`,
      'OMS v1.0 §5',
    );
    if (statement.annotations) report.metadata(statement.annotations);
    return new VerifiedManifest(statement, signer);
  }
}
