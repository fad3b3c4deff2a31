import { signatureScheme } from '../../core/keys/index.js';
import { sameBytes } from '../../core/x509/index.js';
import type { Lint } from './lint.js';

/** Inside and outside the signed part stands the same algorithm, the one that the issuer signs with. */
export const signatureAlgorithm: Lint = {
  name: 'signature-algorithm',
  citation: 'RFC 5280 §4.1.1.2 and §4.1.2.3',
  check({ certificate, issuer }) {
    const { tbsSignatureAlgorithm: inner, signatureAlgorithm: outer } = certificate;
    if (!sameBytes(inner.raw, outer.raw)) return 'the two signature algorithms differ';
    const { algorithmIdentifier } = signatureScheme(issuer.publicKey());
    return sameBytes(inner.raw, algorithmIdentifier)
      ? undefined
      : `${inner.oid} is not how a ${issuer.keyDescription} key signs here`;
  },
};
