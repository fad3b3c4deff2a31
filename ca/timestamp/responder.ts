import { CmsOid, digestIdentifier, digestOf } from '../../core/cms/index.js';
import { context, der, Tag } from '../../core/der/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { type SigningKey, signatureScheme } from '../../core/keys/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import {
  decodeTimestampRequest,
  encodeGranted,
  encodeImprint,
  encodeRejection,
  type MessageImprint,
  TimestampToken,
  type TimestampFailure,
  TST_INFO,
} from '../../core/timestamp/index.js';
import { Certificate, isoTime, Oid } from '../../core/x509/index.js';
import { randomSerial } from '../encode/certificate.js';

/** Made from a UUID (X.667), so that it is ours without a registry; says nothing but "by this software". */
export const TSA_POLICY = '2.25.231480129614302746820337913325107260231';

export interface TimestampAuthorityOptions {
  readonly key: SigningKey;
  readonly certificate: Certificate;
  /** Certificates above it, without the root, to send along where the request asks for certificates. */
  readonly chain?: readonly Certificate[] | undefined;
  /** Policy that tokens are made under. */
  readonly policy?: string | undefined;
  /** How far off the clock may be. */
  readonly accuracySeconds?: number | undefined;
}

const AUTHORITY: OptionTable<TimestampAuthorityOptions> = {
  key: is.object,
  certificate: is.made(Certificate),
  chain: is.list(is.made(Certificate)),
  policy: is.text,
  accuracySeconds: is.number,
};

/** An answer to a request: a TimeStampResp in DER, and what it grants or why not. */
export interface TimestampAnswer {
  readonly der: Uint8Array;
  readonly granted: boolean;
  readonly problem?: string;
}

/** A time-stamp authority (RFC 3161) with its key and certificate. */
export class TimestampAuthority {
  readonly #key: SigningKey;
  readonly #certificate: Certificate;
  readonly #chain: readonly Certificate[];
  readonly #policy: string;
  readonly #accuracySeconds: number;

  /** @throws {ModelsealError} `ERR_TSA_CERTIFICATE`, `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED` */
  constructor(options: TimestampAuthorityOptions) {
    checkOptions('TimestampAuthority', options, AUTHORITY);
    const { key, certificate } = options;
    const fail = (problem: string): never => {
      throw new ModelsealError('ERR_TSA_CERTIFICATE', { certificate: certificate.label, problem });
    };
    const purposes = certificate.extKeyUsage;
    const critical = certificate.extensions.get(Oid.extKeyUsage)?.critical === true;
    if (purposes?.length !== 1 || purposes[0] !== Oid.timeStamping || !critical)
      fail('it is not for time stamping alone, critically');
    if (!certificate.publicKey().equals(key.publicKey)) fail('it is of another key');
    this.#key = key;
    this.#certificate = certificate;
    this.#chain = options.chain ?? [];
    this.#policy = options.policy ?? TSA_POLICY;
    this.#accuracySeconds = options.accuracySeconds ?? 1;
  }

  /**
   * Answers a TimeStampReq. What cannot be granted is an answer too; only a fault of our own throws.
   *
   * @param request DER, untrusted.
   * @param at The time that is stamped, in whole seconds.
   * @throws {ModelsealError} `ERR_TSA_CERTIFICATE`, and what signing throws
   */
  async answer(request: Uint8Array, at: Date): Promise<TimestampAnswer> {
    const { notBefore, notAfter, label } = this.#certificate;
    if (!(at >= notBefore && at <= notAfter)) {
      const problem = `it is not valid at ${isoTime(at)}`;
      throw new ModelsealError('ERR_TSA_CERTIFICATE', { certificate: label, problem });
    }
    let asked: ReturnType<typeof decodeTimestampRequest>;
    try {
      asked = decodeTimestampRequest(request);
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      return rejection(error.code === 'ERR_CMS_DIGEST' ? 'badAlg' : 'badDataFormat', error.message);
    }
    if (asked.policy !== undefined && asked.policy !== this.#policy)
      return rejection('unacceptedPolicy', `tokens are made under ${this.#policy}`);
    const token = await this.#token(asked.imprint, asked.nonce, asked.certReq, at);
    // What leaves was read back as its reader will.
    TimestampToken.decode(token).verify([this.#certificate]);
    return { der: encodeGranted(token), granted: true };
  }

  async #token(
    imprint: MessageImprint,
    nonce: Uint8Array | undefined,
    certReq: boolean,
    at: Date,
  ): Promise<Uint8Array> {
    const content = der.sequence(
      der.integer(1),
      der.oid(this.#policy),
      encodeImprint(imprint),
      der.integer(randomSerial()),
      der.generalizedTime(at),
      der.sequence(der.integer(this.#accuracySeconds)),
      ...(nonce === undefined ? [] : [der.element(Tag.INTEGER, nonce)]),
    );
    const { hash, algorithmIdentifier } = signatureScheme(this.#key.publicKey);
    const digest = digestIdentifier(hash);
    const attributes = der.setOf(
      attribute(CmsOid.contentType, der.oid(TST_INFO)),
      attribute(CmsOid.messageDigest, der.octetString(digestOf(hash, content))),
      attribute(CmsOid.signingCertificateV2, this.#signingCertificate()),
    );
    const signature = await this.#key.sign(attributes);
    const tagged = attributes.slice();
    tagged[0] = context(0);
    const { issuer, serialBytes } = this.#certificate;
    const signer = der.sequence(
      der.integer(1),
      der.sequence(issuer.raw, der.element(Tag.INTEGER, serialBytes)),
      digest,
      tagged,
      algorithmIdentifier,
      der.octetString(signature),
    );
    const certificates = [this.#certificate, ...this.#chain].map(({ raw }) => raw);
    const signedData = der.sequence(
      der.integer(3),
      der.setOf(digest),
      der.sequence(der.oid(TST_INFO), der.element(context(0), der.octetString(content))),
      ...(certReq ? [der.element(context(0), ...certificates.sort(Buffer.compare))] : []),
      der.setOf(signer),
    );
    return der.sequence(der.oid(CmsOid.signedData), der.element(context(0), signedData));
  }

  /** SigningCertificateV2 (RFC 5035 §3) with SHA-256, the default that DER leaves out, and issuer and serial number. */
  #signingCertificate(): Uint8Array {
    const { raw, issuer, serialBytes } = this.#certificate;
    const names = der.sequence(der.element(context(4), issuer.raw));
    const id = der.sequence(
      der.octetString(digestOf('sha256', raw)),
      der.sequence(names, der.element(Tag.INTEGER, serialBytes)),
    );
    return der.sequence(der.sequence(id));
  }
}

const attribute = (oid: string, value: Uint8Array): Uint8Array =>
  der.sequence(der.oid(oid), der.setOf(value));

const rejection = (failure: TimestampFailure, problem: string): TimestampAnswer => ({
  der: encodeRejection(failure, problem),
  granted: false,
  problem,
});
