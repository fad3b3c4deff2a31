import { createHash } from 'node:crypto';
import { context, contextPrimitive, DerReader, der, Tag } from '../../core/der/index.js';
import { Oid } from '../../core/x509/oids.js';

/** One Extension (RFC 5280 §4.1): `critical` is left out when false, as DER demands of defaults. */
export function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  const parts = critical ? [identifier(oid), der.boolean(true)] : [identifier(oid)];
  return der.sequence(...parts, der.octetString(value));
}

/** The same dozen identifiers stand in every certificate, and encoding one means arithmetic on big integers. */
function identifier(oid: string): Uint8Array {
  let encoded = IDENTIFIERS.get(oid);
  if (encoded === undefined) {
    encoded = der.oid(oid);
    IDENTIFIERS.set(oid, encoded);
  }
  return encoded;
}

const IDENTIFIERS = new Map<string, Uint8Array>();

/** RFC 5280 §4.2.1.9; critical in CA certificates, and in ours always. */
export const basicConstraints = (ca: boolean, pathLength?: number): Uint8Array =>
  extension(
    Oid.basicConstraints,
    true,
    der.sequence(
      ...(ca ? [der.boolean(true)] : []),
      ...(pathLength === undefined ? [] : [der.integer(pathLength)]),
    ),
  );

/** Bits of RFC 5280 §4.2.1.3. */
const USAGE = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;

export const keyUsage = (...usages: readonly (keyof typeof USAGE)[]): Uint8Array =>
  extension(Oid.keyUsage, true, der.namedBits(usages.map((usage) => USAGE[usage])));

/** RFC 5280 §4.2.1.12. */
export const extKeyUsage = (purposes: string | readonly string[], critical = false): Uint8Array =>
  extension(Oid.extKeyUsage, critical, der.sequence(...[purposes].flat().map(identifier)));

/** RFC 5280 §4.2.1.10: permitted are mailboxes of these hosts; `.example.org` means every host below. Critical, as it must be. */
export const permittedEmailDomains = (domains: readonly string[]): Uint8Array =>
  extension(
    Oid.nameConstraints,
    true,
    der.sequence(
      der.element(
        context(0),
        ...domains.map((domain) =>
          der.sequence(der.element(contextPrimitive(1), Buffer.from(domain, 'latin1'))),
        ),
      ),
    ),
  );

/** The leftmost 160 bits of SHA-256 over the subjectPublicKey bits (RFC 7093 §2 method 1). */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  const reader = DerReader.open(spki, Tag.SEQUENCE, 'SubjectPublicKeyInfo');
  reader.expect(Tag.SEQUENCE, 'algorithm');
  const { bytes } = reader.bitString('subjectPublicKey');
  return new Uint8Array(createHash('sha256').update(bytes).digest().subarray(0, 20));
}

/** RFC 5280 §4.2.1.2. */
export const subjectKeyIdentifier = (id: Uint8Array): Uint8Array =>
  extension(Oid.subjectKeyIdentifier, false, der.octetString(id));

/** RFC 5280 §4.2.1.1, by key identifier only: naming issuer and serial too would break a renewed issuer. */
export const authorityKeyIdentifier = (id: Uint8Array): Uint8Array =>
  extension(Oid.authorityKeyIdentifier, false, der.sequence(der.element(contextPrimitive(0), id)));

/** RFC 5280 §4.2.1.6; not critical, since our subjects are never empty. */
export const subjectAltName = (emails: readonly string[], uris: readonly string[]): Uint8Array =>
  extension(
    Oid.subjectAltName,
    false,
    der.sequence(
      ...emails.map((email) => der.element(contextPrimitive(1), Buffer.from(email, 'latin1'))),
      ...uris.map((uri) => uriName(uri)),
    ),
  );

const uriName = (uri: string): Uint8Array => der.element(contextPrimitive(6), Buffer.from(uri, 'latin1'));

/** RFC 5280 §4.2.1.13: one point, its full name a URI. */
export const crlDistributionPoints = (url: string): Uint8Array => {
  const fullName = der.element(context(0), uriName(url));
  return extension(
    Oid.crlDistributionPoints,
    false,
    der.sequence(der.sequence(der.element(context(0), fullName))),
  );
};

/** RFC 5280 §4.2.2.1: where the OCSP responder answers. */
export const ocspAddress = (url: string): Uint8Array =>
  extension(Oid.authorityInfoAccess, false, der.sequence(der.sequence(identifier(Oid.adOcsp), uriName(url))));
