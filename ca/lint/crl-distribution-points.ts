import { Oid } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

/** Where CRLs are named: not critical, for all reasons, by http or https address. */
export const crlDistributionPoints: Lint = {
  name: 'crl-distribution-points',
  citation: 'RFC 5280 §4.2.1.13',
  check({ certificate, role }) {
    const points = certificate.crlDistributionPoints;
    if (points === undefined) return undefined;
    if (role === 'root') return 'a trust anchor names a CRL';
    if (certificate.extensions.get(Oid.crlDistributionPoints)?.critical)
      return 'cRLDistributionPoints is critical';
    for (const { name, reasons, crlIssuer } of points) {
      if (reasons !== undefined || crlIssuer !== undefined) return 'a point is partial or indirect';
      if (name?.type !== 'full') return 'a point has no full name';
      if (!name.names.every((n) => n.type === 'uri' && /^https?:\/\//.test(n.value)))
        return 'a point is no http address';
    }
    return undefined;
  },
};
