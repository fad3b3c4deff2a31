import { createHash } from 'node:crypto';
import { DerReader, der, Tag } from '../der/index.js';
import { readAlgorithm } from './algorithm.js';
import type { Name } from './name.js';
import { sameBytes } from './name.js';

/** Hash functions of a CertID; its hashes identify an issuer and prove nothing, so SHA-1 is no weakness here. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
]);

/** CertID (RFC 6960 §4.1.1): which certificate is meant. */
export interface CertId {
  /** As received; undefined for a hash that is not known, which then matches nothing. */
  readonly hash: string | undefined;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Contents octets of the serial number. */
  readonly serial: Uint8Array;
  /** The complete element. */
  readonly raw: Uint8Array;
}

/** @throws {ModelsealError} `ERR_DER` */
export function readCertId(reader: DerReader): CertId {
  const tlv = reader.expect(Tag.SEQUENCE, 'CertID');
  const inner = reader.inside(tlv);
  const algorithm = readAlgorithm(inner, 'hashAlgorithm');
  const issuerNameHash = inner.octets('issuerNameHash');
  const issuerKeyHash = inner.octets('issuerKeyHash');
  const serial = inner.integerBytes('serialNumber');
  inner.finish('CertID');
  const { parameters } = algorithm;
  const plain = parameters === undefined || (parameters.length === 2 && parameters[0] === Tag.NULL);
  const hash = plain ? HASHES.get(algorithm.oid) : undefined;
  return { hash, issuerNameHash, issuerKeyHash, serial, raw: reader.raw(tlv) };
}

/** The issuer as CertID hashes it. */
export interface CertIdIssuer {
  readonly name: Name;
  /** SubjectPublicKeyInfo of the key that signed the certificate. */
  readonly spki: Uint8Array;
}

/** Whether the CertID means the certificate with this serial of this issuer; both hashes and the serial must fit. */
export function matchesCertId(id: CertId, issuer: CertIdIssuer, serial: Uint8Array): boolean {
  if (id.hash === undefined || !sameBytes(id.serial, serial)) return false;
  return (
    sameBytes(id.issuerNameHash, digest(id.hash, issuer.name.raw)) &&
    sameBytes(id.issuerKeyHash, digest(id.hash, keyBits(issuer.spki)))
  );
}

/** The CertID to ask with. SHA-1 unless told, because many responders know nothing else (RFC 5019 §2.1.1). */
export function certIdFor(
  issuer: CertIdIssuer,
  serial: Uint8Array,
  hash: 'sha1' | 'sha256' = 'sha1',
): Uint8Array {
  return encodeCertId(hash, digest(hash, issuer.name.raw), digest(hash, keyBits(issuer.spki)), serial);
}

export function encodeCertId(
  hash: 'sha1' | 'sha256',
  issuerNameHash: Uint8Array,
  issuerKeyHash: Uint8Array,
  serial: Uint8Array,
): Uint8Array {
  const oid = hash === 'sha1' ? '1.3.14.3.2.26' : '2.16.840.1.101.3.4.2.1';
  return der.sequence(
    der.sequence(der.oid(oid), der.nullValue()),
    der.octetString(issuerNameHash),
    der.octetString(issuerKeyHash),
    der.element(Tag.INTEGER, serial),
  );
}

const digest = (hash: string, bytes: Uint8Array): Uint8Array => createHash(hash).update(bytes).digest();

/** Contents of the subjectPublicKey BIT STRING without its count of unused bits (RFC 6960 §4.1.1). */
export function keyBits(spki: Uint8Array): Uint8Array {
  const reader = DerReader.open(spki, Tag.SEQUENCE, 'subjectPublicKeyInfo');
  reader.next();
  return reader.bitString('subjectPublicKey').bytes;
}
