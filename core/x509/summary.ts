import type { CertificateSummary } from '../report/index.js';
import type { Certificate } from './certificate.js';
import { certificateIdentities } from './identity.js';
import { isoTime } from './time.js';

/** A certificate as reports show it: what it claims. */
export function summarizeCertificate(certificate: Certificate): CertificateSummary {
  return {
    subject: certificate.subject.toString(),
    issuer: certificate.issuer.toString(),
    serialNumber: certificate.serialNumber,
    notBefore: isoTime(certificate.notBefore),
    notAfter: isoTime(certificate.notAfter),
    fingerprint: certificate.fingerprint,
    key: certificate.keyDescription,
    identities: certificateIdentities(certificate),
  };
}
