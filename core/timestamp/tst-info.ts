import { type DigestName, digestIdentifier, digestName, digestOf, STRONG_DIGESTS } from '../cms/index.js';
import { context, contextPrimitive, DerReader, der, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { readAlgorithm } from '../x509/algorithm.js';
import { readExtensionList } from '../x509/certificate.js';
import { type GeneralName, readGeneralName } from '../x509/general-name.js';
import { sameBytes } from '../x509/name.js';
import { readTime } from '../x509/time.js';

/** id-ct-TSTInfo (RFC 3161 §2.4.2). */
export const TST_INFO = '1.2.840.113549.1.9.16.1.4';

/** RFC 3161 §2.4.2 asks for 160 bits at least of whoever reads; this is twice as much. */
const MAX_SERIAL_OCTETS = 41;
/** The nonce of a request; 64 bits are usual. */
export const MAX_NONCE_OCTETS = 65;
const LENGTH: { readonly [H in DigestName]: number } = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** Digest of what is time-stamped. */
export interface MessageImprint {
  readonly hash: DigestName;
  readonly digest: Uint8Array;
}

export const imprintOf = (hash: DigestName, bytes: Uint8Array): MessageImprint => ({
  hash,
  digest: digestOf(hash, bytes),
});

export const encodeImprint = ({ hash, digest }: MessageImprint): Uint8Array =>
  der.sequence(digestIdentifier(hash), der.octetString(digest));

/** @throws {ModelsealError} `ERR_DER`, `ERR_CMS_DIGEST`, `ERR_TIMESTAMP_FORMAT` */
export function readImprint(reader: DerReader): MessageImprint {
  const imprint = reader.enter(Tag.SEQUENCE, 'messageImprint');
  const hash = digestName(readAlgorithm(imprint, 'hashAlgorithm'));
  if (!STRONG_DIGESTS.includes(hash)) throw new ModelsealError('ERR_CMS_DIGEST', { algorithm: hash });
  const digest = imprint.octets('hashedMessage');
  imprint.finish('messageImprint');
  if (digest.length !== LENGTH[hash])
    throw new ModelsealError('ERR_TIMESTAMP_FORMAT', { problem: `an imprint of ${digest.length} octets` });
  return { hash, digest };
}

export const sameImprint = (a: MessageImprint, b: MessageImprint): boolean =>
  a.hash === b.hash && sameBytes(a.digest, b.digest);

/** What a time-stamp token says (RFC 3161 §2.4.2). */
export interface TstInfo {
  readonly policy: string;
  readonly imprint: MessageImprint;
  /** Contents octets of the INTEGER. */
  readonly serial: Uint8Array;
  readonly genTime: Date;
  /** How far off the time may be; undefined where the token does not say. */
  readonly accuracyMs: number | undefined;
  readonly nonce: Uint8Array | undefined;
  readonly tsa: GeneralName | undefined;
}

/** @throws {ModelsealError} `ERR_DER`, `ERR_CMS_DIGEST`, `ERR_TIMESTAMP_FORMAT`, `ERR_CERT_EXTENSION_DUPLICATE` */
export function decodeTstInfo(bytes: Uint8Array): TstInfo {
  const info = DerReader.open(bytes, Tag.SEQUENCE, 'TSTInfo');
  if (info.smallInteger('version') !== 1) throw format('it is not version 1');
  const policy = info.oid('policy');
  const imprint = readImprint(info);
  const serial = bounded(info.integerBytes('serialNumber'), MAX_SERIAL_OCTETS, 'serial number');
  const genTime = readGenTime(info);
  const accuracy = info.enterOptional(Tag.SEQUENCE, 'accuracy');
  const accuracyMs = accuracy && readAccuracy(accuracy);
  // DER leaves the default out; some authorities write it all the same.
  if (info.tag === Tag.BOOLEAN) info.boolean('ordering');
  const nonce =
    info.tag === Tag.INTEGER ? bounded(info.integerBytes('nonce'), MAX_NONCE_OCTETS, 'nonce') : undefined;
  const name = info.enterOptional(context(0), 'tsa');
  const tsa = name && readGeneralName(name, 'tsa');
  name?.finish('tsa');
  const extensions = info.enterOptional(context(1), 'extensions');
  info.finish('TSTInfo');
  if (extensions) {
    for (const { oid, critical } of readExtensionList(extensions).values())
      if (critical) throw format(`the critical extension ${oid} is not understood`);
  }
  return { policy, imprint, serial, genTime, accuracyMs, nonce, tsa };
}

function format(problem: string): ModelsealError {
  return new ModelsealError('ERR_TIMESTAMP_FORMAT', { problem });
}

export function bounded(value: Uint8Array, limit: number, what: string): Uint8Array {
  if (value.length > limit) throw format(`a ${what} of ${value.length} octets`);
  return value;
}

const FRACTION = /^(\d{14})\.(\d{0,8}[1-9])Z$/;

/** With seconds and perhaps a fraction, which does not end in zero (§2.4.2); cut to milliseconds. */
function readGenTime(reader: DerReader): Date {
  const text = Buffer.from(reader.octets('genTime', Tag.GENERALIZED_TIME)).toString('latin1');
  const [, whole, fraction = ''] = FRACTION.exec(text) ?? [];
  const octets = Buffer.from(whole === undefined ? text : `${whole}Z`, 'latin1');
  // What the calendar has is checked in one place, which knows no fractions.
  const time = new DerReader(der.element(Tag.GENERALIZED_TIME, octets));
  return new Date(readTime(time, 'genTime').getTime() + Number(fraction.padEnd(3, '0').slice(0, 3)));
}

/** Rounded up to milliseconds. */
function readAccuracy(reader: DerReader): number {
  const seconds = reader.tag === Tag.INTEGER ? reader.smallInteger('seconds') : 0;
  const part = (n: number, what: string): number => {
    if (reader.tag !== contextPrimitive(n)) return 0;
    const value = reader.smallInteger(what, contextPrimitive(n));
    if (value < 1 || value > 999) throw format(`an accuracy of ${value} ${what}`);
    return value;
  };
  const millis = part(0, 'millis');
  const micros = part(1, 'micros');
  reader.finish('accuracy');
  return seconds * 1000 + millis + (micros > 0 ? 1 : 0);
}
