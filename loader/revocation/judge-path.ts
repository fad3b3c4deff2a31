import { ModelsealError } from '../../core/errors/index.js';
import { type Certificate, isoTime } from '../../core/x509/index.js';
import type { AlgorithmPolicy } from '../path/algorithm-policy.js';
import { ValidatedPath } from '../path/validated-path.js';
import { namedAddresses } from './addresses.js';
import type { RevocationOptions } from './options.js';
import { RevocationChecker } from './checker.js';
import type { RejectedEvidence } from './evidence.js';
import { type Revocation, revocationCounts } from './revocation.js';
import { type CertificateStatus, type Currency, furthest } from './status.js';

export interface Judged {
  /** Leaf first. */
  readonly statuses: CertificateStatus[];
  readonly warnings: ModelsealError[];
}

/** The decision for each certificate of a path; throws the refusal. */
export function judgePath(
  path: ValidatedPath,
  options: RevocationOptions & { readonly algorithms: AlgorithmPolicy },
): Judged {
  if (!ValidatedPath.isChecked(path)) {
    throw new ModelsealError('ERR_INTERNAL', { problem: 'revocation of a path that was not validated' });
  }
  const { evidence, mode, at } = options;
  if (mode === 'off') {
    const skipped = (certificate: Certificate): CertificateStatus => ({
      certificate,
      status: 'skipped',
      revocations: [],
      evidence: [],
      problems: [],
      givenProblems: [],
    });
    return { statuses: path.chain.map(skipped), warnings: [] };
  }
  const anyEvidence = evidence.crls.length + evidence.ocsp.length + evidence.rejected.length > 0;
  const needsProof = (certificate: Certificate, hasEvidence: boolean): boolean => {
    if (mode) return mode === 'require';
    return hasEvidence || namedAddresses(certificate).length > 0;
  };
  const checker = new RevocationChecker({
    anchor: path.anchor,
    chain: path.chain,
    evidence,
    currency: (certificate) => currencyOf(certificate, options),
    pathsAt: options.signedAt ?? at,
    algorithms: options.algorithms,
    needsProof,
  });
  // Who names a file on purpose means it: one that cannot be read is not passed over, whatever else there is.
  const unreadable = evidence.rejected.find(({ origin }) => origin === 'given');
  const warnings = evidence.rejected.map(({ error }) => error);
  const statuses: CertificateStatus[] = [];
  // From the anchor down: what is said of a CA comes before what that CA says.
  for (let i = path.chain.length - 1; i >= 0; i--) {
    const rest = path.chain.slice(i) as [Certificate, ...Certificate[]];
    const found = checker.statusOf(rest);
    statuses.unshift(found);
    const counting = found.revocations.find((one) => revocationCounts(one, options));
    if (counting) throw revoked(found.certificate, counting);
    const required =
      needsProof(rest[0], checker.hasEvidence(rest)) ||
      found.givenProblems.length > 0 ||
      (!mode && i === 0 && anyEvidence && !options.shared);
    if (found.status === 'unknown') {
      const error = missing(found, evidence.rejected);
      if (required) throw error;
      warnings.push(error);
    }
    for (const problem of found.problems) if (!warnings.includes(problem)) warnings.push(problem);
  }
  if (unreadable) throw unreadable.error;
  return { statuses, warnings: unique(warnings) };
}

/**
 * While a certificate lives, evidence must be of the present. Of one that ended since the proven time of signing, what
 * was known at any time since counts; `require` wants to know of its whole life.
 */
function currencyOf({ notAfter }: Certificate, { at, signedAt, mode }: RevocationOptions): Currency {
  if (signedAt === undefined || at <= notAfter) return { from: at, to: at };
  return { from: mode === 'require' && notAfter > signedAt ? notAfter : signedAt, to: at };
}

function unique(errors: readonly ModelsealError[]): ModelsealError[] {
  const seen = new Map(errors.map((error) => [`${error.code} ${error.message}`, error]));
  return [...seen.values()];
}

function revoked(certificate: Certificate, revocation: Revocation): ModelsealError {
  return new ModelsealError('ERR_REVOKED', {
    certificate: certificate.label,
    serial: certificate.serialNumber,
    reason: revocation.reason ?? 'unspecified',
    date: isoTime(revocation.date),
    source: revocation.source,
  });
}

/** Why the status of a certificate is not known: the evidence that got furthest, else one that could not be read. */
function missing(found: CertificateStatus, rejected: readonly RejectedEvidence[]): ModelsealError {
  const best = furthest(found.problems) ?? rejected.find(({ error }) => !isFetchError(error))?.error;
  if (best) return best;
  const addresses = namedAddresses(found.certificate);
  const failures = rejected.map(({ error }) => error.message);
  return new ModelsealError('ERR_REVOCATION_EVIDENCE_MISSING', {
    certificate: found.certificate.label,
    addresses: addresses.length > 0 ? addresses : ['none'],
    failures: failures.length > 0 ? failures : ['none'],
  });
}

/** No evidence is a refusal, whatever kept it from being fetched. */
const isFetchError = (error: ModelsealError): boolean => error.code.startsWith('ERR_FETCH_');
