import { daysAfter, LIFETIMES } from '../profile.js';
import type { Lint } from './lint.js';

/** No longer than its profile allows, counted from issuance or, where it begins later, from its beginning. */
export const validityLength: Lint = {
  name: 'validity-length',
  citation: 'RFC 5280 §4.1.2.5 and the profile',
  check({ certificate, role, at }) {
    const { days } = LIFETIMES[role];
    const from = certificate.notBefore > at ? certificate.notBefore : at;
    return certificate.notAfter > daysAfter(from, days)
      ? `it lasts until ${certificate.notAfter.toISOString()}, longer than ${days} days`
      : undefined;
  },
};
