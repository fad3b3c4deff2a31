import { createPublicKey, type KeyObject } from 'node:crypto';
import { ModelsealError } from '../core/errors/index.js';
import { readBounded } from '../core/files.js';
import { decodePemOrDer } from '../core/pem.js';
import { Certificate } from '../core/x509/index.js';
import { readRequest } from './csr/request.js';

/** Keys, certificates and requests have a few KiB. */
const MAX_BYTES = 64 * 1024;

/**
 * The public key that a file is about: a public key, a certificate, or a request. Private keys are not read: nobody
 * who blocks a key needs it.
 *
 * @throws {ModelsealError} `ERR_PEM`, `ERR_KEY_UNSUPPORTED`, `ERR_CSR_…`, `ERR_FILE_…`
 */
export function readKeyOf(file: string): KeyObject {
  const text = new TextDecoder('latin1').decode(readBounded(file, 'key', MAX_BYTES));
  if (/-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/.test(text)) return readRequest(file).publicKey;
  const bytes = Buffer.from(text, 'latin1');
  const [der, ...more] = decodePemOrDer(bytes, ['PUBLIC KEY', 'CERTIFICATE'], file);
  if (der === undefined || more.length > 0) {
    throw new ModelsealError('ERR_PEM', { file, problem: 'it must hold one key or certificate' });
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return Certificate.decode(der).publicKey();
  try {
    return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  } catch (error) {
    // DER without a label may be a certificate as well.
    try {
      return Certificate.decode(der).publicKey();
    } catch {
      throw new ModelsealError(
        'ERR_PEM',
        { file, problem: 'it is neither a public key nor a certificate' },
        { cause: error },
      );
    }
  }
}
