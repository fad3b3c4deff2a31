import type { UnverifiedBundle } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import { Certificate } from '../../core/x509/index.js';
import { verifyCertificate } from '../verify-certificate.js';
import { TrustAnchors } from '../path/index.js';
import type { TrustPolicy } from '../policy/policy.js';
import type { CheckedPath } from '../revocation/checked-path.js';
import { decodeEvidence, mergeEvidence, NO_EVIDENCE } from '../revocation/evidence.js';
import type { VerifyOptions } from './options.js';

/**
 * The certificate method: path and revocation of the signer.
 *
 * The first certificate of the bundle is the signer's; the others, and the caller's intermediates, only help to find a
 * path, in whatever order they come.
 */
export async function checkSignerPath(
  bundle: UnverifiedBundle,
  options: VerifyOptions & { readonly trustRoots: TrustAnchors },
  policy: TrustPolicy,
  report: ReportBuilder,
  signedAt?: Date,
): Promise<CheckedPath> {
  const { at, trustRoots, purpose, fetch } = options;
  const [leaf, ...rest] = await report.step('path', () => {
    if (!(trustRoots instanceof TrustAnchors)) {
      const problem = 'trustRoots is not made by TrustAnchors or readTrustAnchors';
      throw new ModelsealError('ERR_USAGE', { problem });
    }
    return bundle.chain.map((der) => Certificate.decode(der));
  });
  if (!leaf) throw new ModelsealError('ERR_BUNDLE_CHAIN_EMPTY', {});
  const intermediates = [...rest, ...(options.intermediates ?? [])];
  // What the bundle brings is no more trusted than what the caller brings: each list and answer must prove itself.
  const given = mergeEvidence(
    options.evidence ?? NO_EVIDENCE,
    decodeEvidence(bundle.stapled, 'bundle', [], 'stapled'),
  );
  return verifyCertificate(leaf, {
    anchors: trustRoots,
    intermediates,
    at,
    signedAt,
    purpose: purpose ?? 'code-signing',
    // The signer of a CRL need not lie on the path itself; the bundle may bring its certificate.
    evidence: { ...given, certificates: [...given.certificates, ...intermediates] },
    revocation: policy.revocation,
    fetch,
    report,
  });
}
