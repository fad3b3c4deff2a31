import type { Certificate } from '../../core/x509/index.js';

/** What the certificate is to become; profiles differ by it. */
export type CertificateRole = 'root' | 'issuing' | 'developer' | 'tsa';

/** A certificate about to be signed, read back from its own bytes. */
export interface LintSubject {
  readonly certificate: Certificate;
  /** The issuer's certificate; for a root, the certificate itself. */
  readonly issuer: Certificate;
  readonly role: CertificateRole;
  /** The time of issuance. */
  readonly at: Date;
}

/** One rule, with the place where it stands. */
export interface Lint {
  readonly name: string;
  readonly citation: string;
  /** What breaks the rule, or undefined where it holds. */
  check(subject: LintSubject): string | undefined;
}
