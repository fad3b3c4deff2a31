import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { type Certificate, isoTime, type Name, Oid, sameBytes } from '../../core/x509/index.js';
import {
  type CertIdIssuer,
  matchesCertId,
  type OcspAnswer,
  type OcspResponse,
} from '../../core/x509/ocsp.js';
import type { OcspEvidence } from './evidence.js';
import type { Revocation } from './revocation.js';
import { MAX_AGE_WITHOUT_NEXT_UPDATE_MS, MAX_CLOCK_SKEW_MS } from './limits.js';
import { certificateSigner, type EvidenceSignatures, type Signer } from './signers.js';
import type { Currency, EvidenceUsed } from './status.js';

/** What the OCSP responses at hand say about a certificate. */
export interface OcspVerdict {
  readonly revocations: readonly Revocation[];
  readonly good: boolean;
  readonly evidence: readonly EvidenceUsed[];
  readonly problems: readonly ModelsealError[];
  /** Those of them that are of responses which somebody gave on purpose. */
  readonly givenProblems: readonly ModelsealError[];
}

/** Why a signer may not be relied on as far as its own revocation goes. */
export interface SignerDoubt {
  readonly problem: string;
  /** It is known to be revoked, and not only unproven. */
  readonly revoked: boolean;
}

/** What the check of responses needs to know of the rest of the world. */
export interface OcspContext {
  readonly at: Currency;
  /** Who signed the certificate in question. */
  readonly issuer: Signer;
  readonly signatures: EvidenceSignatures;
  /** Certificates that responders may be known by, besides those in the response. */
  readonly bag: readonly Certificate[];
  /** Path of a responder's certificate to the anchor of this path, leaf first; throws where there is none. */
  pathOf(certificate: Certificate): readonly Certificate[];
  /** The responder's own revocation status: undefined when it is proven good, else the problem. */
  responderProblem(path: readonly Certificate[]): SignerDoubt | undefined;
}

/** The OCSP part of the revocation check of one certificate (RFC 6960 §3.2). */
export function checkOcsp(
  certificate: Certificate,
  responses: readonly OcspEvidence[],
  context: OcspContext,
): OcspVerdict {
  const problems: ModelsealError[] = [];
  const givenProblems: ModelsealError[] = [];
  const evidence: EvidenceUsed[] = [];
  const revocations: Revocation[] = [];
  let good = false;
  for (const item of responses) {
    for (const answer of answersFor(item.response, certificate, context.issuer)) {
      const found = judgeAnswer(certificate, item, answer, context);
      if (found instanceof ModelsealError) {
        problems.push(found);
        if (item.origin === 'given') givenProblems.push(found);
        continue;
      }
      evidence.push(found.used);
      if (found.revocation) revocations.push(found.revocation);
      else good = true;
    }
  }
  return { revocations, good: good && revocations.length === 0, evidence, problems, givenProblems };
}

/** Whether a response speaks about a certificate at all. */
export function answersFor(
  response: OcspResponse,
  certificate: Certificate,
  issuer: Pick<Signer, 'name' | 'spki'>,
): OcspAnswer[] {
  // The hash covers the encoded name, and issuer and certificate may encode the same name in two ways.
  const names: readonly Name[] = sameBytes(certificate.issuer.raw, issuer.name.raw)
    ? [issuer.name]
    : [certificate.issuer, issuer.name];
  const issuers: CertIdIssuer[] = names.map((name) => ({ name, spki: issuer.spki }));
  return response.answers.filter((answer) =>
    issuers.some((candidate) => matchesCertId(answer.certId, candidate, certificate.serialBytes)),
  );
}

function judgeAnswer(
  certificate: Certificate,
  item: OcspEvidence,
  answer: OcspAnswer,
  context: OcspContext,
): { used: EvidenceUsed; revocation?: Revocation } | ModelsealError {
  const { response } = item;
  const { responder } = response;
  try {
    const doubt = authoriseResponder(response, context);
    // An answer that nobody vouches for clears no certificate; that it revokes one is taken seriously all the same,
    // unless the responder itself is known to be revoked.
    if (doubt && (doubt.revoked || answer.status.type !== 'revoked')) {
      const { problem } = doubt;
      return new ModelsealError('ERR_OCSP_RESPONDER_REVOCATION', { responder, problem });
    }
  } catch (error) {
    if (!isModelsealError(error) || error.code === 'ERR_EVIDENCE_BUDGET') throw error;
    return error;
  }
  if (item.nonce && response.nonce && !sameBytes(item.nonce, response.nonce)) {
    return new ModelsealError('ERR_OCSP_NONCE', { responder });
  }
  const { status } = answer;
  const revocation: Revocation | undefined =
    status.type === 'revoked'
      ? {
          date: status.revocationDate,
          ...(status.reason ? { reason: status.reason } : {}),
          source: `the OCSP response of ${responder}`,
        }
      : undefined;
  const problem = timeProblem(response, answer, context.at) ?? expiryProblem(certificate, answer, context.at);
  if (problem) {
    // A revocation is for good (RFC 5280 §5.3.1), so it counts even from an answer that is too old to clear anybody.
    const lasting = revocation && revocation.reason !== 'certificateHold';
    if (!lasting || problem.code === 'ERR_OCSP_FUTURE' || problem.code === 'ERR_OCSP_DATES') return problem;
  }
  if (status.type === 'unknown') {
    const details = { responder, certificate: certificate.label };
    return new ModelsealError('ERR_OCSP_CERTIFICATE_UNKNOWN', details);
  }
  const used: EvidenceUsed = {
    kind: 'ocsp',
    source: item.source,
    issuer: responder,
    thisUpdate: answer.thisUpdate,
    ...(answer.nextUpdate ? { nextUpdate: answer.nextUpdate } : {}),
    says: revocation ? 'revoked' : 'good',
    ...(item.nonce ? { nonce: response.nonce !== undefined } : {}),
  };
  return { used, ...(revocation ? { revocation } : {}) };
}

/**
 * RFC 6960 §4.2.2.2: the response is signed by the issuer of the certificate itself, or by a certificate for OCSP
 * signing that the same issuer key has signed directly.
 *
 * @returns What is left to doubt: the responder's own status.
 */
function authoriseResponder(response: OcspResponse, context: OcspContext): SignerDoubt | undefined {
  const { issuer, signatures } = context;
  const { responder } = response;
  const what = `the OCSP response of ${responder}`;
  let known = isIssuer(response, issuer);
  if (known && signatures.fits(response, issuer, what)) return undefined;
  const seen = new Set<string>();
  let doubt: SignerDoubt | undefined;
  let problem: ModelsealError | undefined;
  for (const candidate of [...response.certificates, ...context.bag]) {
    if (seen.has(candidate.fingerprint) || !response.isResponder(candidate)) continue;
    seen.add(candidate.fingerprint);
    known = true;
    if (!signatures.fits(response, certificateSigner(candidate), what)) continue;
    if (sameBytes(candidate.spki, issuer.spki) && candidate.subject.equals(issuer.name)) return undefined;
    const delegation = judgeDelegation(candidate, context);
    if (delegation === undefined) return undefined;
    if (delegation instanceof ModelsealError) problem ??= delegation;
    else if (!doubt?.revoked) doubt = delegation;
  }
  if (doubt) return doubt;
  if (problem) throw problem;
  if (!known) throw new ModelsealError('ERR_OCSP_RESPONDER_UNKNOWN', { responder });
  throw new ModelsealError('ERR_OCSP_SIGNATURE', { responder });
}

/** Whether the responder ID names the issuer, also where only name and key of it are known. */
function isIssuer(response: OcspResponse, issuer: Signer): boolean {
  return response.isResponder({ subject: issuer.name, spki: issuer.spki });
}

/** Undefined where the delegation stands beyond doubt; an error where there is none. */
function judgeDelegation(
  candidate: Certificate,
  context: OcspContext,
): ModelsealError | SignerDoubt | undefined {
  const { issuer } = context;
  const responder = candidate.label;
  const refuse = (problem: string): ModelsealError =>
    new ModelsealError('ERR_OCSP_RESPONDER_UNAUTHORISED', {
      responder,
      issuer: issuer.name.toString(),
      problem,
    });
  try {
    // anyExtendedKeyUsage is not enough: the delegation must be explicit.
    if (!candidate.extKeyUsage?.includes(Oid.ocspSigning))
      return refuse('its certificate is not for OCSP signing');
    const usage = candidate.keyUsage;
    if (usage && !usage.has('digitalSignature') && !usage.has('nonRepudiation')) {
      return refuse('its key usage does not allow signatures');
    }
    if (!candidate.issuer.equals(issuer.name)) return refuse('another CA issued its certificate');
    const path = context.pathOf(candidate);
    const above = path[1];
    // "Directly": by the very key that signed the certificate in question. Above a single certificate is the anchor.
    const direct = above ? sameBytes(above.spki, issuer.spki) : issuer.isAnchor;
    if (!direct) return refuse('another key of that name issued its certificate');
    if (candidate.extensions.has(Oid.ocspNoCheck)) return undefined;
    return context.responderProblem(path);
  } catch (error) {
    if (!isModelsealError(error) || error.code === 'ERR_EVIDENCE_BUDGET') throw error;
    return refuse(error.message);
  }
}

/** RFC 6960 §4.2.2.1. */
function timeProblem(
  response: OcspResponse,
  answer: OcspAnswer,
  { from, to }: Currency,
): ModelsealError | undefined {
  const { responder, producedAt } = response;
  const { thisUpdate, nextUpdate } = answer;
  const now = to.getTime();
  const contradiction = (problem: string): ModelsealError =>
    new ModelsealError('ERR_OCSP_DATES', { responder, problem });
  if (nextUpdate && nextUpdate < thisUpdate) return contradiction('nextUpdate lies before thisUpdate');
  if (producedAt.getTime() + MAX_CLOCK_SKEW_MS < thisUpdate.getTime()) {
    return contradiction('it was produced before the time that its answer is of');
  }
  // Written so that an invalid Date (NaN) refuses. producedAt may lie later: whoever judges as of an earlier time uses
  // an answer that was signed since, and what it says is of thisUpdate.
  if (!(thisUpdate.getTime() <= now + MAX_CLOCK_SKEW_MS)) {
    return new ModelsealError('ERR_OCSP_FUTURE', { responder, date: isoTime(thisUpdate), at: isoTime(to) });
  }
  const until = nextUpdate ?? new Date(thisUpdate.getTime() + MAX_AGE_WITHOUT_NEXT_UPDATE_MS);
  if (from <= until) return undefined;
  return new ModelsealError('ERR_OCSP_STALE', { responder, until: isoTime(until), at: isoTime(from) });
}

/** A responder may forget a certificate that has expired, unless it states how far back it remembers (§4.4.4). */
function expiryProblem(
  certificate: Certificate,
  answer: OcspAnswer,
  { to }: Currency,
): ModelsealError | undefined {
  if (to <= certificate.notAfter || answer.thisUpdate <= certificate.notAfter) return undefined;
  if (answer.archiveCutoff && answer.archiveCutoff <= certificate.notAfter) return undefined;
  return new ModelsealError('ERR_REVOCATION_EXPIRED_CERTIFICATE', {
    certificate: certificate.label,
    expired: isoTime(certificate.notAfter),
    thisUpdate: isoTime(answer.thisUpdate),
  });
}
