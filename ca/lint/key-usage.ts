import { type KeyUsage, Oid } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

const SIGNER: readonly KeyUsage[] = ['digitalSignature'];
const AUTHORITY: readonly KeyUsage[] = ['keyCertSign', 'cRLSign'];

/** Critical, and exactly what the role needs: signing data, or signing certificates and CRLs, never both. */
export const keyUsage: Lint = {
  name: 'key-usage',
  citation: 'RFC 5280 §4.2.1.3',
  check({ certificate, role }) {
    const usage = certificate.keyUsage;
    if (usage === undefined) return 'keyUsage is missing';
    if (!certificate.extensions.get(Oid.keyUsage)?.critical) return 'keyUsage is not critical';
    const wanted = role === 'developer' || role === 'tsa' ? SIGNER : AUTHORITY;
    return usage.size === wanted.length && wanted.every((bit) => usage.has(bit))
      ? undefined
      : `keyUsage is ${[...usage].join(', ')}`;
  },
};
