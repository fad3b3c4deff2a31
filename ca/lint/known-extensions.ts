import { Oid, oidName } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

const PROFILE: readonly string[] = [
  Oid.basicConstraints,
  Oid.keyUsage,
  Oid.extKeyUsage,
  Oid.nameConstraints,
  Oid.subjectKeyIdentifier,
  Oid.authorityKeyIdentifier,
  Oid.subjectAltName,
  Oid.crlDistributionPoints,
  Oid.authorityInfoAccess,
];

/** Only the extensions of the profile: what a request asks for beyond it never comes through. */
export const knownExtensions: Lint = {
  name: 'known-extensions',
  citation: 'RFC 5280 §4.2',
  check({ certificate }) {
    const extra = [...certificate.extensions.keys()].filter((oid) => !PROFILE.includes(oid));
    if (extra.length > 0) return `extension ${extra.map(oidName).join(', ')} is not of the profile`;
    return certificate.hasUniqueIds ? 'it carries unique identifiers' : undefined;
  },
};
