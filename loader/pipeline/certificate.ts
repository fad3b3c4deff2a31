import type { UnverifiedBundle } from '../../core/bundle/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import { Certificate } from '../../core/x509/index.js';
import { TrustAnchors, validatePath } from '../path/index.js';
import type { TrustPolicy } from '../policy/policy.js';
import { checkRevocation } from '../revocation/checked-path.js';
import { NO_EVIDENCE } from '../revocation/evidence.js';
import type { VerifyOptions } from './options.js';
import { AcceptedSigner } from './signer.js';

/**
 * The certificate method: path, revocation and identity of the signer, in this order.
 *
 * The first certificate of the bundle is the signer's; the others, and the caller's intermediates, only help to find a
 * path, in whatever order they come.
 */
export async function acceptCertificate(
  bundle: UnverifiedBundle,
  options: VerifyOptions & { readonly trustRoots: TrustAnchors },
  policy: TrustPolicy,
  report: ReportBuilder,
): Promise<AcceptedSigner> {
  const { at, trustRoots, evidence, purpose, intermediates } = options;
  const validated = await report.step('path', () => {
    if (!(trustRoots instanceof TrustAnchors)) {
      throw new ModelsealError('ERR_USAGE', {
        problem: 'trustRoots is not made by TrustAnchors or readTrustAnchors',
      });
    }
    const [leaf, ...rest] = bundle.chain.map((der) => Certificate.decode(der));
    if (!leaf) throw new ModelsealError('ERR_BUNDLE_CHAIN_EMPTY', {});
    return validatePath(leaf, {
      anchors: trustRoots,
      intermediates: [...rest, ...(intermediates ?? [])],
      at,
      purpose: purpose ?? 'code-signing',
      report,
    });
  });
  const checked = await report.step('revocation', () =>
    checkRevocation(validated, { evidence: evidence ?? NO_EVIDENCE, mode: policy.revocation, at, report }),
  );
  return report.step('identity', () => AcceptedSigner.ofPath(checked, policy, report));
}
