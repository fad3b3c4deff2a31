import { createPublicKey, type KeyObject } from 'node:crypto';
import { ModelsealError } from '../core/errors/index.js';
import { readBounded } from '../core/files.js';
import { objectsOf } from '../core/pem.js';
import { Certificate } from '../core/x509/index.js';
import { REQUEST_LABELS, UnverifiedRequest } from '../core/x509/request.js';

/** Keys, certificates and requests have a few KiB. */
const MAX_BYTES = 64 * 1024;

const CERTIFICATES = ['CERTIFICATE', 'X509 CERTIFICATE'];

/**
 * The public key that a file is about: a public key, a certificate, or a request. Private keys are not read: nobody
 * who blocks a key needs it.
 *
 * @throws {ModelsealError} `ERR_PEM`, `ERR_FILE_FORMAT`, `ERR_CSR_…`, `ERR_FILE_…`
 */
export function readKeyOf(file: string): KeyObject {
  const bytes = readBounded(file, 'key', MAX_BYTES);
  const [{ label, bytes: der }] = objectsOf(bytes, [...CERTIFICATES, ...REQUEST_LABELS, 'PUBLIC KEY'], file);
  const readers = {
    certificate: () => Certificate.decode(der).publicKey(),
    // Whoever blocks a key need not hold it, and a weak one is as good a reason.
    request: () => UnverifiedRequest.decode(der, file).publicKey,
    key: () => createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }),
  };
  if (label === undefined) return firstOf(Object.values(readers), file);
  if (CERTIFICATES.includes(label)) return readers.certificate();
  return REQUEST_LABELS.includes(label) ? readers.request() : firstOf([readers.key], file);
}

/** DER does not say what it is: whatever reads it, does. */
function firstOf(readers: readonly (() => KeyObject)[], file: string): KeyObject {
  let cause: unknown;
  for (const read of readers) {
    try {
      return read();
    } catch (error) {
      cause = error;
    }
  }
  const problem = 'it is neither a public key, a certificate nor a request';
  throw new ModelsealError('ERR_PEM', { file, problem }, { cause });
}
