import { ModelsealError } from '../../core/errors/index.js';
import { fetchBytes, systemResolve } from '../../core/http/index.js';
import {
  type Certificate,
  decodeCertificates,
  MAX_CERTIFICATE_FILE_BYTES,
  readCertificates,
} from '../../core/x509/index.js';
import { DEFAULT_TIMEOUT_MS } from '../revocation/fetch.js';

/**
 * The certificates of a file, or of an http(s) address. What came over the network is nobody's word: without a
 * fingerprint from elsewhere, nothing is fetched.
 *
 * @throws {ModelsealError} `ERR_TRUST_FINGERPRINT`, `ERR_FETCH_…`, what reading certificates throws
 */
export async function readAnchorSource(
  source: string,
  fingerprint: string | undefined,
): Promise<Certificate[]> {
  if (!/^https?:\/\//i.test(source)) return readCertificates(source, 'trust anchor');
  if (fingerprint === undefined)
    throw new ModelsealError('ERR_TRUST_FINGERPRINT', { fingerprint: 'none given', found: [source] });
  const http = { timeoutMs: DEFAULT_TIMEOUT_MS, maxBytes: MAX_CERTIFICATE_FILE_BYTES };
  const bytes = await fetchBytes(source, { ...http, allowPrivate: true, resolve: systemResolve });
  return decodeCertificates(bytes, source);
}
