import { randomBytes } from 'node:crypto';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { fetchBytes, systemResolve } from '../../core/http/index.js';
import {
  encodeTimestampRequest,
  MAX_TOKEN_BYTES,
  type MessageImprint,
  TimestampToken,
} from '../../core/timestamp/index.js';
import { sameBytes } from '../../core/x509/index.js';

/** Time-stamp authorities answer within a second; some let free requests wait. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** Positive, never a leading zero octet: one spelling that comes back as it was sent. */
function nonceOctets(): Uint8Array {
  const nonce = new Uint8Array(randomBytes(16));
  nonce[0] = ((nonce[0] as number) & 0x3f) | 0x40;
  return nonce;
}

/**
 * Asks a time-stamp authority for a token over http or https, and checks that the answer is one: a token for this
 * imprint and this request, signed by the certificate that it names. Whether anybody trusts that certificate is for
 * verifiers; here it is made sure that they get what they can judge.
 *
 * The address is the operator's own, so that private ones are allowed.
 *
 * @returns The TimeStampResp in DER, as Sigstore's bundles hold it.
 * @throws {ModelsealError} `ERR_FETCH_*`, `ERR_TIMESTAMP_ANSWER`
 */
export async function requestTimestamp(
  url: string,
  imprint: MessageImprint,
  timeoutMs: number,
): Promise<Uint8Array> {
  const nonce = nonceOctets();
  const answer = await fetchBytes(
    url,
    { timeoutMs, maxBytes: MAX_TOKEN_BYTES, allowPrivate: true, resolve: systemResolve },
    {
      type: 'application/timestamp-query',
      bytes: encodeTimestampRequest({ imprint, nonce, certReq: true }),
    },
  );
  const refuse = (problem: string): never => {
    throw new ModelsealError('ERR_TIMESTAMP_ANSWER', { url, problem });
  };
  try {
    const token = TimestampToken.decode(answer);
    if (!token.covers(imprint)) refuse('it is a time stamp of something else');
    if (!token.info.nonce || !sameBytes(token.info.nonce, nonce)) refuse('it answers another request');
    token.verify();
  } catch (error) {
    if (!isModelsealError(error) || error.code === 'ERR_TIMESTAMP_ANSWER') throw error;
    refuse(error.message);
  }
  return answer;
}
