import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import type { CertificateList, RevokedEntry } from '../../core/x509/crl.js';
import { ALL_REASONS, directoryNames } from '../../core/x509/crl-distribution-point.js';
import { type Certificate, isoTime, type Name, type ReasonFlag, sameBytes } from '../../core/x509/index.js';
import type { CrlEvidence } from './evidence.js';
import type { Revocation } from './revocation.js';
import { MAX_CLOCK_SKEW_MS } from './limits.js';
import { distributionPoints, issuedForPoint, scopeOf } from './scope.js';
import type { Signer } from './signers.js';
import type { Currency, EvidenceUsed } from './status.js';

/** What the CRLs at hand say about a certificate. */
export interface CrlVerdict {
  /** Each authorised statement that the certificate is revoked. */
  readonly revocations: readonly Revocation[];
  /** Every reason is covered by lists that count, and none lists the certificate (RFC 5280 §6.3.3). */
  readonly good: boolean;
  readonly evidence: readonly EvidenceUsed[];
  readonly problems: readonly ModelsealError[];
  /** Those of them that are of evidence which somebody gave on purpose. */
  readonly givenProblems: readonly ModelsealError[];
}

/** A list that its signer was entitled to sign, for this path. */
interface AuthenticList extends CrlEvidence {
  readonly signer: Signer;
  readonly reasons: ReadonlySet<ReasonFlag>;
  /** What it says about the certificate; undefined where it does not list it. */
  readonly entry: RevokedEntry | undefined;
}

/** Why lists did not count, each reason once, and whose they were. */
class Problems {
  readonly #all = new Map<string, ModelsealError>();
  readonly #given = new Set<ModelsealError>();

  add(kind: string, { list, origin }: CrlEvidence, error: ModelsealError): void {
    const key = `${list.fingerprint} ${kind}`;
    this.#all.set(key, error);
    if (origin === 'given') this.#given.add(error);
  }

  /** Something to be said of a list that counts. */
  note({ list }: CrlEvidence, error: ModelsealError): void {
    this.#all.set(`${list.fingerprint} note`, error);
  }

  incomplete(error: ModelsealError): void {
    this.#all.set('reasons', error);
  }

  get all(): ModelsealError[] {
    return [...this.#all.values()];
  }

  get given(): ModelsealError[] {
    return this.all.filter((error) => this.#given.has(error));
  }
}

/** Finds the authorised signer of a list; throws the list's problem where there is none. */
export type Authorise = (list: CertificateList) => Signer;

/**
 * The CRL part of the revocation check of one certificate (RFC 5280 §6.3.3): every list in scope is looked at, not only
 * as many as complete the reasons, so that no list at hand that revokes goes unread.
 */
export function checkCrls(
  certificate: Certificate,
  crls: readonly CrlEvidence[],
  at: Currency,
  authorise: Authorise,
): CrlVerdict {
  const problems = new Problems();
  const evidence: EvidenceUsed[] = [];
  const covered = new Set<ReasonFlag>();
  const revocations: Revocation[] = [];
  const lists = authenticLists(certificate, crls, authorise, problems);
  const deltas = lists.filter(({ list }) => list.isDelta);
  const usedDeltas = new Set<AuthenticList>();
  const complete = lists.filter(({ list }) => !list.isDelta).sort(newestFirst);
  const current = complete.filter(({ list }) => !timeProblem(list, at, false));
  // Only a list that is current itself can replace an earlier one of its scope.
  const replaced = (one: AuthenticList): boolean =>
    current.some((other) => newestFirst(other, one) < 0 && sameScope(other, one));
  const revoke = (entry: RevokedEntry | undefined, from: AuthenticList, holdLifted: boolean): void => {
    if (!entry || entry.reason === 'removeFromCRL') return;
    if (entry.reason !== 'certificateHold' || !holdLifted) revocations.push(toRevocation(entry, from));
  };
  for (const base of complete) {
    const delta = deltaFor(base, deltas, at);
    if (delta) usedDeltas.add(delta);
    const { entry } = base;
    const change = delta?.entry;
    const problem =
      timeProblem(base.list, at, delta !== undefined) ?? expiryProblem(certificate, base.list, at);
    if (problem?.code !== 'ERR_CRL_FUTURE') {
      if (delta) revoke(change, delta, replaced(delta));
      // A hold that the delta, or a newer list of the same scope, no longer has was lifted (RFC 5280 §6.3.3 k). Any
      // other revocation is for good (§5.3.1): it counts even from a list that is too old to clear anybody.
      revoke(entry, base, change !== undefined || problem !== undefined || replaced(base));
    }
    if (problem) {
      problems.add('time', base, problem);
      continue;
    }
    if (base.list.number === undefined) problems.note(base, numberMissing(base.list));
    evidence.push(used('crl', base, entry));
    if (delta) evidence.push(used('delta-crl', delta, change));
    for (const reason of base.reasons) covered.add(reason);
  }
  for (const delta of deltas) {
    if (usedDeltas.has(delta)) continue;
    const outdated = replaced(delta) || [...usedDeltas].some((other) => sameScope(other, delta));
    const problem = timeProblem(delta.list, at, false) ?? (outdated ? undefined : withoutBase(delta.list));
    if (problem) problems.add('delta', delta, problem);
    // Without its base it can clear nobody, but an authorised issuer says here that the certificate is revoked.
    if (problem?.code === 'ERR_CRL_FUTURE') continue;
    revoke(delta.entry, delta, problem?.code !== 'ERR_CRL_DELTA_WITHOUT_BASE');
  }
  const missing = [...ALL_REASONS].filter((reason) => !covered.has(reason));
  if (covered.size > 0 && missing.length > 0) {
    const error = new ModelsealError('ERR_REVOCATION_REASONS_INCOMPLETE', {
      certificate: certificate.label,
      missing,
    });
    problems.incomplete(error);
  }
  return {
    revocations,
    good: revocations.length === 0 && missing.length === 0,
    evidence,
    problems: problems.all,
    givenProblems: problems.given,
  };
}

/** Lists with this certificate in their scope whose signer is authorised; for the others, the reason why not. */
function authenticLists(
  certificate: Certificate,
  crls: readonly CrlEvidence[],
  authorise: Authorise,
  problems: Problems,
): AuthenticList[] {
  const points = distributionPoints(certificate);
  const found: AuthenticList[] = [];
  for (const crl of crls) {
    const { list } = crl;
    const reasons = new Set<ReasonFlag>();
    let scopeProblem: string | undefined;
    for (const point of points) {
      if (!issuedForPoint(list, certificate, point)) continue;
      const scope = scopeOf(list, certificate, point);
      if ('problem' in scope) scopeProblem ??= scope.problem;
      else for (const reason of scope.reasons) reasons.add(reason);
    }
    const issuer = list.issuer.toString();
    if (reasons.size === 0) {
      if (scopeProblem === undefined) continue;
      const details = { issuer, certificate: certificate.label, problem: scopeProblem };
      problems.add('scope', crl, new ModelsealError('ERR_CRL_SCOPE', details));
      continue;
    }
    try {
      found.push({ ...crl, signer: authorise(list), reasons, entry: entryFor(list, certificate) });
    } catch (error) {
      if (!isModelsealError(error) || error.code === 'ERR_EVIDENCE_BUDGET') throw error;
      problems.add('signer', crl, error);
    }
  }
  return found;
}

const newestFirst = (a: CrlEvidence, b: CrlEvidence): number =>
  b.list.thisUpdate.getTime() - a.list.thisUpdate.getTime() ||
  Number((b.list.number ?? -1n) - (a.list.number ?? -1n));

/** Same issuer, key and issuing distribution point: a later list replaces an earlier one. */
function sameScope(a: AuthenticList, b: AuthenticList): boolean {
  const left = a.list.issuingDistributionPoint?.raw;
  const right = b.list.issuingDistributionPoint?.raw;
  const point = left && right ? sameBytes(left, right) : left === right;
  return point && a.list.issuer.equals(b.list.issuer) && sameBytes(a.signer.spki, b.signer.spki);
}

/** The newest current delta CRL that continues a complete one: RFC 5280 §5.2.4 and §6.3.3 (c). */
function deltaFor(
  base: AuthenticList,
  deltas: readonly AuthenticList[],
  at: Currency,
): AuthenticList | undefined {
  const fits = deltas.filter(({ list, ...rest }) => {
    const [from, to, number] = [list.baseNumber, list.number, base.list.number];
    if (from === undefined || to === undefined || number === undefined || timeProblem(list, at, false))
      return false;
    const keyIds = [base.list.authorityKeyIdentifierRaw, list.authorityKeyIdentifierRaw] as const;
    const sameKeyId = keyIds[0] && keyIds[1] ? sameBytes(keyIds[0], keyIds[1]) : keyIds[0] === keyIds[1];
    return (
      sameKeyId &&
      sameScope({ list, ...rest }, base) &&
      number >= from &&
      number <= to &&
      // A delta made before its base cannot continue it.
      list.thisUpdate >= base.list.thisUpdate
    );
  });
  return fits.sort(newestFirst)[0];
}

/** The entry of a certificate, by serial number and certificate issuer (§5.3.3). */
function entryFor(list: CertificateList, certificate: Certificate): RevokedEntry | undefined {
  const matching = list.find(certificate.serialBytes).filter((entry) => {
    const issuers: readonly Name[] = entry.certificateIssuer
      ? directoryNames(entry.certificateIssuer)
      : [list.issuer];
    return issuers.some((issuer) => issuer.equals(certificate.issuer));
  });
  // More than one can only come from an indirect list that names an issuer twice; the harshest counts.
  return matching.find((entry) => entry.reason !== 'removeFromCRL') ?? matching[0];
}

function toRevocation(entry: RevokedEntry, from: AuthenticList): Revocation {
  return {
    date: entry.revocationDate,
    ...(entry.reason ? { reason: entry.reason } : {}),
    ...(entry.invalidityDate ? { invalidityDate: entry.invalidityDate } : {}),
    source: `CRL ${from.list.number ?? 'without a number'} of ${from.list.issuer.toString()}`,
  };
}

function timeProblem(
  list: CertificateList,
  { from, to }: Currency,
  hasDelta: boolean,
): ModelsealError | undefined {
  const issuer = list.issuer.toString();
  // Written so that an invalid Date (NaN) refuses.
  if (!(list.thisUpdate.getTime() <= to.getTime() + MAX_CLOCK_SKEW_MS)) {
    const thisUpdate = isoTime(list.thisUpdate);
    return new ModelsealError('ERR_CRL_FUTURE', { issuer, thisUpdate, at: isoTime(to) });
  }
  // A complete list past its date serves as base of a delta that is current (§6.3.3 a 1 i).
  if (hasDelta || from <= list.nextUpdate) return undefined;
  return new ModelsealError('ERR_CRL_STALE', {
    issuer,
    nextUpdate: isoTime(list.nextUpdate),
    at: isoTime(from),
  });
}

/**
 * A list may drop a certificate after its expiry (§3.3), so one made later proves nothing about it unless it says that
 * it keeps expired ones.
 */
function expiryProblem(
  certificate: Certificate,
  list: CertificateList,
  { to }: Currency,
): ModelsealError | undefined {
  if (to <= certificate.notAfter || list.thisUpdate <= certificate.notAfter) return undefined;
  const since = list.expiredCertificatesSince;
  if (since && since <= certificate.notAfter) return undefined;
  return new ModelsealError('ERR_REVOCATION_EXPIRED_CERTIFICATE', {
    certificate: certificate.label,
    expired: isoTime(certificate.notAfter),
    thisUpdate: isoTime(list.thisUpdate),
  });
}

const numberMissing = (list: CertificateList): ModelsealError =>
  new ModelsealError('ERR_CRL_NUMBER_MISSING', { issuer: list.issuer.toString() });

function withoutBase(list: CertificateList): ModelsealError {
  const base = String(list.baseNumber ?? 0n);
  return new ModelsealError('ERR_CRL_DELTA_WITHOUT_BASE', { issuer: list.issuer.toString(), base });
}

function used(
  kind: 'crl' | 'delta-crl',
  { list, source }: CrlEvidence,
  entry: RevokedEntry | undefined,
): EvidenceUsed {
  return {
    kind,
    source,
    issuer: list.issuer.toString(),
    thisUpdate: list.thisUpdate,
    nextUpdate: list.nextUpdate,
    ...(list.number === undefined ? {} : { number: String(list.number) }),
    says: entry && entry.reason !== 'removeFromCRL' ? 'revoked' : 'good',
  };
}
