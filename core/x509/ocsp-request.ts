import { context, DerReader, der, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { type CertId, readCertId } from './ocsp-cert-id.js';
import { OCSP_NONCE, readOcspExtensions } from './ocsp-codec.js';

/** One question of a request. */
export interface OcspRequestItem {
  readonly certId: CertId;
}

/** A decoded OCSPRequest (RFC 6960 §4.1.1), for responders. */
export interface OcspRequest {
  readonly items: readonly OcspRequestItem[];
  readonly nonce?: Uint8Array;
}

/** A request about more certificates than this asks a responder for more work than one answer is worth. */
const MAX_ITEMS = 64;

/**
 * Encodes an unsigned OCSPRequest.
 *
 * @param certIds CertID elements, see `certIdFor`.
 * @param nonce   Octets that the answer must repeat (RFC 9654), or undefined for none.
 */
export function encodeOcspRequest(certIds: readonly Uint8Array[], nonce?: Uint8Array): Uint8Array {
  const requests = certIds.map((id) => der.sequence(id));
  const extensions = nonce
    ? [
        der.element(
          context(2),
          der.sequence(der.sequence(der.oid(OCSP_NONCE), der.octetString(der.octetString(nonce)))),
        ),
      ]
    : [];
  return der.sequence(der.sequence(der.sequence(...requests), ...extensions));
}

/**
 * Decodes an OCSPRequest, strictly. A signature on it is allowed and not looked at: responders answer anyone.
 *
 * @throws {ModelsealError} `ERR_DER`, `ERR_OCSP_FORMAT`, `ERR_OCSP_EXTENSION_UNKNOWN`
 */
export function decodeOcspRequest(bytes: Uint8Array): OcspRequest {
  const outer = DerReader.open(bytes, Tag.SEQUENCE, 'OCSPRequest');
  const tbs = outer.enter(Tag.SEQUENCE, 'tbsRequest');
  if (outer.tag === context(0)) outer.next();
  outer.finish('OCSPRequest');
  const version = tbs.enterOptional(context(0), 'version');
  if (version && version.smallInteger('version') !== 0) {
    throw new ModelsealError('ERR_OCSP_FORMAT', { problem: 'a request that is not version 1' });
  }
  version?.finish('version');
  if (tbs.tag === context(1)) tbs.next();
  const list = tbs.enter(Tag.SEQUENCE, 'requestList');
  const items: OcspRequestItem[] = [];
  while (!list.done) {
    if (items.length === MAX_ITEMS) {
      throw new ModelsealError('ERR_OCSP_FORMAT', {
        problem: `a request about more than ${MAX_ITEMS} certificates`,
      });
    }
    const request = list.enter(Tag.SEQUENCE, 'Request');
    const certId = readCertId(request);
    const single = request.enterOptional(context(0), 'singleRequestExtensions');
    if (single) readOcspExtensions(single, 'singleRequestExtensions');
    request.finish('Request');
    items.push({ certId });
  }
  if (items.length === 0) throw new ModelsealError('ERR_OCSP_FORMAT', { problem: 'a request about nothing' });
  const explicit = tbs.enterOptional(context(2), 'requestExtensions');
  tbs.finish('tbsRequest');
  const nonce = explicit && readOcspExtensions(explicit, 'requestExtensions').nonce;
  return { items, ...(nonce ? { nonce } : {}) };
}
