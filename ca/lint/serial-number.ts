import type { Lint } from './lint.js';

const MAX_OCTETS = 20;
/** 64 bits and a sign bit (CA/Browser Forum BR §7.1). */
const MIN_OCTETS = 9;

/** Positive, at most 20 octets, and long enough to hold the 64 random bits that foil collision attacks. */
export const serialNumber: Lint = {
  name: 'serial-number',
  citation: 'RFC 5280 §4.1.2.2',
  check({ certificate }) {
    const { serialBytes } = certificate;
    if ((serialBytes[0] as number) >= 0x80) return 'the serial number is negative';
    if (serialBytes.length > MAX_OCTETS) return `the serial number has ${serialBytes.length} octets`;
    if (serialBytes.length < MIN_OCTETS) return `the serial number has only ${serialBytes.length} octets`;
    return undefined;
  },
};
