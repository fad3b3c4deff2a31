import type { Lint } from './lint.js';

/** Extensions need version 3. */
export const version: Lint = {
  name: 'version',
  citation: 'RFC 5280 §4.1.2.1',
  check({ certificate }) {
    return certificate.version === 3 ? undefined : `the version is ${certificate.version}`;
  },
};
