import { defineErrors, list } from './texts.js';

const OTHER_EVIDENCE =
  'Get a current CRL or OCSP response from the issuing CA; evidence that fails a check is never used.';
const REISSUE = 'The CA must issue it again correctly; until then its answer proves nothing.';

/** Causes around CRLs, OCSP responses, the revocation modes and fetching evidence. */
export const revocationErrors = defineErrors({
  ERR_REVOKED: {
    kind: 'refused',
    say: (d: { certificate: string; serial: string; reason: string; date: string; source: string }) =>
      `${d.certificate} (serial ${d.serial}) was revoked on ${d.date}, reason ${d.reason}, according to ${d.source}`,
    hint: 'Do not use what it signed. Ask the publisher for a release signed with a certificate that is in force.',
  },
  ERR_REVOCATION_EVIDENCE_MISSING: {
    kind: 'refused',
    say: (d: { certificate: string; addresses: string[]; failures: string[] }) =>
      `no CRL or OCSP response says whether ${d.certificate} is revoked (addresses it names: ${list(d.addresses)}; failed: ${list(d.failures)})`,
    hint: "Give the CA's current list with --crl or a response with --ocsp, or choose --revocation prefer to accept without proof.",
  },
  ERR_REVOCATION_REASONS_INCOMPLETE: {
    kind: 'refused',
    say: (d: { certificate: string; missing: string[] }) =>
      `the CRLs at hand do not cover every revocation reason for ${d.certificate}; missing: ${list(d.missing)}`,
    hint: 'The CA splits its lists by reason. Give all of them with --crl.',
  },
  ERR_REVOCATION_EXPIRED_CERTIFICATE: {
    kind: 'refused',
    say: (d: { certificate: string; expired: string; thisUpdate: string }) =>
      `${d.certificate} expired on ${d.expired}, and evidence of ${d.thisUpdate} may no longer list expired certificates`,
    hint: 'Give evidence issued while the certificate was valid, or one that states it keeps expired certificates.',
  },
  ERR_EVIDENCE_TOO_MUCH: {
    kind: 'refused',
    say: (d: { count: number; limit: number }) =>
      `${d.count} pieces of revocation evidence were given, more than the ${d.limit} that one check takes`,
    hint: 'Give only the CRLs and OCSP responses of the CAs in the path.',
  },
  ERR_EVIDENCE_PACK: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `${d.file} is not an evidence pack: ${d.problem}`,
    hint: 'Make it again with modelseal evidence pack, and see what a pack holds with modelseal evidence show.',
  },
  ERR_EVIDENCE_BUDGET: {
    kind: 'refused',
    say: (d: { work: string; limit: number }) =>
      `checking the revocation evidence takes more than ${d.limit} ${d.work}`,
    hint: 'Give fewer certificates and CRLs of the same name; a genuine path needs a handful.',
  },
  ERR_CRL_TOO_LARGE: {
    kind: 'refused',
    say: (d: { size: number; limit: number }) =>
      `a CRL of ${d.size} bytes is larger than the ${d.limit} bytes a CRL may have`,
    hint: 'Ask the CA for a partitioned or delta CRL, or use OCSP.',
  },
  ERR_CRL_VERSION: {
    kind: 'refused',
    say: (d: { problem: string }) => `CRL version: ${d.problem}`,
    hint: REISSUE,
  },
  ERR_CRL_ALGORITHM_MISMATCH: {
    kind: 'refused',
    say: (d: { issuer: string }) =>
      `the CRL of ${d.issuer} names two different signature algorithms inside and outside its signed part`,
    hint: REISSUE,
  },
  ERR_CRL_EXTENSION_REPEATED: {
    kind: 'refused',
    say: (d: { issuer: string; oid: string }) => `the CRL of ${d.issuer} carries extension ${d.oid} twice`,
    hint: REISSUE,
  },
  ERR_CRL_EXTENSION_UNKNOWN: {
    kind: 'refused',
    say: (d: { issuer: string; oid: string }) =>
      `the CRL of ${d.issuer} carries the critical extension ${d.oid}, which is not understood`,
    hint: 'A critical extension can change what a CRL means, so the list cannot be used. Ask the CA for one without it.',
  },
  ERR_CRL_EXTENSION: {
    kind: 'refused',
    say: (d: { issuer: string; extension: string; problem: string }) =>
      `the ${d.extension} extension in the CRL of ${d.issuer} is wrong: ${d.problem}`,
    hint: REISSUE,
  },
  ERR_CRL_ENTRY: {
    kind: 'refused',
    say: (d: { issuer: string; serial: string; problem: string }) =>
      `an entry (serial ${d.serial}) in the CRL of ${d.issuer} is wrong: ${d.problem}`,
    hint: REISSUE,
  },
  ERR_CRL_ENTRY_EXTENSION_UNKNOWN: {
    kind: 'refused',
    say: (d: { issuer: string; oid: string }) =>
      `an entry in the CRL of ${d.issuer} carries a critical extension (DER ${d.oid}) that is not understood`,
    hint: 'RFC 5280 §5.3 forbids to use such a list for any certificate. Ask the CA for one without it.',
  },
  ERR_CRL_ENTRY_REPEATED: {
    kind: 'refused',
    say: (d: { issuer: string; serial: string }) => `the CRL of ${d.issuer} lists serial ${d.serial} twice`,
    hint: REISSUE,
  },
  ERR_CRL_NUMBER_MISSING: {
    kind: 'refused',
    say: (d: { issuer: string }) => `the CRL of ${d.issuer} has no CRL number`,
    hint: 'It counts as a complete list; a delta cannot do without. RFC 5280 §5.2.3 requires a number in every list: with OpenSSL, set crlnumber in the CA section and crl_extensions.',
  },
  ERR_CRL_NO_NEXT_UPDATE: {
    kind: 'refused',
    say: (d: { issuer: string }) => `the CRL of ${d.issuer} does not say when the next one is due`,
    hint: 'RFC 5280 requires nextUpdate; without it nobody can tell whether the list is still current.',
  },
  ERR_CRL_DATES: {
    kind: 'refused',
    say: (d: { issuer: string; thisUpdate: string; nextUpdate: string }) =>
      `the CRL of ${d.issuer} is due for renewal (${d.nextUpdate}) before it was issued (${d.thisUpdate})`,
    hint: REISSUE,
  },
  ERR_CRL_STALE: {
    kind: 'refused',
    say: (d: { issuer: string; nextUpdate: string; at: string }) =>
      `the CRL of ${d.issuer} was to be replaced by ${d.nextUpdate} and is stale at ${d.at}`,
    hint: 'Get the current CRL from the CA. An old list could hide a revocation.',
  },
  ERR_CRL_FUTURE: {
    kind: 'refused',
    say: (d: { issuer: string; thisUpdate: string; at: string }) =>
      `the CRL of ${d.issuer} was issued on ${d.thisUpdate}, after the time of verification ${d.at}`,
    hint: 'Check the clock of this machine and the --at time.',
  },
  ERR_CRL_SIGNATURE: {
    kind: 'refused',
    say: (d: { issuer: string }) =>
      `the signature of the CRL of ${d.issuer} does not verify with any authorised key of that name`,
    hint: OTHER_EVIDENCE,
  },
  ERR_CRL_SIGNER_UNKNOWN: {
    kind: 'refused',
    say: (d: { issuer: string }) => `the certificate that signed the CRL of ${d.issuer} is not at hand`,
    hint: 'Give the certificate of the CRL issuer with --intermediates.',
  },
  ERR_CRL_SIGNER_KEY_USAGE: {
    kind: 'refused',
    say: (d: { issuer: string }) => `the key usage of ${d.issuer} does not allow it to sign CRLs`,
    hint: 'The CA needs a certificate whose key usage includes cRLSign.',
  },
  ERR_CRL_SIGNER_PATH: {
    kind: 'refused',
    say: (d: { issuer: string; problem: string }) =>
      `the signer of the CRL of ${d.issuer} has no valid path to the trust anchor of this certificate: ${d.problem}`,
    hint: 'A CRL counts only when its signer is trusted by the same anchor (RFC 5280 §6.3.3 f).',
  },
  ERR_CRL_SCOPE: {
    kind: 'refused',
    say: (d: { issuer: string; certificate: string; problem: string }) =>
      `the CRL of ${d.issuer} does not cover ${d.certificate}: ${d.problem}`,
    hint: 'Give the CRL that the distribution point of the certificate names.',
  },
  ERR_CRL_DELTA_WITHOUT_BASE: {
    kind: 'refused',
    say: (d: { issuer: string; base: string }) =>
      `the delta CRL of ${d.issuer} needs a complete CRL numbered at least ${d.base} with the same scope and key, and none is at hand`,
    hint: 'Give the complete CRL as well.',
  },
  ERR_OCSP_TOO_LARGE: {
    kind: 'refused',
    say: (d: { size: number; limit: number }) =>
      `an OCSP response of ${d.size} bytes is larger than the ${d.limit} bytes it may have`,
    hint: OTHER_EVIDENCE,
  },
  ERR_OCSP_STATUS: {
    kind: 'refused',
    say: (d: { status: string }) => `the OCSP responder did not answer the question: ${d.status}`,
    hint: 'Ask again later, or use a CRL.',
  },
  ERR_OCSP_FORMAT: {
    kind: 'refused',
    say: (d: { problem: string }) => `the OCSP response is not one of RFC 6960: ${d.problem}`,
    hint: OTHER_EVIDENCE,
  },
  ERR_OCSP_EXTENSION_UNKNOWN: {
    kind: 'refused',
    say: (d: { oid: string }) =>
      `the OCSP response carries the critical extension ${d.oid}, which is not understood`,
    hint: OTHER_EVIDENCE,
  },
  ERR_OCSP_SIGNATURE: {
    kind: 'refused',
    say: (d: { responder: string }) => `the signature of the OCSP response of ${d.responder} does not verify`,
    hint: OTHER_EVIDENCE,
  },
  ERR_OCSP_RESPONDER_UNKNOWN: {
    kind: 'refused',
    say: (d: { responder: string }) => `no certificate at hand belongs to the OCSP responder ${d.responder}`,
    hint: 'Ask for a response that carries the certificate of its responder.',
  },
  ERR_OCSP_RESPONDER_UNAUTHORISED: {
    kind: 'refused',
    say: (d: { responder: string; issuer: string; problem: string }) =>
      `${d.responder} may not answer for certificates of ${d.issuer}: ${d.problem}`,
    hint: 'Only the issuer itself, or a responder that it certified for OCSP signing, counts (RFC 6960 §4.2.2.2).',
  },
  ERR_OCSP_RESPONDER_REVOCATION: {
    kind: 'refused',
    say: (d: { responder: string; problem: string }) =>
      `the certificate of the OCSP responder ${d.responder} is itself not proven unrevoked: ${d.problem}`,
    hint: "Give a CRL that covers the responder's certificate, or ask the CA for one with the no-check extension.",
  },
  ERR_OCSP_NONCE: {
    kind: 'refused',
    say: (d: { responder: string }) =>
      `the OCSP response of ${d.responder} does not repeat the nonce of our request`,
    hint: 'It may be a replayed answer. Use a responder that supports nonces, or a CRL.',
  },
  ERR_OCSP_STALE: {
    kind: 'refused',
    say: (d: { responder: string; until: string; at: string }) =>
      `the OCSP response of ${d.responder} was good until ${d.until} and is stale at ${d.at}`,
    hint: 'Ask the responder again.',
  },
  ERR_OCSP_FUTURE: {
    kind: 'refused',
    say: (d: { responder: string; date: string; at: string }) =>
      `the OCSP response of ${d.responder} bears the date ${d.date}, after the time of verification ${d.at}`,
    hint: 'Check the clock of this machine and the --at time.',
  },
  ERR_OCSP_DATES: {
    kind: 'refused',
    say: (d: { responder: string; problem: string }) =>
      `the dates in the OCSP response of ${d.responder} contradict each other: ${d.problem}`,
    hint: OTHER_EVIDENCE,
  },
  ERR_OCSP_CERTIFICATE_UNKNOWN: {
    kind: 'refused',
    say: (d: { responder: string; certificate: string }) =>
      `the OCSP responder ${d.responder} does not know ${d.certificate}`,
    hint: 'The certificate may be forged, or the responder may be the wrong one. Ask the CA.',
  },
  ERR_FETCH_URL: {
    kind: 'refused',
    say: (d: { url: string; problem: string }) => `nothing can be fetched from ${d.url}: ${d.problem}`,
    hint: 'Only http and https addresses are fetched. Revocation evidence can be given with --crl or --ocsp instead.',
  },
  ERR_FETCH_PRIVATE_ADDRESS: {
    kind: 'refused',
    say: (d: { url: string; address: string }) => `${d.url} leads to the private address ${d.address}`,
    hint: 'A certificate could point inside your network. Allow private addresses only when your own CA lives there.',
  },
  ERR_FETCH_RESOLVE: {
    kind: 'unchecked',
    say: (d: { url: string; problem: string }) => `the host of ${d.url} was not found: ${d.problem}`,
    hint: 'Check the network and the name. Revocation evidence can be given with --crl or --ocsp instead.',
  },
  ERR_FETCH_CONNECTION: {
    kind: 'unchecked',
    say: (d: { url: string; problem: string }) => `the connection to ${d.url} failed: ${d.problem}`,
    hint: 'Check the network. Revocation evidence can be given with --crl or --ocsp instead.',
  },
  ERR_FETCH_TIMEOUT: {
    kind: 'unchecked',
    say: (d: { url: string; milliseconds: number }) => `${d.url} did not answer within ${d.milliseconds} ms`,
    hint: 'Try again later. Revocation evidence can be given with --crl or --ocsp instead.',
  },
  ERR_FETCH_STATUS: {
    kind: 'unchecked',
    say: (d: { url: string; status: number }) => `${d.url} answered with HTTP status ${d.status}`,
    hint: 'Check the address with whoever runs it. Revocation evidence can be given with --crl or --ocsp instead.',
  },
  ERR_FETCH_REDIRECTS: {
    kind: 'refused',
    say: (d: { url: string; limit: number }) => `${d.url} redirects more than ${d.limit} times`,
    hint: 'Check the address with the CA.',
  },
  ERR_FETCH_TOO_LARGE: {
    kind: 'refused',
    say: (d: { url: string; limit: number }) =>
      `${d.url} sends more than the ${d.limit} bytes that are accepted`,
    hint: 'Check the address with the CA; a legitimate answer is smaller.',
  },
  ERR_FETCH_TOO_MANY: {
    kind: 'refused',
    say: (d: { count: number; limit: number }) =>
      `the path names ${d.count} revocation addresses, more than the ${d.limit} that are fetched`,
    hint: 'Give the CRLs with --crl instead.',
  },
});
