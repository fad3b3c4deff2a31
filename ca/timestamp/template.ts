import { Oid } from '../../core/x509/index.js';
import { LintedCertificate } from '../certify.js';
import {
  authorityKeyIdentifier,
  basicConstraints,
  crlDistributionPoints,
  extKeyUsage,
  keyIdentifier,
  keyUsage,
  ocspAddress,
  subjectKeyIdentifier,
} from '../encode/extensions.js';
import { encodeName } from '../encode/name.js';
import type { Issuer } from '../issuer.js';
import type { Profile } from '../profile.js';

/** What differs between time-stamp authorities; all of it checked before. */
interface TsaSubject {
  readonly name: string;
  /** The time of issuance. */
  readonly at: Date;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly spki: Uint8Array;
}

/** The profile of time-stamp authorities under one issuer. */
export class TsaTemplate {
  readonly #profile: Profile;
  readonly #issuer: Issuer;

  constructor(profile: Profile, issuer: Issuer) {
    this.#profile = profile;
    this.#issuer = issuer;
  }

  /** @throws {ModelsealError} `ERR_LINT` */
  lint({ name, at, notBefore, notAfter, spki }: TsaSubject): LintedCertificate {
    const { organization, ocspUrl } = this.#profile;
    const crl = this.#profile.crlAddress(this.#issuer.id);
    return LintedCertificate.lint(
      {
        signatureAlgorithm: this.#issuer.signatureAlgorithm,
        issuer: this.#issuer.certificate.subject.raw,
        notBefore,
        notAfter,
        subject: encodeName({ organization, commonName: name }),
        spki,
        extensions: [
          basicConstraints(false),
          keyUsage('digitalSignature'),
          extKeyUsage(Oid.timeStamping, true),
          subjectKeyIdentifier(keyIdentifier(spki)),
          authorityKeyIdentifier(this.#issuer.keyId),
          ...(crl === undefined ? [] : [crlDistributionPoints(crl)]),
          ...(ocspUrl === undefined ? [] : [ocspAddress(ocspUrl)]),
        ],
      },
      'tsa',
      this.#issuer.certificate,
      at,
    );
  }
}
