import type { Lint } from './lint.js';

/** The signer is a CA whose key may sign certificates, and whose path length leaves room for this one. */
export const issuerMaySign: Lint = {
  name: 'issuer-may-sign',
  citation: 'RFC 5280 §4.2.1.3 and §4.2.1.9',
  check({ issuer, role }) {
    if (issuer.basicConstraints?.ca !== true) return `${issuer.label} is not a CA`;
    if (!issuer.keyUsage?.has('keyCertSign')) return `the key of ${issuer.label} may not sign certificates`;
    const room = issuer.basicConstraints.pathLength;
    return role === 'issuing' && room !== undefined && room < 1
      ? `${issuer.label} allows no CA below it`
      : undefined;
  },
};
