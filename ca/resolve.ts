import { existsSync } from 'node:fs';
import { ModelsealError } from '../core/errors/index.js';
import { type Certificate, readCertificates, sameBytes } from '../core/x509/index.js';
import type { Authority } from './authority.js';
import type { CertificateRecord } from './store/store.js';

/** A serial number has at most 20 octets (RFC 5280 §4.1.2.2); colons as OpenSSL writes them are read over. */
const SERIAL = /^(?:[0-9a-f]{1,40}|[0-9a-f]{2}(?::[0-9a-f]{2}){0,19})$/i;

/**
 * The record of a certificate that was named by serial number or by a file that holds it.
 *
 * @throws {ModelsealError} `ERR_SERIAL_NUMBER`, `ERR_SERIAL_UNKNOWN`, `ERR_CERTIFICATE_FOREIGN`, what reading throws
 * @example
 * const { serial, state } = await resolveCertificate(authority, 'ada/cert.pem');
 */
export async function resolveCertificate(authority: Authority, named: string): Promise<CertificateRecord> {
  if (existsSync(named)) return fromFile(authority, named);
  if (SERIAL.test(named)) {
    const hex = named.replaceAll(':', '').toLowerCase().replace(/^0+/, '');
    return authority.find(hex.length % 2 === 0 ? hex : `0${hex}`);
  }
  // Something that looks like a path was meant as one.
  if (/[/\\.]/.test(named))
    throw new ModelsealError('ERR_FILE_NOT_FOUND', { file: named, what: 'certificate' });
  throw new ModelsealError('ERR_SERIAL_NUMBER', { value: named });
}

async function fromFile(authority: Authority, file: string): Promise<CertificateRecord> {
  const certificate = readOne(file);
  const record = await authority.find(certificate.serialNumber);
  // The serial number alone would let a forged file have a genuine certificate revoked.
  if (record.der === undefined || !sameBytes(record.der, certificate.raw)) {
    throw new ModelsealError('ERR_CERTIFICATE_FOREIGN', { file, serial: certificate.serialNumber });
  }
  return record;
}

/** The first certificate of a file: the leaf, where a chain follows. */
function readOne(file: string): Certificate {
  const [certificate] = readCertificates(file, 'certificate');
  if (certificate === undefined) throw new ModelsealError('ERR_SERIAL_NUMBER', { value: file });
  return certificate;
}

/**
 * The same for a certificate that is to be revoked: one that our key signed and that the records lost is taken in.
 *
 * @throws {ModelsealError} as {@link resolveCertificate}
 * @example
 * const { serial } = await resolveForRevocation(authority, 'ada/cert.pem', new Date());
 * await authority.revoke({ serial, reason: 'keyCompromise', at: new Date() });
 */
export async function resolveForRevocation(
  authority: Authority,
  named: string,
  at: Date,
): Promise<CertificateRecord> {
  if (existsSync(named)) return authority.importCertificate(readOne(named), named, at);
  return resolveCertificate(authority, named);
}
