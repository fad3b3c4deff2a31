import { createPublicKey, type KeyObject } from 'node:crypto';
import { assemble, encodeTbsCertificate } from '../../ca/encode/certificate.js';
import { extension } from '../../ca/encode/extensions.js';
import { generatePrivateKey, signatureScheme, signingKey } from '../../core/keys/index.js';
import { Certificate } from '../../core/x509/index.js';

interface Forged {
  readonly certificate: Certificate;
  readonly key: KeyObject;
}

/**
 * A copy of a genuine certificate with names, serial number, dates, key identifiers and all, over a key of the
 * attacker's, signed with another of his keys. Only the signature of the genuine issuer is out of his reach.
 *
 * @param issuer The forged issuer; without it the copy signs itself, as a root does.
 */
export async function forge(genuine: Certificate, issuer?: Forged): Promise<Forged> {
  const key = await generatePrivateKey('rsa-2048');
  const signer = signingKey(issuer?.key ?? key);
  const { algorithmIdentifier } = signatureScheme(signer.publicKey);
  const tbs = encodeTbsCertificate({
    serial: genuine.serialBytes,
    signatureAlgorithm: algorithmIdentifier,
    issuer: genuine.issuer.raw,
    notBefore: genuine.notBefore,
    notAfter: genuine.notAfter,
    subject: genuine.subject.raw,
    spki: new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' })),
    extensions: [...genuine.extensions.values()].map((e) => extension(e.oid, e.critical, e.value)),
  });
  const der = assemble(tbs, algorithmIdentifier, await signer.sign(tbs));
  return { certificate: Certificate.decode(der), key };
}
