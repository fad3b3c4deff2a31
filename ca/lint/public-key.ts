import { isModelsealError } from '../../core/errors/index.js';
import { requireStrongKey } from '../../core/keys/index.js';
import type { Lint } from './lint.js';

/** RSA from 2048 bits with a sound exponent, or a NIST curve by name. */
export const publicKey: Lint = {
  name: 'public-key',
  citation: 'RFC 5280 §4.1.2.7 and NIST SP 800-131A Rev. 2 §3',
  check({ certificate }) {
    try {
      requireStrongKey(certificate.publicKey(), 'the public key');
      return undefined;
    } catch (error) {
      if (isModelsealError(error)) return error.message;
      throw error;
    }
  },
};
