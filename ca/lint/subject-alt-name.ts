import { emailProblem, uriProblem } from '../identity.js';
import type { Lint } from './lint.js';

/**
 * A developer has at least one identity, each an e-mail address or an absolute URI, none twice; others have none: they
 * sign no models.
 */
export const subjectAltName: Lint = {
  name: 'subject-alt-name',
  citation: 'RFC 5280 §4.2.1.6',
  check({ certificate, role }) {
    const names = certificate.subjectAltName;
    if (role !== 'developer') return names === undefined ? undefined : 'the certificate names identities';
    if (names === undefined) return 'there is no identity';
    const seen = new Set<string>();
    for (const name of names) {
      if (name.type !== 'email' && name.type !== 'uri') return `an identity is of type ${name.type}`;
      const problem = name.type === 'email' ? emailProblem(name.value) : uriProblem(name.value);
      if (problem !== undefined) return `${name.value}: ${problem}`;
      if (seen.has(name.value)) return `${name.value} stands twice`;
      seen.add(name.value);
    }
    return undefined;
  },
};
