import { ModelsealError } from '../../core/errors/index.js';
import { Oid, sameBytes } from '../../core/x509/index.js';
import { spkiOf } from '../encode/spki.js';
import { x509 } from '../peculiar.js';
import type { CertificateRequest } from './request.js';

/**
 * Lets an independent library read the same request and verify its proof of possession, and refuses when the two
 * disagree: an encoding that two programs understand differently is how one name passes for another.
 *
 * @throws {ModelsealError} `ERR_CSR_READERS_DISAGREE`
 */
export async function requireSecondReader(request: CertificateRequest, file: string): Promise<void> {
  const disagree = (field: string): never => {
    throw new ModelsealError('ERR_CSR_READERS_DISAGREE', { file, field });
  };
  const { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } = await x509();
  let other: InstanceType<typeof Pkcs10CertificateRequest>;
  try {
    other = new Pkcs10CertificateRequest(Buffer.from(request.raw));
    if (!(await other.verify())) disagree('signature');
  } catch (error) {
    if (error instanceof ModelsealError) throw error;
    return disagree('structure');
  }
  if (!sameBytes(new Uint8Array(other.publicKey.rawData), spkiOf(request.publicKey))) disagree('key');
  if (!sameBytes(new Uint8Array(other.subjectName.toArrayBuffer()), request.subject.raw)) disagree('subject');
  const { extensions, emails, uris } = request.requested;
  if (other.extensions.map((e) => e.type).join() !== extensions.join()) disagree('list of extensions');
  const san = other.extensions.find((e) => e.type === Oid.subjectAltName);
  if (san === undefined) return;
  if (!(san instanceof SubjectAlternativeNameExtension)) return disagree('alternative names');
  const theirs = (type: 'email' | 'url'): string[] =>
    san.names.items.filter((name) => name.type === type).map((name) => name.value);
  if (!theirs('email').every((email) => emails.includes(email))) disagree('e-mail addresses');
  if (theirs('url').join('\n') !== uris.join('\n')) disagree('URIs');
}
