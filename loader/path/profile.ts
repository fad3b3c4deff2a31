import { ModelsealError } from '../../core/errors/index.js';
import { type Certificate, isoTime, Oid, oidName, sameBytes } from '../../core/x509/index.js';

/**
 * Every extension that path validation understands, with the getter that decodes it. All of them are decoded, critical
 * or not: what is malformed where it can be read is not to be trusted where it cannot.
 */
const KNOWN: ReadonlyMap<string, (certificate: Certificate) => unknown> = new Map<
  string,
  (certificate: Certificate) => unknown
>([
  [Oid.basicConstraints, (c) => c.basicConstraints],
  [Oid.keyUsage, (c) => c.keyUsage],
  [Oid.extKeyUsage, (c) => c.extKeyUsage],
  [Oid.subjectAltName, (c) => c.subjectAltName],
  [Oid.issuerAltName, (c) => c.issuerAltName],
  [Oid.subjectKeyIdentifier, (c) => c.subjectKeyIdentifier],
  [Oid.authorityKeyIdentifier, (c) => c.authorityKeyIdentifier],
  [Oid.nameConstraints, (c) => c.nameConstraints],
  [Oid.certificatePolicies, (c) => c.certificatePolicies],
  [Oid.policyMappings, (c) => c.policyMappings],
  [Oid.policyConstraints, (c) => c.policyConstraints],
  [Oid.inhibitAnyPolicy, (c) => c.inhibitAnyPolicy],
  [Oid.crlDistributionPoints, (c) => c.crlDistributionPoints],
  [Oid.freshestCrl, (c) => c.freshestCrl],
  [Oid.authorityInfoAccess, (c) => c.authorityInfoAccess],
  [Oid.ocspNoCheck, () => undefined],
]);

/** Extensions that conforming CAs mark non-critical: a critical one changes how others read the certificate. */
const NEVER_CRITICAL: ReadonlySet<string> = new Set([
  Oid.authorityKeyIdentifier,
  Oid.subjectKeyIdentifier,
  Oid.authorityInfoAccess,
  Oid.subjectInfoAccess,
  Oid.freshestCrl,
  Oid.subjectDirectoryAttributes,
]);

/** RFC 5280 §4.1.2.2. */
const MAX_SERIAL_OCTETS = 20;

/**
 * The rules of RFC 5280 §4 that one certificate keeps or breaks by itself, for a certificate of a path.
 *
 * A negative serial number passes: §4.1.2.2 forbids CAs to write one and asks relying parties to cope, and the NIST
 * suite has a valid path with one. A non-critical basicConstraints, nameConstraints and policyConstraints pass for the same
 * reason, and are obeyed: what is critical tells those who do not know an extension to stop, and we know these.
 *
 * @throws {ModelsealError} `ERR_CERT_SERIAL`, `ERR_CERT_ISSUER_EMPTY`, `ERR_CERT_ALGORITHM_DISAGREES`, and what
 *   {@link checkExtensions} throws
 */
export function checkProfile(certificate: Certificate): void {
  const serial = certificate.serialBytes;
  if (serial.length > MAX_SERIAL_OCTETS) {
    throw serialError(certificate, `it has ${serial.length} octets`);
  }
  if (serial.length === 1 && serial[0] === 0) throw serialError(certificate, 'it is zero');
  if (certificate.issuer.isEmpty) {
    throw new ModelsealError('ERR_CERT_ISSUER_EMPTY', { certificate: certificate.label });
  }
  checkExtensions(certificate);
}

function serialError(certificate: Certificate, problem: string): ModelsealError {
  return new ModelsealError('ERR_CERT_SERIAL', { certificate: certificate.label, problem });
}

/** §4.1.1.2: the algorithm is signed, its copy outside is not. @throws {ModelsealError} `ERR_CERT_ALGORITHM_DISAGREES` */
export function checkAlgorithmsAgree(certificate: Certificate): void {
  const { signatureAlgorithm: outer, tbsSignatureAlgorithm: inner } = certificate;
  if (sameBytes(outer.raw, inner.raw)) return;
  throw new ModelsealError('ERR_CERT_ALGORITHM_DISAGREES', {
    certificate: certificate.label,
    inner: inner.oid,
    outer: outer.oid,
  });
}

/**
 * Subject and extensions of a certificate of a path or of an anchor.
 *
 * @throws {ModelsealError} `ERR_CERT_SUBJECT_EMPTY`, `ERR_CERT_EXTENSION_UNKNOWN`, `ERR_CERT_EXTENSION_CRITICALITY`,
 *   `ERR_CERT_EXTENSION_MISPLACED`, `ERR_CERT_EXTENSION_MALFORMED`
 */
export function checkExtensions(certificate: Certificate): void {
  for (const { oid, critical } of certificate.extensions.values()) {
    if (critical && NEVER_CRITICAL.has(oid)) throw criticality(certificate, oid, 'must not be critical');
    const decode = KNOWN.get(oid);
    if (decode) decode(certificate);
    else if (critical) {
      throw new ModelsealError('ERR_CERT_EXTENSION_UNKNOWN', {
        certificate: certificate.label,
        extension: oidName(oid),
      });
    }
  }
  // §4.2.1.7: nothing is decided by alternative names of the issuer, so a critical one is not processed.
  if (certificate.extensions.get(Oid.issuerAltName)?.critical) {
    throw new ModelsealError('ERR_CERT_EXTENSION_UNKNOWN', {
      certificate: certificate.label,
      extension: 'issuerAltName',
    });
  }
  checkQualifiers(certificate);
  const ca = certificate.basicConstraints?.ca === true;
  checkSubject(certificate, ca);
  if (ca) return;
  const misplaced = (problem: string): ModelsealError =>
    new ModelsealError('ERR_CERT_EXTENSION_MISPLACED', { certificate: certificate.label, problem });
  if (certificate.extensions.has(Oid.nameConstraints)) {
    throw misplaced('nameConstraints in a certificate that is no CA'); // §4.2.1.10
  }
  if (certificate.basicConstraints?.pathLength !== undefined) {
    throw misplaced('a path length in a certificate that is no CA'); // §4.2.1.9
  }
  // Version 1 has no extensions; in version 3 the bit needs cA (§4.2.1.3).
  if (certificate.keyUsage?.has('keyCertSign')) {
    throw misplaced('keyCertSign in a certificate that is no CA');
  }
}

/** id-qt-cps and id-qt-unotice. */
const KNOWN_QUALIFIERS: readonly string[] = ['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2'];

/** §4.2.1.4: where the extension is critical, its qualifiers must be understood too. */
function checkQualifiers(certificate: Certificate): void {
  if (!certificate.extensions.get(Oid.certificatePolicies)?.critical) return;
  for (const kind of certificate.certificatePolicies?.qualifiers ?? []) {
    if (KNOWN_QUALIFIERS.includes(kind)) continue;
    throw new ModelsealError('ERR_CERT_EXTENSION_UNKNOWN', {
      certificate: certificate.label,
      extension: `certificatePolicies with qualifier ${kind}`,
    });
  }
}

function criticality(certificate: Certificate, oid: string, rule: string): ModelsealError {
  return new ModelsealError('ERR_CERT_EXTENSION_CRITICALITY', {
    certificate: certificate.label,
    extension: oidName(oid),
    rule,
  });
}

/** §4.1.2.6: a CA has a name; any other subject has a name or a critical alternative name. */
function checkSubject(certificate: Certificate, ca: boolean): void {
  if (!certificate.subject.isEmpty) return;
  const critical = certificate.extensions.get(Oid.subjectAltName)?.critical === true;
  if (!ca && critical) return;
  const rule = ca ? 'a CA must have one' : 'then subjectAltName must be present and critical';
  throw new ModelsealError('ERR_CERT_SUBJECT_EMPTY', { certificate: certificate.label, rule });
}

/**
 * §4.1.2.5: both ends belong to the validity. Times in certificates are whole seconds, so the time is cut down to one.
 *
 * @throws {ModelsealError} `ERR_CERT_EXPIRED`, `ERR_CERT_NOT_YET_VALID`
 */
export function checkValidity(certificate: Certificate, at: Date): void {
  const second = Math.floor(at.getTime() / 1000) * 1000;
  if (second < certificate.notBefore.getTime()) {
    throw new ModelsealError('ERR_CERT_NOT_YET_VALID', {
      certificate: certificate.label,
      notBefore: isoTime(certificate.notBefore),
      at: isoTime(at),
    });
  }
  // Written so that an invalid Date (NaN) refuses.
  if (!(second <= certificate.notAfter.getTime())) {
    throw new ModelsealError('ERR_CERT_EXPIRED', {
      certificate: certificate.label,
      notAfter: isoTime(certificate.notAfter),
      at: isoTime(at),
    });
  }
}

/**
 * May this certificate stand above another (§6.1.4 (k), (n))?
 *
 * @throws {ModelsealError} `ERR_PATH_CA_MISSING`, `ERR_PATH_KEY_USAGE`
 */
export function checkIssuer(certificate: Certificate): void {
  const { basicConstraints, keyUsage } = certificate;
  if (!basicConstraints?.ca) {
    const reason = basicConstraints
      ? 'its basicConstraints say that it is no CA'
      : 'it has no basicConstraints';
    throw new ModelsealError('ERR_PATH_CA_MISSING', { certificate: certificate.label, reason });
  }
  if (keyUsage && !keyUsage.has('keyCertSign')) {
    throw new ModelsealError('ERR_PATH_KEY_USAGE', {
      certificate: certificate.label,
      needed: ['keyCertSign'],
      present: [...keyUsage],
    });
  }
}
