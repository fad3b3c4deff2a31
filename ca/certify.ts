import { ModelsealError } from '../core/errors/index.js';
import type { SigningKey } from '../core/keys/index.js';
import {
  Certificate,
  certificateIdentities,
  serialText,
  signatureAlgorithm,
  verifySignedData,
} from '../core/x509/index.js';
import {
  assemble,
  type CertificateFields,
  encodeTbsCertificate,
  randomSerial,
} from './encode/certificate.js';
import { spkiFingerprint } from './encode/spki.js';
import { type CertificateRole, lintCertificate } from './lint/index.js';
import type { CaStore, IssuerId } from './store/store.js';

/** A certificate that passed every lint; only {@link lint} makes one. */
export class LintedCertificate {
  /** As it will be, except for its signature. */
  readonly certificate: Certificate;
  readonly role: CertificateRole;
  readonly #linted = true;

  private constructor(certificate: Certificate, role: CertificateRole) {
    this.certificate = certificate;
    this.role = role;
  }

  /**
   * Encodes the fields, reads the bytes back as any verifier would, and lints what was read. The stand-in has an
   * empty signature: no key, not even a throwaway one, is needed for bytes that nobody will ever verify.
   *
   * @param issuer The signer's certificate; undefined for a root, which is its own.
   * @param at The time of issuance.
   * @throws {ModelsealError} `ERR_LINT`
   */
  static lint(
    fields: Omit<CertificateFields, 'serial'>,
    role: CertificateRole,
    issuer: Certificate | undefined,
    at: Date,
  ): LintedCertificate {
    const tbs = encodeTbsCertificate({ ...fields, serial: randomSerial() });
    const certificate = Certificate.decode(assemble(tbs, fields.signatureAlgorithm, NO_SIGNATURE));
    lintCertificate({ certificate, issuer: issuer ?? certificate, role, at });
    return new LintedCertificate(certificate, role);
  }

  /** @internal Keeps look-alikes out at run time as well. */
  static check(value: LintedCertificate): void {
    void value.#linted;
  }
}

const NO_SIGNATURE = new Uint8Array(0);

export interface RecordOptions {
  readonly reuseKey?: boolean | undefined;
  /** Which issuing CA signs it, where it is not the root; the first one unless told. */
  readonly issuer?: IssuerId | undefined;
}

/** A linted certificate that the store knows durably: the right to sign it, once. */
export class RecordedCertificate {
  readonly certificate: Certificate;
  #redeemed = false;

  private constructor(certificate: Certificate) {
    this.certificate = certificate;
  }

  /**
   * Records the certificate as pending. When this resolves, a crash can no longer make its serial number unknown.
   *
   * @throws {ModelsealError} `ERR_CA_SERIAL_COLLISION`, `ERR_CA_KEY_…`, `ERR_CA_CLOCK`, `ERR_CA_DATABASE…`
   */
  static async record(
    linted: LintedCertificate,
    store: CaStore,
    at: Date,
    { reuseKey = false, issuer = 'issuing' }: RecordOptions = {},
  ): Promise<RecordedCertificate> {
    LintedCertificate.check(linted);
    const { certificate, role } = linted;
    const pending = {
      serial: serialText(certificate.serialBytes),
      issuer: role === 'root' || role === 'issuing' ? ('root' as const) : issuer,
      subject: certificate.subject.toString(),
      identities: certificateIdentities(certificate),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      keyFingerprint: spkiFingerprint(certificate.spki),
      requestedAt: at,
    };
    await store.recordPending(pending, reuseKey);
    return new RecordedCertificate(certificate);
  }

  /**
   * Signs, checks the signature, and records the result. When this resolves, the certificate may leave.
   * The check keeps a faulty computation, from which an RSA key could be derived, inside the house.
   *
   * @throws {ModelsealError} `ERR_CA_SIGNATURE_FAULTY`, `ERR_CA_DATABASE…`
   */
  async sign(key: SigningKey, store: CaStore): Promise<Uint8Array> {
    if (this.#redeemed)
      throw new ModelsealError('ERR_INTERNAL', { problem: 'a certificate was signed twice' });
    this.#redeemed = true;
    const { tbs, signatureAlgorithm: algorithm } = this.certificate;
    const signature = await key.sign(tbs);
    if (!verifySignedData(signatureAlgorithm(algorithm), key.publicKey, tbs, signature)) {
      throw new ModelsealError('ERR_CA_SIGNATURE_FAULTY', { certificate: this.certificate.label });
    }
    const der = assemble(tbs, algorithm.raw, signature);
    await store.recordIssued({ serial: serialText(this.certificate.serialBytes), der });
    return der;
  }
}
