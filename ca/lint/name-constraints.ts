import { Oid } from '../../core/x509/index.js';
import { emailDomainProblem, isInDomain } from '../identity.js';
import type { Lint } from './lint.js';

/**
 * An issuing CA may be limited to mailboxes of some domains, critically, and then certifies no other; nobody else
 * carries constraints.
 */
export const nameConstraints: Lint = {
  name: 'name-constraints',
  citation: 'RFC 5280 §4.2.1.10',
  check({ certificate, issuer, role }) {
    const own = certificate.nameConstraints;
    if (own !== undefined) {
      if (role !== 'issuing') return 'it carries name constraints';
      if (!certificate.extensions.get(Oid.nameConstraints)?.critical)
        return 'nameConstraints is not critical';
      if (own.excluded.length > 0 || own.permitted.length === 0) return 'it must permit, and exclude nothing';
      const foreign = own.permitted.some(
        (name) => name.type !== 'email' || emailDomainProblem(name.value) !== undefined,
      );
      if (foreign) return 'it permits something else than domains of mailboxes';
    }
    const permitted = issuer.nameConstraints?.permitted.flatMap((name) =>
      name.type === 'email' ? [name.value] : [],
    );
    if (role === 'root' || permitted === undefined || permitted.length === 0) return undefined;
    const outside = (certificate.subjectAltName ?? []).find(
      (name) => name.type === 'email' && !permitted.some((domain) => isInDomain(name.value, domain)),
    );
    return outside?.type === 'email'
      ? `${outside.value} lies outside of ${permitted.join(', ')}, which is all that ${issuer.label} may certify`
      : undefined;
  },
};
