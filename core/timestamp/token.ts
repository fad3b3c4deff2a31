import { createHash } from 'node:crypto';
import { decodeSignedData, type SignedData, signerCertificate, verifySigner } from '../cms/index.js';
import { ModelsealError } from '../errors/index.js';
import type { Certificate } from '../x509/certificate.js';
import type { GeneralName } from '../x509/general-name.js';
import { sameBytes } from '../x509/name.js';
import type { SignatureAlgorithm } from '../x509/signature-algorithm.js';
import { tokenOf } from './response.js';
import { decodeTstInfo, type MessageImprint, sameImprint, TST_INFO, type TstInfo } from './tst-info.js';

/**
 * A time-stamp token (RFC 3161 §2.4.2) over the bytes received. Decoding proves nothing: {@link verify} says that a
 * certificate's key signed it, and whether that is an authority to be believed is a trust decision.
 */
export class TimestampToken {
  /** The complete ContentInfo. */
  readonly raw: Uint8Array;
  readonly info: TstInfo;
  readonly #data: SignedData;

  private constructor(raw: Uint8Array) {
    this.raw = raw;
    this.#data = decodeSignedData(raw);
    if (this.#data.contentType !== TST_INFO)
      throw new ModelsealError('ERR_TIMESTAMP_FORMAT', { problem: 'its content is not a time stamp' });
    this.info = decodeTstInfo(this.#data.content);
    Object.freeze(this);
  }

  /**
   * @param bytes A token, or a TimeStampResp that grants one. Untrusted.
   * @throws {ModelsealError} `ERR_DER`, `ERR_CMS`, `ERR_CMS_DIGEST`, `ERR_TIMESTAMP_FORMAT`, `ERR_TIMESTAMP_REJECTED`,
   *   and what {@link Certificate.decode} throws
   */
  static decode(bytes: Uint8Array): TimestampToken {
    return new TimestampToken(tokenOf(bytes));
  }

  /** SHA-256 over the token, hexadecimal. */
  get fingerprint(): string {
    return createHash('sha256').update(this.raw).digest('hex');
  }

  /** Certificates that came along, as claimed. */
  get certificates(): readonly Certificate[] {
    return this.#data.certificates;
  }

  /** CRLs that came along, DER. */
  get crls(): readonly Uint8Array[] {
    return this.#data.crls;
  }

  /** The latest time that the token can mean: what it covers existed then. */
  get latest(): Date {
    return new Date(this.info.genTime.getTime() + (this.info.accuracyMs ?? 0));
  }

  covers(imprint: MessageImprint): boolean {
    return sameImprint(this.info.imprint, imprint);
  }

  /**
   * The certificate whose key signed the token.
   *
   * @param others Certificates at hand besides those in the token.
   * @throws {ModelsealError} `ERR_TIMESTAMP_SIGNER_UNKNOWN`, `ERR_TIMESTAMP_TSA_NAME`, and what {@link verifySigner} throws
   */
  verify(others: readonly Certificate[] = []): {
    readonly certificate: Certificate;
    readonly algorithm: SignatureAlgorithm;
  } {
    const certificate = signerCertificate(this.#data.signer, [...this.certificates, ...others]);
    if (!certificate) throw new ModelsealError('ERR_TIMESTAMP_SIGNER_UNKNOWN', {});
    const algorithm = verifySigner(this.#data, certificate);
    const { tsa } = this.info;
    if (tsa && !namesCertificate(tsa, certificate))
      throw new ModelsealError('ERR_TIMESTAMP_TSA_NAME', { certificate: certificate.label });
    return { certificate, algorithm };
  }
}

/** §2.4.2: the name in the token is one of those in the certificate. */
function namesCertificate(name: GeneralName, certificate: Certificate): boolean {
  if (name.type === 'directory' && name.name.equals(certificate.subject)) return true;
  return (certificate.subjectAltName ?? []).some((other) => {
    if (other.type === 'directory') return name.type === 'directory' && name.name.equals(other.name);
    if (other.type !== name.type) return false;
    if ('value' in other && 'value' in name && typeof other.value === 'string')
      return other.value === name.value;
    return 'bytes' in other && 'bytes' in name && sameBytes(other.bytes, name.bytes);
  });
}
