import { Oid } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

const EXPECTED = {
  root: { ca: true, pathLength: 1 },
  issuing: { ca: true, pathLength: 0 },
  developer: { ca: false, pathLength: undefined },
  tsa: { ca: false, pathLength: undefined },
} as const;

/** Critical; neither a developer nor a time-stamp authority is a CA; the root allows one tier below it, the issuing CA none. */
export const basicConstraints: Lint = {
  name: 'basic-constraints',
  citation: 'RFC 5280 §4.2.1.9',
  check({ certificate, role }) {
    const constraints = certificate.basicConstraints;
    if (constraints === undefined) return 'basicConstraints is missing';
    if (!certificate.extensions.get(Oid.basicConstraints)?.critical)
      return 'basicConstraints is not critical';
    const wanted = EXPECTED[role];
    return constraints.ca === wanted.ca && constraints.pathLength === wanted.pathLength
      ? undefined
      : `CA is ${constraints.ca} and the path length ${constraints.pathLength ?? 'unlimited'}`;
  },
};
