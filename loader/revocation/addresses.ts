import { type Certificate, type DistributionPoint, generalNameText, Oid } from '../../core/x509/index.js';

/** Addresses of CRLs that distribution points name, in any scheme. */
function crlAddressesOf(points: readonly DistributionPoint[]): string[] {
  return points.flatMap((point) =>
    point.name?.type === 'full'
      ? point.name.names.flatMap((name) => (name.type === 'uri' ? [name.value] : []))
      : [],
  );
}

/** Where the CRLs and delta CRLs of a certificate are published. */
export function crlAddresses(certificate: Certificate): string[] {
  return [
    ...crlAddressesOf(certificate.crlDistributionPoints ?? []),
    ...crlAddressesOf(certificate.freshestCrl ?? []),
  ];
}

/** Where delta CRLs of a list are published. */
export const deltaAddresses = (points: readonly DistributionPoint[]): string[] => crlAddressesOf(points);

/** Where the OCSP responders of a certificate are. */
export function ocspAddresses(certificate: Certificate): string[] {
  return (certificate.authorityInfoAccess ?? []).flatMap(({ method, location }) =>
    method === Oid.adOcsp && location.type === 'uri' ? [location.value] : [],
  );
}

/** Every place that a certificate names for its revocation, also those that are no URI. */
export function namedAddresses(certificate: Certificate): string[] {
  const points = (certificate.crlDistributionPoints ?? []).flatMap((point) => {
    if (point.name?.type === 'full') return point.name.names.map(generalNameText);
    return [(point.crlIssuer ?? []).map(generalNameText).join(' ') || 'a name relative to the CRL issuer'];
  });
  return [...new Set([...points, ...ocspAddresses(certificate)])];
}
