import { Oid } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

/** A developer signs code and nothing else; a CA certificate here carries no purpose at all. */
export const extKeyUsage: Lint = {
  name: 'ext-key-usage',
  citation: 'RFC 5280 §4.2.1.12',
  check({ certificate, role }) {
    const purposes = certificate.extKeyUsage;
    if (role !== 'developer') return purposes === undefined ? undefined : 'a CA certificate names purposes';
    return purposes?.length === 1 && purposes[0] === Oid.codeSigning
      ? undefined
      : `the purposes are ${purposes?.join(', ') ?? 'missing'}`;
  },
};
