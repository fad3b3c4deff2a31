import { context, der, Tag } from '../../core/der/index.js';
import type { SigningKey } from '../../core/keys/index.js';
import { Oid } from '../../core/x509/oids.js';
import { REASONS } from '../reasons.js';
import type { Revocation } from '../store/store.js';
import { authorityKeyIdentifier, extension } from './extensions.js';

/**
 * DER of one entry of revokedCertificates (RFC 5280 §5.3). `unspecified` is expressed by leaving the reason out
 * (§5.3.1), and an entry without extensions has no empty list of them (§5.1.2.6), which other readers refuse.
 *
 * @param serial Hexadecimal, as the records have it.
 */
export function encodeRevokedEntry(serial: string, entry: Revocation): Uint8Array {
  const extensions: Uint8Array[] = [];
  if (entry.reason !== 'unspecified') {
    extensions.push(extension(Oid.reasonCode, false, der.integer(REASONS[entry.reason], Tag.ENUMERATED)));
  }
  if (entry.invalidityDate !== undefined) {
    extensions.push(extension(Oid.invalidityDate, false, der.generalizedTime(entry.invalidityDate)));
  }
  return der.sequence(
    der.integer(Buffer.from(serial, 'hex')),
    der.time(entry.revokedAt),
    ...(extensions.length > 0 ? [der.sequence(...extensions)] : []),
  );
}

export interface CrlFields {
  readonly signatureAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly issuerKeyId: Uint8Array;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Certificates that expired since this time stay on the list (X.509 §9.5.2.10, expiredCertsOnCRL). */
  readonly expiredSince: Date;
  /** DER of the entries, in pieces of any number of whole entries. */
  readonly entries: readonly Uint8Array[];
}

/** Room for the header of the outer SEQUENCE: a tag and a length of up to four octets. */
const HEADER = 6;
/** Room for the algorithm and the longest signature: RSA-16384 has 2,048 octets. */
const TRAILER = 4096;

/**
 * Builds and signs a complete CertificateList, version 2 (RFC 5280 §5.1).
 *
 * The to-be-signed bytes are written once, into the buffer that becomes the result: with a million entries every
 * copy would cost 40 MiB.
 */
export async function signCrl(fields: CrlFields, key: SigningKey): Promise<Uint8Array> {
  const entriesLength = fields.entries.reduce((sum, piece) => sum + piece.length, 0);
  const before = Buffer.concat([
    der.integer(1),
    fields.signatureAlgorithm,
    fields.issuer,
    der.time(fields.thisUpdate),
    der.time(fields.nextUpdate),
    // revokedCertificates is absent, not empty, when nothing is revoked (§5.1.2.6).
    entriesLength > 0 ? header(Tag.SEQUENCE, entriesLength) : new Uint8Array(0),
  ]);
  const after = der.element(
    context(0),
    der.sequence(
      authorityKeyIdentifier(fields.issuerKeyId),
      extension(Oid.crlNumber, false, der.integer(fields.number)),
      extension(Oid.expiredCertsOnCrl, false, der.generalizedTime(fields.expiredSince)),
    ),
  );
  const tbsHeader = header(Tag.SEQUENCE, before.length + entriesLength + after.length);
  const tbsLength = tbsHeader.length + before.length + entriesLength + after.length;
  const out = new Uint8Array(HEADER + tbsLength + TRAILER);
  let at = HEADER;
  for (const part of [tbsHeader, before, ...fields.entries, after]) {
    out.set(part, at);
    at += part.length;
  }
  const signature = der.bitString(await key.sign(out.subarray(HEADER, at)));
  for (const part of [fields.signatureAlgorithm, signature]) {
    out.set(part, at);
    at += part.length;
  }
  const outer = header(Tag.SEQUENCE, at - HEADER);
  out.set(outer, HEADER - outer.length);
  return out.subarray(HEADER - outer.length, at);
}

/** Tag and length of an element whose contents are written elsewhere. */
function header(tag: number, length: number): Uint8Array {
  const octets: number[] = [];
  if (length < 0x80) return Uint8Array.of(tag, length);
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.of(tag, 0x80 | octets.length, ...octets);
}
