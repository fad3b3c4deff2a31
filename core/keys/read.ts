import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { DerReader, Tag } from '../der/index.js';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { readBounded } from '../files.js';
import { decodePem, type PemBlock } from '../pem.js';

/** An RSA-16384 key in encrypted PEM has under 20 KiB; a file larger than this holds something else. */
export const MAX_KEY_FILE = 64 * 1024;

/** Asks for the passphrase that opens `file`; called only when the key is encrypted. */
export type AskPassphrase = (file: string) => Promise<string>;

/**
 * PBKDF2 rounds that opening a key may cost, about 4 s. The count stands in the file, so that a planted key file
 * could otherwise hold the program for hours.
 */
const MAX_KDF_ITERATIONS = 10_000_000;

/**
 * Reads a private key: PKCS#8, plain or encrypted, SEC1 or PKCS#1 in PEM; PKCS#8 in DER. One key per file.
 *
 * @throws {ModelsealError} `ERR_FILE_…`, `ERR_PEM`, `ERR_DER`, `ERR_PASSPHRASE_NEEDED` (from `ask`), `ERR_PASSPHRASE_WRONG`
 */
export async function readPrivateKey(file: string, ask: AskPassphrase): Promise<KeyObject> {
  return decodePrivateKey(readBounded(file, 'private key', MAX_KEY_FILE), file, ask);
}

/** {@link readPrivateKey} for bytes already read; `file` names them in errors. */
export async function decodePrivateKey(
  bytes: Uint8Array,
  file: string,
  ask: AskPassphrase,
): Promise<KeyObject> {
  if (isDer(bytes)) {
    return isEncryptedDer(bytes, file)
      ? opened(file, ask, (passphrase) => ({ ...pkcs8(bytes), passphrase }))
      : parsed(file, () => createPrivateKey(pkcs8(bytes)));
  }
  const text = Buffer.from(bytes).toString('latin1');
  // OpenSSL's own encryption of the traditional forms (RFC 1421 headers), still met in the field.
  if (/^Proc-Type: 4,ENCRYPTED\r?$/m.test(text)) {
    return opened(file, ask, (passphrase) => ({ key: text, format: 'pem', passphrase }));
  }
  const block = onlyBlock(text, file, 'PRIVATE KEY');
  switch (block.label) {
    case 'PRIVATE KEY':
      return parsed(file, () => createPrivateKey(pkcs8(complete(block.bytes, file))));
    case 'RSA PRIVATE KEY':
      return parsed(file, () =>
        createPrivateKey({ key: complete(block.bytes, file), format: 'der', type: 'pkcs1' }),
      );
    case 'EC PRIVATE KEY':
      return parsed(file, () =>
        createPrivateKey({ key: complete(block.bytes, file), format: 'der', type: 'sec1' }),
      );
    case 'ENCRYPTED PRIVATE KEY':
      boundWork(block.bytes, file);
      return opened(file, ask, (passphrase) => ({ ...pkcs8(block.bytes), passphrase }));
    default:
      throw damaged(file, `holds ${block.label}, expected PRIVATE KEY`);
  }
}

/**
 * Reads a public key: SubjectPublicKeyInfo or PKCS#1 in PEM, SubjectPublicKeyInfo in DER, or a JWK. A private key
 * is refused, not silently reduced: it should not lie where public keys do.
 *
 * @throws {ModelsealError} `ERR_FILE_…`, `ERR_PEM`, `ERR_DER`
 */
export function readPublicKey(file: string): KeyObject {
  return decodePublicKey(readBounded(file, 'public key', MAX_KEY_FILE), file);
}

/** {@link readPublicKey} for bytes already read; `file` names them in errors. */
export function decodePublicKey(bytes: Uint8Array, file: string): KeyObject {
  if (isDer(bytes)) return spki(bytes, file);
  const text = Buffer.from(bytes).toString('utf8');
  if (text.trimStart().startsWith('{')) return fromJwk(text, file);
  const block = onlyBlock(text, file, 'PUBLIC KEY');
  if (block.label === 'PUBLIC KEY') return spki(block.bytes, file);
  if (block.label === 'RSA PUBLIC KEY') {
    return parsed(file, () =>
      createPublicKey({ key: complete(block.bytes, file), format: 'der', type: 'pkcs1' }),
    );
  }
  throw damaged(file, `holds ${block.label}, expected PUBLIC KEY`);
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

const spki = (bytes: Uint8Array, file: string): KeyObject =>
  parsed(file, () => createPublicKey({ key: complete(bytes, file), format: 'der', type: 'spki' }));

const pkcs8 = (bytes: Uint8Array): { key: Buffer; format: 'der'; type: 'pkcs8' } => ({
  key: Buffer.from(bytes),
  format: 'der',
  type: 'pkcs8',
});

/** Every DER key begins with the SEQUENCE tag, which is also the digit 0; text has no control bytes besides breaks. */
const isDer = (bytes: Uint8Array): boolean =>
  bytes[0] === Tag.SEQUENCE &&
  bytes.subarray(0, 64).some((octet) => octet >= 127 || (octet < 32 && ![9, 10, 13].includes(octet)));

/** OpenSSL ignores what follows the key; we do not: a file is one key and nothing else. */
function complete(bytes: Uint8Array, file: string): Buffer {
  try {
    DerReader.open(bytes, Tag.SEQUENCE, 'key');
  } catch (error) {
    throw isModelsealError(error) ? damaged(file, error.message) : error;
  }
  return Buffer.from(bytes);
}

/** EncryptedPrivateKeyInfo begins with an AlgorithmIdentifier, the three plain forms with a version number. */
function isEncryptedDer(bytes: Uint8Array, file: string): boolean {
  complete(bytes, file);
  if (DerReader.open(bytes, Tag.SEQUENCE, 'key').tag !== Tag.SEQUENCE) return false;
  boundWork(bytes, file);
  return true;
}

/** Refuses an EncryptedPrivateKeyInfo that is damaged, or whose PBKDF2 count is out of all proportion. */
function boundWork(bytes: Uint8Array, file: string): void {
  try {
    const info = DerReader.open(bytes, Tag.SEQUENCE, 'EncryptedPrivateKeyInfo');
    const algorithm = info.enter(Tag.SEQUENCE, 'encryptionAlgorithm');
    info.octets('encryptedData');
    info.finish('EncryptedPrivateKeyInfo');
    if (algorithm.oid('encryptionAlgorithm') !== '1.2.840.113549.1.5.13') return;
    const kdf = algorithm.enter(Tag.SEQUENCE, 'PBES2').enter(Tag.SEQUENCE, 'keyDerivationFunc');
    if (kdf.oid('keyDerivationFunc') !== '1.2.840.113549.1.5.12') return;
    const parameters = kdf.enter(Tag.SEQUENCE, 'PBKDF2');
    parameters.octets('salt');
    if (parameters.smallInteger('iterationCount') > MAX_KDF_ITERATIONS) {
      throw damaged(file, `asks for more than ${MAX_KDF_ITERATIONS} key derivation rounds`);
    }
  } catch (error) {
    throw isModelsealError(error, 'ERR_DER') ? damaged(file, error.message) : error;
  }
}

function onlyBlock(text: string, file: string, what: string): PemBlock {
  // `openssl ecparam -genkey` writes the curve before the key; the key names it again.
  const blocks = decodePem(text, file).filter((block) => block.label !== 'EC PARAMETERS');
  const [block] = blocks;
  if (!block) throw damaged(file, `no ${what} in it`);
  if (blocks.length > 1) throw damaged(file, `holds ${blocks.length} objects, expected one ${what}`);
  return block;
}

async function opened(
  file: string,
  ask: AskPassphrase,
  input: (passphrase: string) => Parameters<typeof createPrivateKey>[0],
): Promise<KeyObject> {
  const passphrase = await ask(file);
  try {
    return createPrivateKey(input(passphrase));
  } catch {
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
