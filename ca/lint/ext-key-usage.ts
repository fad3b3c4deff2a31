import { Oid } from '../../core/x509/index.js';
import type { CertificateRole, Lint } from './lint.js';

/** What certificates under an issuing CA may be for: a stolen key of one makes no web server. */
export const ISSUING_PURPOSES: readonly string[] = [Oid.codeSigning, Oid.timeStamping, Oid.ocspSigning];

const PURPOSES: { readonly [R in CertificateRole]: readonly string[] | undefined } = {
  root: undefined,
  issuing: ISSUING_PURPOSES,
  developer: [Oid.codeSigning],
  tsa: [Oid.timeStamping],
};

/**
 * A developer signs code and nothing else, a time-stamp authority stamps and nothing else, which its extension says
 * critically (RFC 3161 §2.3). An issuing CA is limited to these purposes, as most verifiers read the extension in a
 * CA; the root, which verifiers choose themselves, names none.
 */
export const extKeyUsage: Lint = {
  name: 'ext-key-usage',
  citation: 'RFC 5280 §4.2.1.12',
  check({ certificate, issuer, role }) {
    const purposes = certificate.extKeyUsage;
    const wanted = PURPOSES[role];
    if (wanted === undefined) return purposes === undefined ? undefined : 'the root names purposes';
    if (purposes?.join() !== wanted.join()) return `the purposes are ${purposes?.join(', ') ?? 'missing'}`;
    const beyond = wanted.find((purpose) => issuer.extKeyUsage?.includes(purpose) === false);
    if (beyond !== undefined) return `${issuer.label} is not for ${beyond}`;
    const critical = certificate.extensions.get(Oid.extKeyUsage)?.critical === true;
    return critical || role !== 'tsa' ? undefined : 'extKeyUsage is not critical';
  },
};
