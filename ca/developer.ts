import { Oid } from '../core/x509/index.js';
import { LintedCertificate } from './certify.js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  extKeyUsage,
  keyIdentifier,
  keyUsage,
  ocspAddress,
  subjectAltName,
  subjectKeyIdentifier,
} from './encode/extensions.js';
import { encodeName } from './encode/name.js';
import type { Identities } from './identity.js';
import type { Issuer } from './issuer.js';
import type { Profile } from './profile.js';

/** What differs from one developer certificate to the next; all of it checked before. */
export interface Developer extends Identities {
  readonly name: string;
  /** The time of issuance. */
  readonly at: Date;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Uint8Array;
}

/** The profile of developer certificates under one issuer, with the parts encoded once that never differ. */
export class DeveloperTemplate {
  readonly #organization: string;
  readonly #issuer: Issuer;
  readonly #usage: readonly Uint8Array[];
  readonly #issuerKey: Uint8Array;
  readonly #addresses: readonly Uint8Array[];

  constructor(profile: Profile, issuer: Issuer) {
    this.#organization = profile.organization;
    this.#issuer = issuer;
    this.#usage = [basicConstraints(false), keyUsage('digitalSignature'), extKeyUsage(Oid.codeSigning)];
    this.#issuerKey = authorityKeyIdentifier(issuer.keyId);
    const crl = profile.crlAddress(issuer.id);
    const { ocspUrl } = profile;
    this.#addresses = [
      ...(crl === undefined ? [] : [crlDistributionPoints(crl)]),
      ...(ocspUrl === undefined ? [] : [ocspAddress(ocspUrl)]),
    ];
  }

  /** @throws {ModelsealError} `ERR_LINT` */
  lint(developer: Developer): LintedCertificate {
    const { name, emails, uris, at, notBefore, notAfter, spki } = developer;
    return LintedCertificate.lint(
      {
        signatureAlgorithm: this.#issuer.signatureAlgorithm,
        issuer: this.#issuer.certificate.subject.raw,
        notBefore,
        notAfter,
        subject: encodeName({ organization: this.#organization, commonName: name }),
        spki,
        extensions: [
          ...this.#usage,
          subjectKeyIdentifier(keyIdentifier(spki)),
          this.#issuerKey,
          subjectAltName(emails, uris),
          ...this.#addresses,
        ],
      },
      'developer',
      this.#issuer.certificate,
      at,
    );
  }
}
