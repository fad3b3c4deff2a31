import type { UnverifiedBundle } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import type { TrustPolicy } from '../policy/policy.js';
import type { ProvenTime } from '../timestamp/proven-time.js';
import { AcceptedSigner } from './accepted-signer.js';
import { reportAccepted, reportLogged, reportPresented, reportSigstore, reportTime } from './account.js';
import type { VerifyOptions } from './options.js';
import { PresentedSigner } from './presented-signer.js';

/**
 * Whose signature a bundle holds, by the trust of the options, and that the policy accepts them.
 *
 * @throws {ModelsealError} The cause of the refusal, which is in the report too
 */
export async function acceptSigner(
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
  if (publicKey) {
    const time = await provenTime(bundle, options, policy, report);
    return accept(() => PresentedSigner.ofKey(bundle, publicKey, time));
  }
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
  const { checkSignerPath } = await import('./signer-path.js');
  const time = await provenTime(bundle, options, policy, report);
  const judged = { ...options, trustRoots };
  const checked = await checkSignerPath(bundle, judged, policy, report, time?.signedAt);
  return accept(() => PresentedSigner.ofPath(checked, time));
}

/** When the signature was made at the latest, as far as trusted authorities say; the code for it is loaded when needed. */
async function provenTime(
  bundle: UnverifiedBundle,
  { tsaRoots: anchors, tsaPolicies: policies, at, evidence, fetch, intermediates = [] }: VerifyOptions,
  { revocation }: TrustPolicy,
  report: ReportBuilder,
): Promise<ProvenTime | undefined> {
  const count = bundle.timestamps.length;
  if (count === 0 || !anchors) {
    const untrusted = `${count} not looked at: no time-stamp authority is trusted (--tsa-root)`;
    if (count > 0) report.skipped('timestamp', untrusted);
    else if (anchors) report.skipped('timestamp', 'the signature has no time stamp');
    return undefined;
  }
  return report.step('timestamp', async () => {
    const { ProvenTime } = await import('../timestamp/proven-time.js');
    const found = await ProvenTime.read(bundle, {
      anchors,
      policies,
      at,
      intermediates,
      evidence,
      revocation,
      fetch,
    });
    reportTime(report, found);
    return found.proven;
  });
}
