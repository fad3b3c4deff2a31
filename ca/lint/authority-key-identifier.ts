import { Oid, sameBytes } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

/** Present, not critical, and the identifier that the issuer carries. */
export const authorityKeyIdentifier: Lint = {
  name: 'authority-key-identifier',
  citation: 'RFC 5280 §4.2.1.1',
  check({ certificate, issuer }) {
    const id = certificate.authorityKeyIdentifier?.keyIdentifier;
    if (id === undefined) return 'authorityKeyIdentifier is missing';
    if (certificate.extensions.get(Oid.authorityKeyIdentifier)?.critical)
      return 'authorityKeyIdentifier is critical';
    const wanted = issuer.subjectKeyIdentifier;
    return wanted !== undefined && sameBytes(id, wanted) ? undefined : 'it names another key';
  },
};
