import { Oid, sameBytes } from '../../core/x509/index.js';
import { keyIdentifier } from '../encode/extensions.js';
import type { Lint } from './lint.js';

/** Present, not critical, and made from the key. */
export const subjectKeyIdentifier: Lint = {
  name: 'subject-key-identifier',
  citation: 'RFC 5280 §4.2.1.2 and RFC 7093 §2',
  check({ certificate }) {
    const id = certificate.subjectKeyIdentifier;
    if (id === undefined) return 'subjectKeyIdentifier is missing';
    if (certificate.extensions.get(Oid.subjectKeyIdentifier)?.critical)
      return 'subjectKeyIdentifier is critical';
    return sameBytes(id, keyIdentifier(certificate.spki)) ? undefined : 'it was made from another key';
  },
};
