import { Oid } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

/** Where it is present: not critical, by http or https address. */
export const authorityInfoAccess: Lint = {
  name: 'authority-info-access',
  citation: 'RFC 5280 §4.2.2.1',
  check({ certificate }) {
    const access = certificate.authorityInfoAccess;
    if (access === undefined) return undefined;
    if (certificate.extensions.get(Oid.authorityInfoAccess)?.critical)
      return 'authorityInfoAccess is critical';
    return access.every(({ location: l }) => l.type === 'uri' && /^https?:\/\//.test(l.value))
      ? undefined
      : 'an address is not http or https';
  },
};
