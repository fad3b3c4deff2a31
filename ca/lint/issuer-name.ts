import { sameBytes } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

/** Not empty, and byte for byte the subject of the issuer, so that every verifier chains it. */
export const issuerName: Lint = {
  name: 'issuer-name',
  citation: 'RFC 5280 §4.1.2.4',
  check({ certificate, issuer }) {
    if (certificate.issuer.isEmpty) return 'the issuer name is empty';
    return sameBytes(certificate.issuer.raw, issuer.subject.raw)
      ? undefined
      : `the issuer is ${certificate.issuer}, the signer is ${issuer.subject}`;
  },
};
