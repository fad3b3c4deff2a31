import { isModelsealError } from '../../core/errors/index.js';
import { MAX_RSA_BITS, MIN_RSA_BITS } from '../../core/keys/index.js';
import { bigInteger, readSpki } from '../encode/spki.js';
import { weakness } from '../weak-keys.js';
import type { Lint } from './lint.js';

/** The curves of FIPS 186-5 by name, with the length of an uncompressed point (RFC 5480 §2.1.1.1, §2.2). */
const CURVES: ReadonlyMap<string, number> = new Map([
  ['1.2.840.10045.3.1.7', 65],
  ['1.3.132.0.34', 97],
  ['1.3.132.0.35', 133],
]);

/**
 * RSA from 2048 bits with a sound exponent and a modulus that nobody can factor at once, or a NIST curve by name. Read from the bytes alone, without the library
 * that judged the key before.
 */
export const publicKey: Lint = {
  name: 'public-key',
  citation: 'RFC 5280 §4.1.2.7 and NIST SP 800-131A Rev. 2 §3',
  check({ certificate }) {
    try {
      const key = readSpki(certificate.spki);
      if (key.kind === 'other') return `a key of algorithm ${key.algorithm}`;
      if (key.kind === 'ec') {
        if (!key.uncompressed) return 'the point is compressed';
        return CURVES.get(key.curve) === key.pointLength ? undefined : `a key on curve ${key.curve}`;
      }
      if (key.bits < MIN_RSA_BITS || key.bits > MAX_RSA_BITS) return `an RSA key of ${key.bits} bits`;
      if (key.exponent % 2n === 0n || key.exponent < 65_537n || key.exponent >= 1n << 256n)
        return `the RSA exponent ${key.exponent}`;
      return weakness(bigInteger(key.modulus));
    } catch (error) {
      if (isModelsealError(error)) return error.message;
      throw error;
    }
  },
};
