import { LIFETIMES } from '../profile.js';
import type { Lint } from './lint.js';

/** Begins no earlier than slow clocks need: what was signed before it was issued is not its holder's. */
export const validityBackdated: Lint = {
  name: 'validity-backdated',
  citation: 'RFC 5280 §4.1.2.5 and the profile',
  check({ certificate, role, at }) {
    // Whole seconds in the certificate, thousandths in the clock.
    const earliest = Math.floor((at.getTime() - LIFETIMES[role].backdateMs) / 1000) * 1000;
    return certificate.notBefore.getTime() < earliest
      ? `it begins at ${certificate.notBefore.toISOString()} and is issued at ${at.toISOString()}`
      : undefined;
  },
};
