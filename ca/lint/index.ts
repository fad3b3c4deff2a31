import { ModelsealError } from '../../core/errors/index.js';
import { authorityInfoAccess } from './authority-info-access.js';
import { authorityKeyIdentifier } from './authority-key-identifier.js';
import { basicConstraints } from './basic-constraints.js';
import { crlDistributionPoints } from './crl-distribution-points.js';
import { extKeyUsage } from './ext-key-usage.js';
import { issuerMaySign } from './issuer-may-sign.js';
import { issuerName } from './issuer-name.js';
import { keyNotShared } from './key-not-shared.js';
import { keyUsage } from './key-usage.js';
import { knownExtensions } from './known-extensions.js';
import type { Lint, LintSubject } from './lint.js';
import { nameConstraints } from './name-constraints.js';
import { publicKey } from './public-key.js';
import { serialNumber } from './serial-number.js';
import { signatureAlgorithm } from './signature-algorithm.js';
import { subject } from './subject.js';
import { subjectAttributes } from './subject-attributes.js';
import { subjectAltName } from './subject-alt-name.js';
import { subjectKeyIdentifier } from './subject-key-identifier.js';
import { subjectNotIssuer } from './subject-not-issuer.js';
import { validity } from './validity.js';
import { validityBackdated } from './validity-backdated.js';
import { validityLength } from './validity-length.js';
import { validityNested } from './validity-nested.js';
import { version } from './version.js';

export type { CertificateRole, Lint, LintSubject } from './lint.js';

/** Every rule that a certificate must keep before the real key signs it. */
export const LINTS: readonly Lint[] = [
  version,
  serialNumber,
  signatureAlgorithm,
  issuerName,
  issuerMaySign,
  validity,
  validityNested,
  validityLength,
  validityBackdated,
  subject,
  subjectAttributes,
  subjectNotIssuer,
  publicKey,
  keyNotShared,
  basicConstraints,
  keyUsage,
  extKeyUsage,
  nameConstraints,
  subjectKeyIdentifier,
  authorityKeyIdentifier,
  subjectAltName,
  crlDistributionPoints,
  authorityInfoAccess,
  knownExtensions,
];

/**
 * Applies every rule.
 *
 * @throws {ModelsealError} `ERR_LINT` with the rule, what breaks it, and where the rule stands
 */
export function lintCertificate(subject: LintSubject): void {
  for (const { name, citation, check } of LINTS) {
    const problem = check(subject);
    if (problem !== undefined) throw new ModelsealError('ERR_LINT', { rule: name, problem, citation });
  }
}
