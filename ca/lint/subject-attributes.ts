import type { Name } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

const ORGANIZATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

/** One organisation, that of the issuer, and one common name, each in an RDN of its own. */
export const subjectAttributes: Lint = {
  name: 'subject-attributes',
  citation: 'RFC 5280 §4.1.2.6 and the profile',
  check({ certificate, issuer }) {
    const { rdns } = certificate.subject;
    if (rdns.some((rdn) => rdn.length !== 1)) return 'an RDN has several attributes';
    const types = rdns.flat().map(({ type }) => type);
    const twice = types.find((type, i) => types.indexOf(type) !== i);
    if (twice !== undefined) return `attribute ${twice} stands twice`;
    if ([...types].sort().join() !== [ORGANIZATION, COMMON_NAME].sort().join()) {
      return `the attributes are ${types.join(', ') || 'none'}, not organisation and common name`;
    }
    return organization(certificate.subject) === organization(issuer.subject)
      ? undefined
      : 'its organisation is not that of the issuer';
  },
};

const organization = ({ rdns }: Name): string | undefined =>
  rdns.flat().find(({ type }) => type === ORGANIZATION)?.text;
