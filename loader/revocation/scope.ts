import type { CertificateList } from '../../core/x509/crl.js';
import { ALL_REASONS, directoryNames, fullNames, shareName } from '../../core/x509/crl-distribution-point.js';
import type { Certificate, DistributionPoint, Name, ReasonFlag } from '../../core/x509/index.js';
import { MAX_DISTRIBUTION_POINTS } from './limits.js';

/** Either the reasons that a list covers for a certificate at one distribution point, or why it covers none. */
export type Scope = { readonly reasons: ReadonlySet<ReasonFlag> } | { readonly problem: string };

/**
 * The distribution points to work through for a certificate: those it names and, last, the one that RFC 5280 §6.3.3
 * assumes for lists of the certificate issuer that no point names.
 */
export function distributionPoints(certificate: Certificate): DistributionPoint[] {
  const issuer: DistributionPoint = {
    name: { type: 'full', names: [{ type: 'directory', name: certificate.issuer }] },
    reasons: undefined,
    crlIssuer: undefined,
  };
  return [...(certificate.crlDistributionPoints ?? []).slice(0, MAX_DISTRIBUTION_POINTS), issuer];
}

/** Whether the list is issued by whom the distribution point names, or by the certificate issuer (§6.3.3 b 1). */
export function issuedForPoint(
  list: CertificateList,
  certificate: Certificate,
  point: DistributionPoint,
): boolean {
  if (!point.crlIssuer) return list.issuer.equals(certificate.issuer);
  return directoryNames(point.crlIssuer).some((name) => name.equals(list.issuer));
}

/** Scope of a list for a certificate at a distribution point: RFC 5280 §6.3.3 (b) and (d). */
export function scopeOf(list: CertificateList, certificate: Certificate, point: DistributionPoint): Scope {
  if (!issuedForPoint(list, certificate, point)) return { problem: 'another CA issued it' };
  const idp = list.issuingDistributionPoint;
  if (point.crlIssuer && !idp?.indirectCrl) {
    return { problem: 'the certificate asks for an indirect CRL, and this is none' };
  }
  if (idp?.name) {
    const own = fullNames(idp.name, [list.issuer]);
    if (!shareName(own, pointNames(point, certificate.issuer))) {
      return { problem: 'it is for another distribution point' };
    }
  }
  const ca = certificate.basicConstraints?.ca ?? false;
  if (idp?.onlyUserCertificates && ca) return { problem: 'it lists only end-entity certificates' };
  if (idp?.onlyCaCertificates && !ca) return { problem: 'it lists only CA certificates' };
  if (idp?.onlyAttributeCertificates) return { problem: 'it lists only attribute certificates' };
  const reasons = [...(idp?.onlySomeReasons ?? ALL_REASONS)].filter(
    (reason) => ALL_REASONS.has(reason) && (point.reasons?.has(reason) ?? true),
  );
  if (reasons.length === 0) return { problem: 'it covers none of the reasons of the distribution point' };
  return { reasons: new Set(reasons) };
}

/**
 * The names to look for in the list's issuing distribution point (§6.3.3 b 2 i): those of the point or, where it has
 * none, of its CRL issuer. A relative name continues the name of the CRL issuer, else of the certificate issuer.
 */
function pointNames(point: DistributionPoint, certificateIssuer: Name): ReturnType<typeof fullNames> {
  if (!point.name) return [...(point.crlIssuer ?? [])];
  const issuers = point.crlIssuer ? directoryNames(point.crlIssuer) : [certificateIssuer];
  // §4.2.1.13: a relative name needs exactly one distinguished name to continue.
  if (point.name.type === 'relative' && issuers.length !== 1) return [];
  return fullNames(point.name, issuers);
}
