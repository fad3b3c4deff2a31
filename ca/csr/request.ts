import type { KeyObject } from 'node:crypto';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { decodePemOrDer } from '../../core/pem.js';
import {
  MAX_REQUEST_FILE,
  type Name,
  REQUEST_LABELS,
  type RequestedContent,
  signatureAlgorithm,
  UnverifiedRequest,
  verifySignedData,
} from '../../core/x509/index.js';
import { requireUnbroken } from '../weak-keys.js';

export type { RequestedContent } from '../../core/x509/index.js';

/**
 * A PKCS #10 request (RFC 2986) whose proof of possession was checked over the received bytes, and whose key is
 * sound. Only {@link CertificateRequest.verify} makes one.
 */
export class CertificateRequest {
  readonly raw: Uint8Array;
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly requested: RequestedContent;
  readonly #proven = true;

  private constructor(raw: Uint8Array, subject: Name, publicKey: KeyObject, requested: RequestedContent) {
    this.raw = raw;
    this.subject = subject;
    this.publicKey = publicKey;
    this.requested = requested;
  }

  /** @internal For the type system and for look-alikes at run time. */
  get proven(): boolean {
    return this.#proven;
  }

  /**
   * Checks one DER request.
   *
   * @param file Name for errors.
   * @throws {ModelsealError} `ERR_CSR_MALFORMED`, `ERR_CSR_ALGORITHM`, `ERR_CSR_SIGNATURE`, `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED`
   */
  static verify(der: Uint8Array, file: string): CertificateRequest {
    const request = UnverifiedRequest.decode(der, file);
    requireUnbroken(request.publicKey, `the key in ${file}`);
    if (!proves(request, file)) throw new ModelsealError('ERR_CSR_SIGNATURE', { file });
    // Only now, with the sender proven to hold the key, is the rest worth reading.
    return new CertificateRequest(der, request.subject, request.publicKey, request.content());
  }
}

/**
 * Reads and checks the request in a PEM or DER file, one per file.
 *
 * @throws {ModelsealError} `ERR_FILE_…`, `ERR_PEM`, and what {@link CertificateRequest.verify} throws
 * @example
 * const { requested } = readRequest('ada/request.csr'); // checked: whoever sent it holds the key
 */
export function readRequest(file: string): CertificateRequest {
  const [der, ...more] = decodePemOrDer(
    readBounded(file, 'certificate request', MAX_REQUEST_FILE),
    REQUEST_LABELS,
    file,
  );
  if (der === undefined || more.length > 0) throw malformed(file, 'it must hold exactly one request');
  return CertificateRequest.verify(der, file);
}

const malformed = (file: string, problem: string): ModelsealError =>
  new ModelsealError('ERR_CSR_MALFORMED', { file, problem });

function proves(request: UnverifiedRequest, file: string): boolean {
  const { signature, publicKey, signedBytes } = request;
  if (signature.unused !== 0) return false;
  try {
    const algorithm = signatureAlgorithm(request.algorithm);
    if (algorithm.hash === 'md5' || algorithm.hash === 'sha1' || algorithm.hash === 'sha224') {
      throw new ModelsealError('ERR_CSR_ALGORITHM', { file, algorithm: algorithm.name });
    }
    return verifySignedData(algorithm, publicKey, signedBytes, signature.bytes);
  } catch (error) {
    if (isModelsealError(error, 'ERR_SIGNATURE_KEY_MISMATCH')) return false;
    if (isModelsealError(error) && error.code.startsWith('ERR_SIGNATURE_ALGORITHM')) {
      throw new ModelsealError(
        'ERR_CSR_ALGORITHM',
        { file, algorithm: request.algorithm.oid },
        { cause: error },
      );
    }
    throw error;
  }
}
