import { type DerReader, DerReader as Reader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { readExtensionList } from './certificate.js';
import { readTime } from './time.js';

/** Identifiers of RFC 6960 §4. */
export const OCSP_BASIC = '1.3.6.1.5.5.7.48.1.1';
export const OCSP_NONCE = '1.3.6.1.5.5.7.48.1.2';
const OCSP_CRL_REFERENCE = '1.3.6.1.5.5.7.48.1.3';
export const OCSP_ARCHIVE_CUTOFF = '1.3.6.1.5.5.7.48.1.6';
const OCSP_EXTENDED_REVOKE = '1.3.6.1.5.5.7.48.1.9';

/** The largest nonce (RFC 8954 §2.1 allows 32 octets, RFC 9654 §2.1 allows 128). */
export const MAX_NONCE_OCTETS = 128;

export interface OcspExtensions {
  readonly nonce?: Uint8Array;
  readonly archiveCutoff?: Date;
}

/**
 * The extensions of a request, a response or an answer.
 *
 * @param explicit Inside their explicit tag.
 * @throws {ModelsealError} `ERR_DER`, `ERR_OCSP_FORMAT`, `ERR_OCSP_EXTENSION_UNKNOWN`, `ERR_CERT_EXTENSION_DUPLICATE`
 */
export function readOcspExtensions(explicit: DerReader, what: string): OcspExtensions {
  const extensions = readExtensionList(explicit.enter(Tag.SEQUENCE, what));
  explicit.finish(what);
  const found: { nonce?: Uint8Array; archiveCutoff?: Date } = {};
  for (const { oid, critical, value } of extensions.values()) {
    if (oid === OCSP_NONCE) {
      found.nonce = readNonce(value);
    } else if (oid === OCSP_ARCHIVE_CUTOFF) {
      const reader = new Reader(value);
      found.archiveCutoff = readTime(reader, 'archiveCutoff');
      reader.finish('archiveCutoff');
    } else if (critical && oid !== OCSP_CRL_REFERENCE && oid !== OCSP_EXTENDED_REVOKE) {
      throw new ModelsealError('ERR_OCSP_EXTENSION_UNKNOWN', { oid });
    }
  }
  return found;
}

/** Nonce ::= OCTET STRING (RFC 8954 §2.1); responders from before that RFC put the bare octets there. */
function readNonce(value: Uint8Array): Uint8Array {
  const wrapped = value[0] === Tag.OCTET_STRING && value[1] === value.length - 2;
  const nonce = wrapped ? value.subarray(2) : value;
  if (nonce.length === 0 || nonce.length > MAX_NONCE_OCTETS) {
    throw new ModelsealError('ERR_OCSP_FORMAT', { problem: `a nonce of ${nonce.length} octets` });
  }
  return nonce;
}
