import { isModelsealError, ModelsealError } from '../errors/index.js';
import { readBounded } from '../files.js';
import { decodePemOrDer } from '../pem.js';
import { Certificate } from './certificate.js';

/** The largest certificate file read; a full system store of a few hundred roots has 250 KiB. */
export const MAX_CERTIFICATE_FILE_BYTES = 4 * 1024 * 1024;

/** More certificates than any bundle of intermediates holds. */
export const MAX_CERTIFICATES_PER_FILE = 2000;

const LABELS = ['CERTIFICATE', 'X509 CERTIFICATE'];

/**
 * The certificates of a PEM (several) or DER (one) text already read.
 *
 * @param file Name for errors.
 * @throws {ModelsealError} `ERR_PEM`, and what {@link Certificate.decode} throws
 */
export function decodeCertificates(bytes: Uint8Array, file: string): Certificate[] {
  const ders = decodePemOrDer(bytes, LABELS, file);
  if (ders.length > MAX_CERTIFICATES_PER_FILE) {
    throw new ModelsealError('ERR_CERT_TOO_MANY', {
      file,
      count: ders.length,
      limit: MAX_CERTIFICATES_PER_FILE,
    });
  }
  return ders.map((der, i) => decodeNamed(der, ders.length > 1 ? `certificate ${i + 1} in ${file}` : file));
}

/** Says which object of which file is not DER: a bundle may hold hundreds. */
function decodeNamed(der: Uint8Array, what: string): Certificate {
  try {
    return Certificate.decode(der);
  } catch (error) {
    if (!isModelsealError(error, 'ERR_DER')) throw error;
    const { problem, offset } = error.details;
    throw new ModelsealError('ERR_DER', { problem: `${what}: ${problem}`, offset }, { cause: error });
  }
}

/**
 * The certificates of a file, in its order: PEM with any number of them, or one in DER.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`, `ERR_FILE_TOO_LARGE`, `ERR_CERT_TOO_MANY`,
 *   `ERR_PEM`, and what {@link Certificate.decode} throws
 * @example
 * const [certificate, ...chain] = readCertificates('ada/chain.pem', 'certificate chain');
 */
export function readCertificates(file: string, what = 'certificate file'): Certificate[] {
  return decodeCertificates(readBounded(file, what, MAX_CERTIFICATE_FILE_BYTES), file);
}
