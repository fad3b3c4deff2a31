import { context, der } from '../../core/der/index.js';
import { type SigningKey, signatureScheme } from '../../core/keys/index.js';
import { Oid } from '../../core/x509/index.js';
import { assemble } from '../encode/certificate.js';
import { subjectAltName } from '../encode/extensions.js';
import { subjectText } from '../encode/name.js';
import { spkiOf } from '../encode/spki.js';
import { checkIdentities, type Identities } from '../identity.js';

/**
 * Makes a PKCS #10 request (RFC 2986 §4) that asks for a name and identities; the authority decides what it gives.
 *
 * @throws {ModelsealError} `ERR_CA_NAME`, `ERR_CA_IDENTITY…`
 */
export async function createRequest(
  key: SigningKey,
  name: string,
  identities: Identities,
): Promise<Uint8Array> {
  const commonName = subjectText(name, 'name');
  const { emails, uris } = checkIdentities(identities, commonName);
  const subject = der.sequence(der.setOf(der.sequence(der.oid(Oid.commonName), der.utf8String(commonName))));
  const extensionRequest = der.sequence(
    der.oid('1.2.840.113549.1.9.14'),
    der.setOf(der.sequence(subjectAltName(emails, uris))),
  );
  const info = der.sequence(
    der.integer(0),
    subject,
    spkiOf(key.publicKey),
    der.element(context(0), extensionRequest),
  );
  return assemble(info, signatureScheme(key.publicKey).algorithmIdentifier, await key.sign(info));
}
