import { sameBytes } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

/** A certified key is not the key that certifies: else revoking the one would not stop the other. */
export const keyNotShared: Lint = {
  name: 'key-not-shared',
  citation: 'RFC 5280 §8',
  check({ certificate, issuer, role }) {
    return role !== 'root' && sameBytes(certificate.spki, issuer.spki)
      ? 'the key is the key of the issuer'
      : undefined;
  },
};
