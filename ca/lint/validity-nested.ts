import type { Lint } from './lint.js';

/** Within the validity of the issuer: outside of it no path can be valid, and nobody expects that. */
export const validityNested: Lint = {
  name: 'validity-nested',
  citation: 'RFC 5280 §6.1.3 (a)(2)',
  check({ certificate, issuer }) {
    if (certificate.notBefore < issuer.notBefore) return 'it begins before its issuer';
    return certificate.notAfter > issuer.notAfter ? 'it outlives its issuer' : undefined;
  },
};
