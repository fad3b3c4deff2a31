import type { Lint } from './lint.js';

/** Begins before it ends. */
export const validity: Lint = {
  name: 'validity',
  citation: 'RFC 5280 §4.1.2.5',
  check({ certificate }) {
    return certificate.notBefore.getTime() < certificate.notAfter.getTime()
      ? undefined
      : `it ends (${certificate.notAfter.toISOString()}) before it begins (${certificate.notBefore.toISOString()})`;
  },
};
