import { createCipheriv, type KeyObject, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { der } from '../der/index.js';
import { encodePem } from '../pem.js';
import { canonicalSpki } from './canonical.js';
import { requireStrongPassphrase } from './passphrase.js';

/**
 * PBKDF2 rounds, the figure OWASP gives for HMAC-SHA-256: about 0.2 s for us, and for every guess of a thief.
 * OpenSSL's own default for key files is 2,048, which is why the encoding is not left to it.
 */
const PBKDF2_ITERATIONS = 600_000;

const OID = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const;

const derive = promisify(pbkdf2);

/**
 * A private key as PEM `ENCRYPTED PRIVATE KEY`: PKCS#8 (RFC 5958 §3) under PBES2 with PBKDF2-HMAC-SHA-256 and
 * AES-256-CBC (RFC 8018 §6.2), the combination that every reader of the last fifteen years opens.
 *
 * @throws {ModelsealError} `ERR_PASSPHRASE_WEAK`, `ERR_USAGE` for an overlong passphrase
 */
export async function encryptPrivateKey(key: KeyObject, passphrase: string): Promise<string> {
  requireStrongPassphrase(passphrase, 'the key');
  const secret = Buffer.from(passphrase, 'utf8');
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const cipher = createCipheriv(
    'aes-256-cbc',
    await derive(secret, salt, PBKDF2_ITERATIONS, 32, 'sha256'),
    iv,
  );
  const plain = key.export({ type: 'pkcs8', format: 'der' });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  const kdf = der.sequence(
    der.oid(OID.pbkdf2),
    der.sequence(
      der.octetString(salt),
      der.integer(PBKDF2_ITERATIONS),
      der.sequence(der.oid(OID.hmacSha256), der.nullValue()),
    ),
  );
  const scheme = der.sequence(der.oid(OID.aes256Cbc), der.octetString(iv));
  const algorithm = der.sequence(der.oid(OID.pbes2), der.sequence(kdf, scheme));
  return encodePem('ENCRYPTED PRIVATE KEY', der.sequence(algorithm, der.octetString(encrypted)));
}

/** A private key as unencrypted PKCS#8 PEM, for operators who asked for exactly that. */
export function encodePrivateKey(key: KeyObject): string {
  const bytes = key.export({ type: 'pkcs8', format: 'der' });
  const pem = encodePem('PRIVATE KEY', bytes);
  bytes.fill(0);
  return pem;
}

/** A public key as SubjectPublicKeyInfo PEM. */
export const encodePublicKey = (key: KeyObject): string => encodePem('PUBLIC KEY', canonicalSpki(key));
