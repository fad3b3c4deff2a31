import { Oid } from '../../core/x509/index.js';
import type { CertificateRole, Lint } from './lint.js';

const PURPOSE: { readonly [R in CertificateRole]: string | undefined } = {
  root: undefined,
  issuing: undefined,
  developer: Oid.codeSigning,
  tsa: Oid.timeStamping,
};

/**
 * A developer signs code and nothing else, a time-stamp authority stamps and nothing else, which its extension says
 * critically (RFC 3161 §2.3); a CA certificate here carries no purpose at all.
 */
export const extKeyUsage: Lint = {
  name: 'ext-key-usage',
  citation: 'RFC 5280 §4.2.1.12',
  check({ certificate, role }) {
    const purposes = certificate.extKeyUsage;
    const wanted = PURPOSE[role];
    if (wanted === undefined) return purposes === undefined ? undefined : 'a CA certificate names purposes';
    if (purposes?.length !== 1 || purposes[0] !== wanted)
      return `the purposes are ${purposes?.join(', ') ?? 'missing'}`;
    const critical = certificate.extensions.get(Oid.extKeyUsage)?.critical === true;
    return critical || role !== 'tsa' ? undefined : 'extKeyUsage is not critical';
  },
};
