import { ModelsealError } from '../../core/errors/index.js';
import { signatureScheme } from '../../core/keys/index.js';
import { type Certificate, isoTime, sameBytes } from '../../core/x509/index.js';
import type { CertId, OcspResponse } from '../../core/x509/ocsp.js';
import { daysAfter, MAX_CRL_DAYS } from '../profile.js';

/** An answer that is signed and has not left yet, read back from its own bytes, with the question. */
export interface OcspSubject {
  readonly response: OcspResponse;
  readonly issuer: Certificate;
  readonly certIds: readonly CertId[];
  readonly nonce: Uint8Array | undefined;
}

export interface OcspLint {
  readonly name: string;
  readonly citation: string;
  /** What breaks the rule, or undefined where it holds. */
  check(subject: OcspSubject): string | undefined;
}

/** Every rule that an OCSP answer must keep before it leaves. */
export const OCSP_LINTS: readonly OcspLint[] = [
  {
    name: 'ocsp-responder',
    citation: 'RFC 6960 §4.2.2.3',
    check: ({ response, issuer }) => {
      if (response.responderId.type !== 'key') return 'the responder is not named by its key';
      if (!response.isResponder(issuer)) return 'it names another responder';
      return response.certificates.length === 0 ? undefined : 'certificates come along that nobody needs';
    },
  },
  {
    name: 'ocsp-signature-algorithm',
    citation: 'RFC 6960 §4.2.1',
    check: ({ response, issuer }) =>
      sameBytes(response.signatureAlgorithm.raw, signatureScheme(issuer.publicKey()).algorithmIdentifier)
        ? undefined
        : `${response.signatureAlgorithm.oid} is not how a ${issuer.keyDescription} key signs here`,
  },
  {
    name: 'ocsp-times',
    citation: 'RFC 6960 §4.2.2.1',
    check: ({ response: { producedAt, answers }, issuer }) => {
      for (const { thisUpdate, nextUpdate, status } of answers) {
        if (nextUpdate === undefined) return 'an answer does not say until when it is good';
        if (thisUpdate > producedAt) return `an answer of ${isoTime(thisUpdate)} is newer than the response`;
        if (nextUpdate <= producedAt) return `an answer ends at ${isoTime(nextUpdate)}, before it is given`;
        if (nextUpdate > daysAfter(producedAt, MAX_CRL_DAYS))
          return `it is good for over ${MAX_CRL_DAYS} days`;
        if (thisUpdate < issuer.notBefore) return 'an answer is older than its issuer';
        if (status.type === 'revoked' && status.revocationDate > thisUpdate)
          return 'an answer is older than the revocation that it tells of';
      }
      return undefined;
    },
  },
  {
    name: 'ocsp-nonce',
    citation: 'RFC 9654 §2.1',
    check: ({ response, nonce }) =>
      Buffer.compare(response.nonce ?? NOTHING, nonce ?? NOTHING) === 0
        ? undefined
        : 'it does not repeat the nonce of the question',
  },
  {
    name: 'ocsp-answers',
    citation: 'RFC 6960 §4.2.1 and RFC 5280 §5.3.1',
    check: ({ response: { answers }, certIds }) => {
      if (answers.length !== certIds.length)
        return `it has ${answers.length} answers to ${certIds.length} questions`;
      for (const [i, { certId, status }] of answers.entries()) {
        if (!sameBytes(certId.raw, (certIds[i] as CertId).raw))
          return 'an answer is about another certificate';
        if (status.type === 'revoked' && status.reason === 'unspecified')
          return 'a reason is given to say that there is none';
      }
      return undefined;
    },
  },
];

const NOTHING = new Uint8Array(0);

/** @throws {ModelsealError} `ERR_LINT` with the rule, what breaks it, and where the rule stands */
export function lintOcsp(subject: OcspSubject): void {
  for (const { name, citation, check } of OCSP_LINTS) {
    const problem = check(subject);
    if (problem !== undefined) throw new ModelsealError('ERR_LINT', { rule: name, problem, citation });
  }
}
