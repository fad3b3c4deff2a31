import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { DerReader, Tag } from '../der/index.js';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { readBounded, readSecret } from '../files.js';
import { decodeText } from '../objects/text.js';
import { encodePem, type FileObject, objectsOf } from '../pem.js';
import { canonicalPublicKey } from './canonical.js';
import { encryptionOf, isAbsentAlgorithm } from './encryption.js';

/** An RSA-16384 key in encrypted PEM has under 20 KiB; a file larger than this holds something else. */
export const MAX_KEY_FILE = 64 * 1024;

/** Asks for the passphrase that opens `file`; called only when the key is encrypted. */
export type AskPassphrase = (file: string) => Promise<string>;

/**
 * Reads a private key: PKCS#8, plain or encrypted, SEC1 or PKCS#1, in PEM, DER or bare base64. One key per file;
 * certificates may stand beside it.
 *
 * @throws {ModelsealError} `ERR_FILE_…`, `ERR_SECRET_…`, `ERR_PEM`, `ERR_DER`, `ERR_KEY_ENCRYPTION`, `ERR_PASSPHRASE_NEEDED` (from
 *   `ask`), `ERR_PASSPHRASE_WRONG`
 * @example
 * const key = signingKey(await readPrivateKey('ada/key.pem', passphrase));
 */
export async function readPrivateKey(file: string, ask: AskPassphrase): Promise<KeyObject> {
  const bytes = readSecret(file, 'private key', MAX_KEY_FILE, (read) => onlyObject(read, file, PRIVATE_KEYS));
  return decodePrivateKey(bytes, file, ask);
}

/**
 * {@link readPrivateKey} for bytes already read; `file` names them in errors.
 * @example
 * const key = signingKey(await decodePrivateKey(bytes, 'the key of the vault', passphrase));
 */
export async function decodePrivateKey(
  bytes: Uint8Array,
  file: string,
  ask: AskPassphrase,
): Promise<KeyObject> {
  const object = onlyObject(bytes, file, PRIVATE_KEYS);
  // OpenSSL's own encryption of the traditional forms (RFC 1421 headers), still met in the field.
  if (object.label !== undefined && object.headers.length > 0) {
    const cipher = object.headers.find((line) => line.startsWith('DEK-Info: '))?.slice(10);
    const key = encodePem(object.label, object.bytes, object.headers);
    return opened(file, ask, cipher?.split(',')[0] ?? 'an unnamed cipher', { key, format: 'pem' });
  }
  const input = { key: complete(object.bytes, file), format: 'der' as const };
  switch (object.label ?? shapeOf(object.bytes)) {
    case 'PRIVATE KEY':
      return parsed(file, () => createPrivateKey({ ...input, type: 'pkcs8' }));
    case 'RSA PRIVATE KEY':
      return parsed(file, () => createPrivateKey({ ...input, type: 'pkcs1' }));
    case 'EC PRIVATE KEY':
      return parsed(file, () => createPrivateKey({ ...input, type: 'sec1' }));
    default:
      return opened(file, ask, encryptionOf(object.bytes, file), { ...input, type: 'pkcs8' });
  }
}

const PRIVATE_KEYS = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

/**
 * Which of the four forms a key in DER has. EncryptedPrivateKeyInfo begins with an AlgorithmIdentifier, the plain forms
 * with a version; what follows it tells them apart (RFC 5208 §5, RFC 8017 §A.1.2, RFC 5915 §3).
 */
function shapeOf(bytes: Uint8Array): string {
  const reader = DerReader.open(bytes, Tag.SEQUENCE, 'key');
  if (reader.tag !== Tag.INTEGER) return 'ENCRYPTED PRIVATE KEY';
  reader.next();
  if (reader.tag === Tag.INTEGER) return 'RSA PRIVATE KEY';
  return reader.tag === Tag.OCTET_STRING ? 'EC PRIVATE KEY' : 'PRIVATE KEY';
}

/**
 * Reads a public key: SubjectPublicKeyInfo or PKCS#1 in PEM, SubjectPublicKeyInfo in DER or bare base64, or a JWK. A private key
 * is refused, not silently reduced: it should not lie where public keys do.
 *
 * @throws {ModelsealError} `ERR_FILE_…`, `ERR_PEM`, `ERR_DER`
 */
export function readPublicKey(file: string): KeyObject {
  return decodePublicKey(readBounded(file, 'public key', MAX_KEY_FILE), file);
}

/** {@link readPublicKey} for bytes already read; `file` names them in errors. */
export function decodePublicKey(bytes: Uint8Array, file: string): KeyObject {
  const text = decodeText(bytes);
  const key = text.trimStart().startsWith('{') ? fromJwk(text, file) : fromObject(bytes, file);
  return canonicalPublicKey(key);
}

function fromObject(bytes: Uint8Array, file: string): KeyObject {
  const object = onlyObject(bytes, file, ['PUBLIC KEY', 'RSA PUBLIC KEY']);
  const type = object.label === 'RSA PUBLIC KEY' ? 'pkcs1' : 'spki';
  return parsed(file, () => createPublicKey({ key: complete(object.bytes, file), format: 'der', type }));
}

function fromJwk(text: string, file: string): KeyObject {
  let jwk: Record<string, unknown>;
  try {
    jwk = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw damaged(file, 'neither PEM nor a JSON Web Key');
  }
  if ('d' in jwk || 'k' in jwk) throw damaged(file, 'holds a private JSON Web Key, expected a public one');
  return parsed(file, () => createPublicKey({ key: jwk as import('node:crypto').JsonWebKey, format: 'jwk' }));
}

/** OpenSSL ignores what follows the key; we do not: a file is one key and nothing else. */
function complete(bytes: Uint8Array, file: string): Buffer {
  try {
    DerReader.open(bytes, Tag.SEQUENCE, 'key');
  } catch (error) {
    throw isModelsealError(error) ? damaged(file, error.message) : error;
  }
  return Buffer.from(bytes);
}

/** A file with several keys does not say which is meant. */
function onlyObject(bytes: Uint8Array, file: string, labels: readonly string[]): FileObject {
  const [object, ...more] = objectsOf(bytes, labels, file);
  if (more.length === 0) return object;
  throw damaged(file, `holds ${more.length + 1} objects, expected one ${labels[0]}`);
}

async function opened(
  file: string,
  ask: AskPassphrase,
  algorithm: string,
  input: Exclude<Parameters<typeof createPrivateKey>[0], string | Buffer>,
): Promise<KeyObject> {
  const passphrase = await ask(file);
  try {
    return createPrivateKey({ ...input, passphrase });
  } catch (error) {
    if (isAbsentAlgorithm(error)) throw new ModelsealError('ERR_KEY_ENCRYPTION', { file, algorithm });
    // The structure was checked before; what remains is the passphrase. OpenSSL's text could quote the input.
    throw new ModelsealError('ERR_PASSPHRASE_WRONG', { file });
  }
}

function parsed(file: string, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch (error) {
    throw isModelsealError(error) ? error : damaged(file, 'it is not a key that OpenSSL can read');
  }
}

const damaged = (file: string, problem: string): ModelsealError =>
  new ModelsealError('ERR_PEM', { file, problem });
