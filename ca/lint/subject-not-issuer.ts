import type { Lint } from './lint.js';

/** Only a root is self-issued: path validation treats self-issued certificates specially. */
export const subjectNotIssuer: Lint = {
  name: 'subject-not-issuer',
  citation: 'RFC 5280 §3.2 and §6.1',
  check({ certificate, issuer, role }) {
    const same = certificate.subject.equals(issuer.subject);
    if (role === 'root') return same ? undefined : 'a root names itself as issuer';
    return same ? `the subject has the name of its issuer, ${issuer.subject}` : undefined;
  },
};
