import { ModelsealError } from '../errors/index.js';

/** OpenSSL reads a passphrase into a buffer of 1,024 bytes; a longer one would lock the owner out. */
export const MAX_PASSPHRASE_BYTES = 1000;

/** NIST SP 800-63B §3.1.1.2 asks for 15 characters of a single factor that is guessed online; ours costs 0.2 s a guess. */
const MIN_CHARACTERS = 12;

/** Twelve characters of fewer kinds are a pattern of the keyboard, not a phrase. */
const MIN_KINDS = 6;

/**
 * Refuses a passphrase under which a new key would be as good as open.
 *
 * @param whose For the error: `the root key`. The passphrase itself never is in one.
 * @throws {ModelsealError} `ERR_PASSPHRASE_WEAK`, `ERR_USAGE` for an overlong one
 */
export function requireStrongPassphrase(passphrase: string, whose: string): void {
  const characters = [...passphrase.normalize('NFC')];
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_PASSPHRASE_WEAK', { whose, problem });
  };
  if (characters.length < MIN_CHARACTERS) fail(`it has fewer than ${MIN_CHARACTERS} characters`);
  if (new Set(characters).size < MIN_KINDS) fail(`it has fewer than ${MIN_KINDS} different characters`);
  if (Buffer.byteLength(passphrase) > MAX_PASSPHRASE_BYTES) {
    const problem = `the passphrase for ${whose} is longer than ${MAX_PASSPHRASE_BYTES} bytes`;
    throw new ModelsealError('ERR_USAGE', { problem });
  }
}
