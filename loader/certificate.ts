import type { ReportBuilder } from '../core/report/index.js';
import type { Certificate } from '../core/x509/index.js';
import { findPath, type PathOptions, pathCheckOf } from './path/index.js';
import { type CheckedPath, checkRevocation, type RevocationMode } from './revocation/checked-path.js';
import { mergeEvidence, NO_EVIDENCE, type RevocationEvidence } from './revocation/evidence.js';

/** What a certificate is judged by. */
export interface CertificateOptions extends Omit<PathOptions, 'judge'> {
  readonly evidence?: RevocationEvidence | undefined;
  readonly revocation?: RevocationMode | undefined;
  /** Asks for more evidence about a path that is valid so far, for instance from the network. */
  readonly fetch?: ((path: CheckedPath['path']) => Promise<RevocationEvidence>) | undefined;
  readonly report?: ReportBuilder | undefined;
}

/**
 * Judges a certificate of any CA: path, then revocation. A path whose CA is revoked is not the end, if another valid
 * path is not touched by that.
 *
 * @throws {ModelsealError} what {@link findPath} and {@link checkRevocation} throw
 */
export async function verifyCertificate(
  leaf: Certificate,
  options: CertificateOptions,
): Promise<CheckedPath> {
  const { report, at, algorithms } = options;
  const step = <T>(name: string, work: () => T | Promise<T>): Promise<T> =>
    report
      ? report.step(name, work, name === 'path' ? pathCheckOf : undefined)
      : Promise.resolve().then(work);

  const first = await step('path', () => findPath(leaf, options));
  for (const check of first.checks) report?.check(check);
  return step('revocation', async () => {
    const fetched = await options.fetch?.(first);
    const evidence = mergeEvidence(options.evidence ?? NO_EVIDENCE, fetched ?? NO_EVIDENCE);
    const revocation = { evidence, mode: options.revocation, at, algorithms };
    const path = findPath(leaf, {
      ...options,
      judge: (candidate) => void checkRevocation(candidate, revocation),
    });
    return checkRevocation(path, { ...revocation, report });
  });
}
