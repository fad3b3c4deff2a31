import { ModelsealError } from '../../core/errors/index.js';
import { type Certificate, Oid, oidName } from '../../core/x509/index.js';

/** Extensions that conforming CAs mark critical; path validation obeys them marked or not. */
const ALWAYS_CRITICAL: readonly string[] = [
  Oid.nameConstraints, // §4.2.1.10
  Oid.policyConstraints, // §4.2.1.11
  Oid.inhibitAnyPolicy, // §4.2.1.14
];

/**
 * What RFC 5280 §4 demands of those who issue certificates and §6 does not ask of those who rely on them. Many private
 * CAs break these rules without harm, so that only a caller who wants to refuse their certificates asks for this.
 *
 * @throws {ModelsealError} `ERR_CERT_SERIAL`, `ERR_CERT_EXTENSION_MISSING`, `ERR_CERT_EXTENSION_CRITICALITY`
 */
export function checkConformance(certificate: Certificate): void {
  const { serialBytes, basicConstraints, extensions } = certificate;
  const who = certificate.label;
  // §4.1.2.2
  if ((serialBytes[0] as number) >= 0x80) {
    throw new ModelsealError('ERR_CERT_SERIAL', { certificate: who, problem: 'it is negative' });
  }
  const need = (oid: string, present: boolean, why: string): void => {
    if (present) return;
    throw new ModelsealError('ERR_CERT_EXTENSION_MISSING', {
      certificate: who,
      extension: oidName(oid),
      rule: why,
    });
  };
  // §4.2.1.1: a self-signed certificate may leave it out; which of the self-issued ones are self-signed is no matter here.
  need(
    Oid.authorityKeyIdentifier,
    certificate.isSelfIssued || certificate.authorityKeyIdentifier?.keyIdentifier !== undefined,
    'every certificate but a self-issued one names the key of its issuer (RFC 5280 §4.2.1.1)',
  );
  const critical = (oid: string): void => {
    if (extensions.get(oid)?.critical !== false) return;
    throw new ModelsealError('ERR_CERT_EXTENSION_CRITICALITY', {
      certificate: who,
      extension: oidName(oid),
      rule: 'must be critical',
    });
  };
  for (const oid of ALWAYS_CRITICAL) critical(oid);
  if (!basicConstraints?.ca) return;
  critical(Oid.basicConstraints); // §4.2.1.9
  need(
    Oid.subjectKeyIdentifier,
    certificate.subjectKeyIdentifier !== undefined,
    'a CA names its key (RFC 5280 §4.2.1.2)',
  );
  need(Oid.keyUsage, certificate.keyUsage !== undefined, 'a CA says what its key is for (RFC 5280 §4.2.1.3)');
}
