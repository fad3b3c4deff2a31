import { randomBytes } from 'node:crypto';
import { context, der } from '../../core/der/index.js';
import { encodePem } from '../../core/pem.js';

/** Fields of a TBSCertificate, each already DER where it is a structure (RFC 5280 §4.1). */
export interface CertificateFields {
  readonly serial: Uint8Array;
  /** AlgorithmIdentifier of the issuer's signature. */
  readonly signatureAlgorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly extensions: readonly Uint8Array[];
}

const VERSION_3 = der.element(context(0), der.integer(2));

/** DER of the TBSCertificate: the bytes that are linted and then signed. */
export function encodeTbsCertificate(f: CertificateFields): Uint8Array {
  return der.sequence(
    VERSION_3,
    der.integer(f.serial),
    f.signatureAlgorithm,
    f.issuer,
    der.sequence(der.time(f.notBefore), der.time(f.notAfter)),
    f.subject,
    f.spki,
    der.element(context(3), der.sequence(...f.extensions)),
  );
}

/** The signed object of RFC 5280 §4.1.1 around bytes and their signature. */
export const assemble = (
  tbs: Uint8Array,
  signatureAlgorithm: Uint8Array,
  signature: Uint8Array,
): Uint8Array => der.sequence(tbs, signatureAlgorithm, der.bitString(signature));

/**
 * A serial number of 20 octets from the system's generator: positive, never a leading zero octet, 158 random bits
 * (RFC 5280 §4.1.2.2 allows 20 octets; CA/Browser Forum BR §7.1 asks for 64 bits). Unpredictable serials are what
 * stopped the chosen-prefix forgeries against CAs.
 */
export function randomSerial(): Uint8Array {
  if (used + 20 > pool.length) {
    pool = randomBytes(POOL);
    used = 0;
  }
  const serial = new Uint8Array(pool.subarray(used, used + 20));
  used += 20;
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  return serial;
}

/** Random octets are drawn for a hundred serials at once; a draw costs as much as encoding half a certificate. */
const POOL = 2000;
let pool = Buffer.alloc(0);
let used = 0;

export const certificatePem = (certificate: Uint8Array): string => encodePem('CERTIFICATE', certificate);
