import { DerReader, der, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';

/** A token with a chain of RSA-4096 certificates has ten kilobytes; CRLs that came along may add some. */
export const MAX_TOKEN_BYTES = 64 * 1024;

/** PKIFailureInfo, bits that RFC 3161 §2.4.2 names. */
export const TIMESTAMP_FAILURES = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const;
export type TimestampFailure = keyof typeof TIMESTAMP_FAILURES;

const GRANTED = 0;
const GRANTED_WITH_MODS = 1;
const REJECTION = 2;

/** A TimeStampResp that grants a token. */
export const encodeGranted = (token: Uint8Array): Uint8Array =>
  der.sequence(der.sequence(der.integer(GRANTED)), token);

export function encodeRejection(failure: TimestampFailure, text: string): Uint8Array {
  const status = der.sequence(
    der.integer(REJECTION),
    der.sequence(der.utf8String(text)),
    der.namedBits([TIMESTAMP_FAILURES[failure]]),
  );
  return der.sequence(status);
}

/**
 * The token of a TimeStampResp that grants one, or a bare token: both are in use as files, and Sigstore's bundles hold
 * responses.
 *
 * @param bytes Untrusted.
 * @returns The complete ContentInfo, not looked into.
 * @throws {ModelsealError} `ERR_DER`, `ERR_TIMESTAMP_FORMAT`, `ERR_TIMESTAMP_REJECTED`
 */
export function tokenOf(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_TOKEN_BYTES)
    throw new ModelsealError('ERR_TIMESTAMP_FORMAT', { problem: `a token of ${bytes.length} octets` });
  const outer = DerReader.open(bytes, Tag.SEQUENCE, 'TimeStampResp');
  if (outer.tag === Tag.OID) return bytes;
  const info = outer.enter(Tag.SEQUENCE, 'PKIStatusInfo');
  const status = info.smallInteger('status');
  const texts = info.enterOptional(Tag.SEQUENCE, 'statusString');
  const failure = info.tag === Tag.BIT_STRING ? info.bitString('failInfo').bytes : undefined;
  info.finish('PKIStatusInfo');
  if (status !== GRANTED && status !== GRANTED_WITH_MODS) {
    const said = [...failures(failure), ...statusTexts(texts)];
    const problem = said.length > 0 ? said.join(', ') : `status ${status}`;
    throw new ModelsealError('ERR_TIMESTAMP_REJECTED', { problem });
  }
  const token = outer.raw(outer.expect(Tag.SEQUENCE, 'timeStampToken'));
  outer.finish('TimeStampResp');
  return token;
}

function failures(bits: Uint8Array | undefined): string[] {
  if (!bits) return [];
  const set = (bit: number): boolean => ((bits[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  return Object.entries(TIMESTAMP_FAILURES).flatMap(([name, bit]) => (set(bit) ? [name] : []));
}

/** A few words of the authority, for a message. */
const MAX_STATUS_TEXT = 200;

function statusTexts(list: DerReader | undefined): string[] {
  const texts: string[] = [];
  while (list && !list.done && texts.length < 4)
    texts.push(
      Buffer.from(list.octets('statusString', Tag.UTF8_STRING)).toString().slice(0, MAX_STATUS_TEXT),
    );
  return texts;
}
