import { isModelsealError } from '../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../core/options.js';
import { ReportBuilder } from '../core/report/index.js';
import type { Certificate } from '../core/x509/index.js';
import { PATH_OPTIONS } from './path/build.js';
import { findPath, type PathOptions, pathCheckOf } from './path/index.js';
import { type CheckedPath, checkRevocation } from './revocation/checked-path.js';
import { mergeEvidence, NO_EVIDENCE, type RevocationEvidence } from './revocation/evidence.js';
import type { RevocationMode, RevocationOptions } from './revocation/options.js';
import { reportAge, reportMode, reportPath } from './revocation/report.js';

/** What a certificate is judged by. */
export interface CertificateOptions extends Omit<PathOptions, 'judge'> {
  readonly evidence?: RevocationEvidence | undefined;
  readonly revocation?: RevocationMode | undefined;
  /** With a proven time of signing, the path is judged at that time; see `RevocationOptions`. */
  readonly signedAt?: RevocationOptions['signedAt'];
  readonly claimedAt?: RevocationOptions['claimedAt'];
  readonly shared?: RevocationOptions['shared'];
  /** Asks for more evidence about a path that is valid so far, for instance from the network. */
  readonly fetch?: ((path: CheckedPath['path']) => Promise<RevocationEvidence>) | undefined;
  readonly report?: ReportBuilder | undefined;
}

const { judge: _, ...SEARCH } = PATH_OPTIONS;
const CERTIFICATE: OptionTable<CertificateOptions> = {
  ...SEARCH,
  evidence: is.object,
  revocation: is.one('require', 'prefer', 'off'),
  signedAt: is.time,
  claimedAt: is.time,
  shared: is.flag,
  fetch: is.call,
  report: is.made(ReportBuilder),
};

/**
 * Judges a certificate of any CA: path, then revocation. A path whose CA is revoked is not the end, if another valid
 * path is not touched by that.
 *
 * @throws {ModelsealError} what {@link findPath} and {@link checkRevocation} throw
 * @example
 * const [leaf] = readCertificates('ada/cert.pem');
 * await verifyCertificate(leaf, { anchors: readTrustAnchors(['root.pem']), at: new Date(), purpose: 'code-signing' });
 */
export async function verifyCertificate(
  leaf: Certificate,
  options: CertificateOptions,
): Promise<CheckedPath> {
  checkOptions('verifyCertificate', options, CERTIFICATE);
  const { report, evidence: given, revocation: mode, fetch, signedAt, claimedAt, shared, ...rest } = options;
  const { at, algorithms } = rest;
  const search = { ...rest, at: signedAt ?? at };
  const step = <T>(name: string, work: () => T | Promise<T>): Promise<T> =>
    report
      ? report.step(name, work, name === 'path' ? pathCheckOf : undefined)
      : Promise.resolve().then(work);

  const first = await step('path', () => findPath(leaf, search));
  for (const check of first.checks) report?.check(check);
  return step('revocation', async () => {
    // Before the check, so that the report of a refusal says what was asked for as well.
    if (report) reportMode(mode, report);
    const evidence = mergeEvidence(given ?? NO_EVIDENCE, (await fetch?.(first)) ?? NO_EVIDENCE);
    const revocation = { evidence, mode, at, signedAt, claimedAt, shared, algorithms };
    const judge = (candidate: CheckedPath['path']): void => void checkRevocation(candidate, revocation);
    const path = pathThat(judge, first, () => findPath(leaf, { ...search, judge }));
    const checked = checkRevocation(path, revocation);
    if (report) {
      reportPath(checked, report);
      reportAge(checked.statuses, checked.at, report);
    }
    return checked;
  });
}

/** The first path, or, where it is refused, another one: its signatures are not checked twice for nothing. */
function pathThat(
  judge: (path: CheckedPath['path']) => void,
  first: CheckedPath['path'],
  another: () => CheckedPath['path'],
): CheckedPath['path'] {
  try {
    judge(first);
    return first;
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return another();
  }
}
