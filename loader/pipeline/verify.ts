import { UnverifiedBundle } from '../../core/bundle/index.js';
import { PARALLEL_FILES, warmUp } from '../../core/digest/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { type Report, ReportBuilder } from '../../core/report/index.js';
import { TrustPolicy } from '../policy/policy.js';
import {
  reportAccepted,
  reportComparison,
  reportListing,
  reportLogged,
  reportManifest,
  reportPayload,
  reportPresented,
  reportSigstore,
} from './account.js';
import { ComparedModel } from './compared-model.js';
import { ListedModel } from './listing.js';
import { VerifiedManifest } from './manifest.js';
import { MatchedModel } from './match.js';
import { checkVerifyOptions, type VerifyOptions } from './options.js';
import { VerifiedPayload } from './payload.js';
import { PresentedSigner } from './presented-signer.js';
import { readSignature } from './signature-file.js';
import { AcceptedSigner } from './signer.js';

/** A model that is what an accepted signer signed, and the account of how that was found out. */
export interface VerifiedModel {
  readonly model: MatchedModel;
  readonly report: Report;
}

/** A signature over {@link PARALLEL_FILES} names and digests has about this many bytes. */
const MANY_FILES_BYTES = PARALLEL_FILES * 200;

/**
 * Verifies a signed model: whose signature, whether over these files, whether over all of them.
 *
 * @param path Model folder or single file.
 * @throws {ModelsealError} The cause of the refusal. `options.report` then holds everything that was checked.
 */
export async function verifyModel(path: string, options: VerifyOptions): Promise<VerifiedModel> {
  checkVerifyOptions('verifyModel', options);
  const report = options.report ?? new ReportBuilder(path, options.at);
  const model = await runVerification(path, options, report);
  return { model, report: report.build() };
}

/**
 * The steps of DESIGN §2 up to the signed list of files. No file of the model has been looked at yet: for callers,
 * such as the guard, that check each file when it is used.
 */
export async function verifyManifest(
  path: string,
  options: VerifyOptions,
  report: ReportBuilder,
): Promise<{ readonly manifest: VerifiedManifest; readonly file: string }> {
  const policy = await report.step('trust', () => effectivePolicy(options));
  const { bundle, file } = await report.step('bundle', () => {
    const read = readSignature(path, options.signature);
    // So long a list is hashed by two threads; the second one starts while the list is verified.
    if (read.bytes.length > MANY_FILES_BYTES) warmUp();
    const parsed = UnverifiedBundle.parse(read.bytes);
    report.passed('bundle', `well-formed, method ${parsed.method}`, 'OMS v1.0 §4');
    return { bundle: parsed, file: read.path };
  });
  const signer = await acceptSigner(bundle, options, policy, report);
  const manifest = await report.step('signature', () => {
    const payload = VerifiedPayload.from(bundle, signer);
    reportPayload(report, payload);
    return VerifiedManifest.from(payload);
  });
  reportManifest(report, manifest);
  return { manifest, file };
}

/** The steps of DESIGN §2 up to the matched model; each takes only what the one before returned. */
export async function runVerification(
  path: string,
  options: VerifyOptions,
  report: ReportBuilder,
): Promise<MatchedModel> {
  const { manifest, file } = await verifyManifest(path, options, report);
  const { ignorePaths, only, hold, ignoreUnsignedFiles, onProgress } = options;
  const compared = await report.step('files', () => {
    const listed = ListedModel.of(manifest, path, { signatureFile: file, ignorePaths, only });
    reportListing(report, listed);
    return ComparedModel.of(listed, { hold, ignoreUnsignedFiles, onProgress });
  });
  reportComparison(report, compared);
  return MatchedModel.from(compared);
}

/** The policy with the single options folded in, after checking that there is one kind of trust. */
function effectivePolicy(options: VerifyOptions): TrustPolicy {
  const kinds = { trustRoots: options.trustRoots, publicKey: options.publicKey, sigstore: options.sigstore };
  const given = Object.entries(kinds).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) throw new ModelsealError('ERR_TRUST_MISSING', {});
  if (given.length > 1) throw new ModelsealError('ERR_TRUST_AMBIGUOUS', { given });
  if (!(options.at instanceof Date) || Number.isNaN(options.at.getTime())) {
    throw new ModelsealError('ERR_USAGE', { problem: 'the time of verification (at) is not a date' });
  }
  const policy = options.policy ?? TrustPolicy.of();
  return policy.and(
    TrustPolicy.of({
      revocation: options.revocation,
      manifestIgnores: options.manifestIgnores,
      // These two have no option: the policy's own word stays.
      signatures: policy.signatures,
      legacy: policy.legacy,
    }),
  );
}

async function acceptSigner(
  bundle: UnverifiedBundle,
  options: VerifyOptions,
  policy: TrustPolicy,
  report: ReportBuilder,
): Promise<AcceptedSigner> {
  const { at, trustRoots, publicKey, sigstore } = options;
  const wanted = trustRoots ? 'certificate' : publicKey ? 'key' : 'sigstore';
  if (bundle.method !== wanted) {
    const mismatch = new ModelsealError('ERR_TRUST_METHOD', { found: bundle.method, wanted });
    report.failed('trust', mismatch);
    throw mismatch;
  }
  const accept = (present: () => PresentedSigner): Promise<AcceptedSigner> =>
    report.step('identity', () => {
      const presented = present();
      reportPresented(report, presented);
      const accepted = AcceptedSigner.from(presented, policy);
      reportAccepted(report, accepted);
      return accepted;
    });
  if (publicKey) return accept(() => PresentedSigner.ofKey(bundle, publicKey));
  if (sigstore) {
    const signer = await report.step('sigstore', async () => {
      const { LoggedSignature, SigstoreSigner } = await import('../sigstore/index.js');
      const logged = await LoggedSignature.verify(bundle, sigstore);
      reportLogged(report);
      return SigstoreSigner.from(logged, sigstore, at);
    });
    reportSigstore(report, signer);
    return accept(() => PresentedSigner.ofSigstore(signer));
  }
  if (!trustRoots) throw new ModelsealError('ERR_TRUST_MISSING', {});
  // Path validation is a third of all this code, and the other methods have no use for it.
  const { checkSignerPath } = await import('./certificate.js');
  const checked = await checkSignerPath(bundle, { ...options, trustRoots }, policy, report);
  return accept(() => PresentedSigner.ofPath(checked));
}
