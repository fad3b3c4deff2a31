import { ModelsealError } from '../core/errors/index.js';
import { signatureScheme } from '../core/keys/index.js';
import { type Certificate, isoTime } from '../core/x509/index.js';
import { keyIdentifier } from './encode/extensions.js';
import { wholeSeconds } from './profile.js';
import { type IssuerId, type IssuerRole, roleOf } from './store/store.js';

/** A CA certificate of this authority with the encodings that everything it signs repeats. */
export class Issuer {
  readonly id: IssuerId;
  readonly certificate: Certificate;
  /** DER of the AlgorithmIdentifier of its signatures. */
  readonly signatureAlgorithm: Uint8Array;
  readonly keyId: Uint8Array;

  constructor(id: IssuerId, certificate: Certificate) {
    this.id = id;
    this.certificate = certificate;
    this.signatureAlgorithm = signatureScheme(certificate.publicKey()).algorithmIdentifier;
    this.keyId = certificate.subjectKeyIdentifier ?? keyIdentifier(certificate.spki);
  }

  get role(): IssuerRole {
    return roleOf(this.id);
  }

  /** A time before `at`, in whole seconds, and never before the certificate itself. */
  backdated(at: Date, ms: number): Date {
    return wholeSeconds(new Date(Math.max(at.getTime() - ms, this.certificate.notBefore.getTime())));
  }

  /**
   * Refuses to work outside of the validity of the certificate; a wrong clock is the usual cause.
   *
   * @throws {ModelsealError} `ERR_CA_NOT_YET_VALID`, `ERR_CA_EXPIRED`
   */
  requireValid(at: Date): void {
    const { notBefore, notAfter, label: issuer } = this.certificate;
    if (at < notBefore) {
      throw new ModelsealError('ERR_CA_NOT_YET_VALID', {
        issuer,
        notBefore: isoTime(notBefore),
        at: isoTime(at),
      });
    }
    if (at > notAfter) {
      throw new ModelsealError('ERR_CA_EXPIRED', { issuer, notAfter: isoTime(notAfter), at: isoTime(at) });
    }
  }
}
