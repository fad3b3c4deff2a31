import { context, DerReader, der, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { readExtensionList } from '../x509/certificate.js';
import { bounded, encodeImprint, MAX_NONCE_OCTETS, type MessageImprint, readImprint } from './tst-info.js';

/** A TimeStampReq (RFC 3161 §2.4.1). */
export interface TimestampRequest {
  readonly imprint: MessageImprint;
  /** The policy that the token shall be made under. */
  readonly policy?: string | undefined;
  /** Contents octets of the INTEGER. */
  readonly nonce?: Uint8Array | undefined;
  /** Whether the token shall bring the certificate of its authority. */
  readonly certReq: boolean;
}

/** A request has a hundred octets; extensions may make it a few kilobytes. */
export const MAX_REQUEST_BYTES = 16 * 1024;

export function encodeTimestampRequest(request: TimestampRequest): Uint8Array {
  const { imprint, policy, nonce, certReq } = request;
  return der.sequence(
    der.integer(1),
    encodeImprint(imprint),
    ...(policy === undefined ? [] : [der.oid(policy)]),
    ...(nonce === undefined ? [] : [der.element(Tag.INTEGER, nonce)]),
    ...(certReq ? [der.boolean(true)] : []),
  );
}

/**
 * For authorities.
 *
 * @param bytes Untrusted.
 * @throws {ModelsealError} `ERR_DER`, `ERR_CMS_DIGEST`, `ERR_TIMESTAMP_FORMAT`, `ERR_CERT_EXTENSION_DUPLICATE`
 */
export function decodeTimestampRequest(bytes: Uint8Array): TimestampRequest {
  if (bytes.length > MAX_REQUEST_BYTES)
    throw new ModelsealError('ERR_TIMESTAMP_FORMAT', { problem: `a request of ${bytes.length} octets` });
  const request = DerReader.open(bytes, Tag.SEQUENCE, 'TimeStampReq');
  if (request.smallInteger('version') !== 1)
    throw new ModelsealError('ERR_TIMESTAMP_FORMAT', { problem: 'a request that is not version 1' });
  const imprint = readImprint(request);
  const policy = request.tag === Tag.OID ? request.oid('reqPolicy') : undefined;
  const nonce =
    request.tag === Tag.INTEGER
      ? bounded(request.integerBytes('nonce'), MAX_NONCE_OCTETS, 'nonce')
      : undefined;
  const certReq = request.tag === Tag.BOOLEAN && request.boolean('certReq');
  const extensions = request.enterOptional(context(0), 'extensions');
  request.finish('TimeStampReq');
  // §2.4.1: extensions that are not known are refused, critical or not.
  const [first] = extensions ? readExtensionList(extensions).keys() : [];
  if (first !== undefined)
    throw new ModelsealError('ERR_TIMESTAMP_FORMAT', { problem: `the extension ${first} of the request` });
  return { imprint, policy, nonce, certReq };
}
