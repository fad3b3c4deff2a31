import { publicKeyFingerprint } from '../../core/keys/index.js';
import { keyDescription, oidName } from '../../core/x509/index.js';
import { readRequest } from './request.js';
import { requireSecondReader } from './second-reader.js';

/** What a request asks for. Its sender holds the key; nothing else in it is proven. */
export interface RequestSummary {
  readonly file: string;
  readonly subject: string;
  readonly name: string | undefined;
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  readonly otherNames: readonly string[];
  /** Extensions asked for; none is taken over but the identities, and these only when told. */
  readonly extensions: readonly string[];
  readonly key: string;
  readonly keyFingerprint: string;
}

/**
 * Reads a request as issuing would, proof of possession and second reader included, and says what is in it.
 *
 * @throws {ModelsealError} `ERR_CSR_…`, `ERR_KEY_WEAK`, `ERR_FILE_…`
 * @example
 * const { subject, emails, keyFingerprint } = await summarizeRequest('ada/request.csr');
 */
export async function summarizeRequest(file: string): Promise<RequestSummary> {
  const request = readRequest(file);
  await requireSecondReader(request, file);
  const { commonName: name, emails, uris, otherNames, extensions } = request.requested;
  return {
    file,
    subject: request.subject.toString(),
    name,
    emails,
    uris,
    otherNames,
    extensions: extensions.map(oidName),
    key: keyDescription(request.publicKey),
    keyFingerprint: publicKeyFingerprint(request.publicKey),
  };
}
