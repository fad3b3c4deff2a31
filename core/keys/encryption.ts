import { DerReader, Tag } from '../der/index.js';
import { isModelsealError, ModelsealError } from '../errors/index.js';

/**
 * Rounds of key derivation that opening a key may cost, about 4 s. The count stands in the file, so that a planted key
 * file could otherwise hold the program for hours.
 */
const MAX_KDF_ITERATIONS = 10_000_000;
/** Blocks that scrypt may mix (N·r·p), about as long; OpenSSL itself bounds the memory alone. */
const MAX_SCRYPT_BLOCKS = 1 << 23;

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const SCRYPT = '1.3.6.1.4.1.11591.4.11';

/** PBES1 (RFC 8018 §6.1), its kin of PKCS#12 (RFC 7292 appendix C), and the ciphers of PBES2 that nobody should use. */
const NAMES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.1': 'PBES1 (MD2, DES)',
  '1.2.840.113549.1.5.3': 'PBES1 (MD5, DES)',
  '1.2.840.113549.1.5.4': 'PBES1 (MD2, RC2)',
  '1.2.840.113549.1.5.6': 'PBES1 (MD5, RC2)',
  '1.2.840.113549.1.5.10': 'PBES1 (SHA-1, DES)',
  '1.2.840.113549.1.5.11': 'PBES1 (SHA-1, RC2)',
  '1.2.840.113549.1.12.1.1': 'PBES1 (SHA-1, 128-bit RC4)',
  '1.2.840.113549.1.12.1.2': 'PBES1 (SHA-1, 40-bit RC4)',
  '1.2.840.113549.1.12.1.3': 'PBES1 (SHA-1, Triple DES)',
  '1.2.840.113549.1.12.1.4': 'PBES1 (SHA-1, two-key Triple DES)',
  '1.2.840.113549.1.12.1.5': 'PBES1 (SHA-1, 128-bit RC2)',
  '1.2.840.113549.1.12.1.6': 'PBES1 (SHA-1, 40-bit RC2)',
  '1.3.14.3.2.7': 'DES',
  '1.2.840.113549.3.2': 'RC2',
};

const named = (oid: string): string => NAMES[oid] ?? `an unknown method (${oid})`;

/**
 * What an EncryptedPrivateKeyInfo (RFC 5958 §3) is encrypted with, for messages.
 *
 * @throws {ModelsealError} `ERR_PEM` where it is damaged, or asks for work out of all proportion
 */
export function encryptionOf(bytes: Uint8Array, file: string): string {
  const damaged = (problem: string): ModelsealError => new ModelsealError('ERR_PEM', { file, problem });
  try {
    const info = DerReader.open(bytes, Tag.SEQUENCE, 'EncryptedPrivateKeyInfo');
    const algorithm = info.enter(Tag.SEQUENCE, 'encryptionAlgorithm');
    info.octets('encryptedData');
    info.finish('EncryptedPrivateKeyInfo');
    const oid = algorithm.oid('encryptionAlgorithm');
    if (oid !== PBES2) {
      // PBES1 and PKCS#12 have the same parameters: salt and count.
      if (Object.hasOwn(NAMES, oid)) bound(algorithm.enter(Tag.SEQUENCE, 'parameters'));
      return named(oid);
    }
    const parameters = algorithm.enter(Tag.SEQUENCE, 'PBES2');
    const derivation = parameters.enter(Tag.SEQUENCE, 'keyDerivationFunc');
    const kdf = derivation.oid('keyDerivationFunc');
    if (kdf === PBKDF2) bound(derivation.enter(Tag.SEQUENCE, 'PBKDF2'));
    else if (kdf === SCRYPT) boundScrypt(derivation.enter(Tag.SEQUENCE, 'scrypt'));
    else return named(kdf);
    return named(parameters.enter(Tag.SEQUENCE, 'encryptionScheme').oid('encryptionScheme'));
  } catch (error) {
    throw isModelsealError(error, 'ERR_DER') ? damaged(error.message) : error;
  }

  function bound(parameters: DerReader): void {
    parameters.octets('salt');
    if (parameters.smallInteger('iterationCount') > MAX_KDF_ITERATIONS)
      throw damaged(`asks for more than ${MAX_KDF_ITERATIONS} key derivation rounds`);
  }

  function boundScrypt(parameters: DerReader): void {
    parameters.octets('salt');
    const [n, r, p] = ['costParameter', 'blockSize', 'parallelizationParameter'].map((part) =>
      parameters.smallInteger(part),
    ) as [number, number, number];
    if (n * r * p > MAX_SCRYPT_BLOCKS) throw damaged(`asks for more than ${MAX_SCRYPT_BLOCKS} scrypt blocks`);
  }
}

/** OpenSSL's codes for an algorithm that it does not have, which has nothing to do with the passphrase. */
const ABSENT = new Set(['ERR_OSSL_EVP_UNSUPPORTED', 'ERR_OSSL_PEM_UNSUPPORTED_ENCRYPTION']);

export const isAbsentAlgorithm = (error: unknown): boolean =>
  ABSENT.has((error as { code?: string }).code ?? '');
