import { createHash } from 'node:crypto';
import { context, contextPrimitive, DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.js';
import { Certificate } from './certificate.js';
import { CRL_REASONS, type RevocationReason } from './crl-entries.js';
import { Name } from './name.js';
import { type CertId, keyBits, readCertId } from './ocsp-cert-id.js';
import { OCSP_BASIC, readOcspExtensions } from './ocsp-codec.js';
import { readTime } from './time.js';

export { type CertId, type CertIdIssuer, certIdFor, encodeCertId, matchesCertId } from './ocsp-cert-id.js';
export {
  decodeOcspRequest,
  encodeOcspRequest,
  type OcspRequest,
  type OcspRequestItem,
} from './ocsp-request.js';

/** A response about one certificate with its responder's chain has 2 to 8 KiB; the bound leaves room for batches. */
export const MAX_OCSP_BYTES = 1024 * 1024;

/** Responses about more certificates than this are not what an answer to a path's questions looks like. */
const MAX_RESPONSES = 1024;

/** A responder's certificate and its chain. */
const MAX_CERTIFICATES = 16;

/** How a responder names itself (RFC 6960 §4.2.2.3). */
export type ResponderId =
  | { readonly type: 'name'; readonly name: Name }
  /** SHA-1 over the contents of the responder's subjectPublicKey. */
  | { readonly type: 'key'; readonly hash: Uint8Array };

export type OcspStatus =
  | { readonly type: 'good' }
  | { readonly type: 'revoked'; readonly revocationDate: Date; readonly reason?: RevocationReason }
  | { readonly type: 'unknown' };

/** One SingleResponse (RFC 6960 §4.2.1). */
export interface OcspAnswer {
  readonly certId: CertId;
  readonly status: OcspStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** The responder keeps revocation information of certificates that expired since this time (§4.4.4). */
  readonly archiveCutoff?: Date;
}

/** OCSPResponseStatus (RFC 6960 §4.2.1); 4 is not used. */
const STATUS = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  undefined,
  'sigRequired',
  'unauthorized',
] as const;

/**
 * A successful OCSP response with its BasicOCSPResponse (RFC 6960 §4.2), decoded strictly and kept as the bytes
 * received. Decoding proves nothing: signature and authority of the responder are for whoever knows the path.
 */
export class OcspResponse {
  readonly raw: Uint8Array;
  /** The bytes that the signature covers: tbsResponseData. */
  readonly tbs: Uint8Array;
  readonly responderId: ResponderId;
  readonly producedAt: Date;
  readonly answers: readonly OcspAnswer[];
  readonly nonce: Uint8Array | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** Empty where the BIT STRING is not whole octets: no algorithm of ours makes such a signature, so none fits. */
  readonly signature: Uint8Array;
  /** Certificates that came along, as claimed. */
  readonly certificates: readonly Certificate[];
  #fingerprint: string | undefined;

  private constructor(raw: Uint8Array) {
    if (raw.length > MAX_OCSP_BYTES) {
      throw new ModelsealError('ERR_OCSP_TOO_LARGE', { size: raw.length, limit: MAX_OCSP_BYTES });
    }
    this.raw = raw;
    const basic = openBasic(raw);
    const tbs = basic.expect(Tag.SEQUENCE, 'tbsResponseData');
    this.tbs = basic.raw(tbs);
    this.signatureAlgorithm = readAlgorithm(basic, 'signatureAlgorithm');
    const signature = basic.bitString('signature');
    this.signature = signature.unused === 0 ? signature.bytes : new Uint8Array(0);
    this.certificates = readCertificates(basic);
    basic.finish('BasicOCSPResponse');

    const data = basic.inside(tbs);
    readVersion(data);
    this.responderId = readResponderId(data);
    this.producedAt = readGeneralizedTime(data, 'producedAt');
    this.answers = readAnswers(data.enter(Tag.SEQUENCE, 'responses'));
    const explicit = data.enterOptional(context(1), 'responseExtensions');
    data.finish('tbsResponseData');
    const extensions = explicit && readOcspExtensions(explicit, 'responseExtensions');
    this.nonce = extensions?.nonce;
  }

  /**
   * @param bytes One complete OCSPResponse and nothing after it. Untrusted.
   * @throws {ModelsealError} `ERR_DER`, `ERR_OCSP_TOO_LARGE`, `ERR_OCSP_STATUS`, `ERR_OCSP_FORMAT`,
   *   `ERR_OCSP_EXTENSION_UNKNOWN`, and what {@link Certificate.decode} throws
   */
  static decode(bytes: Uint8Array): OcspResponse {
    return new OcspResponse(bytes);
  }

  /** SHA-256 over the DER, hexadecimal. */
  get fingerprint(): string {
    this.#fingerprint ??= createHash('sha256').update(this.raw).digest('hex');
    return this.#fingerprint;
  }

  /** Readable name of the responder, as claimed. */
  get responder(): string {
    const id = this.responderId;
    return id.type === 'name' ? id.name.toString() : `key ${Buffer.from(id.hash).toString('hex')}`;
  }

  /** Whether the responder ID names this certificate (§4.2.2.3). */
  isResponder(certificate: Pick<Certificate, 'subject' | 'spki'>): boolean {
    const id = this.responderId;
    return id.type === 'name'
      ? id.name.equals(certificate.subject)
      : Buffer.compare(id.hash, createHash('sha1').update(keyBits(certificate.spki)).digest()) === 0;
  }
}

function format(problem: string): ModelsealError {
  return new ModelsealError('ERR_OCSP_FORMAT', { problem });
}

/** OCSPResponse down to the contents of its BasicOCSPResponse. */
function openBasic(raw: Uint8Array): DerReader {
  const outer = DerReader.open(raw, Tag.SEQUENCE, 'OCSPResponse');
  const status = outer.smallInteger('responseStatus', Tag.ENUMERATED);
  if (status !== 0) {
    const name = STATUS[status];
    if (!name || !outer.done) throw format(name ? `${name} with a response` : `status ${status}`);
    throw new ModelsealError('ERR_OCSP_STATUS', { status: name });
  }
  if (outer.done) throw format('successful without a response');
  const explicit = outer.enter(context(0), 'responseBytes');
  outer.finish('OCSPResponse');
  const body = explicit.enter(Tag.SEQUENCE, 'responseBytes');
  explicit.finish('responseBytes');
  const type = body.oid('responseType');
  if (type !== OCSP_BASIC) throw format(`response type ${type}`);
  const response = body.octets('response');
  body.finish('responseBytes');
  return DerReader.open(response, Tag.SEQUENCE, 'BasicOCSPResponse');
}

/** Version 1 is the only one there is. DER leaves this default out; some responders write it all the same. */
function readVersion(data: DerReader): void {
  const explicit = data.enterOptional(context(0), 'version');
  if (explicit && explicit.smallInteger('version') !== 0) throw format('it is not version 1');
  explicit?.finish('version');
}

function readCertificates(basic: DerReader): Certificate[] {
  const explicit = basic.enterOptional(context(0), 'certs');
  if (!explicit) return [];
  const list = explicit.enter(Tag.SEQUENCE, 'certs');
  explicit.finish('certs');
  const certificates: Certificate[] = [];
  while (!list.done) {
    if (certificates.length === MAX_CERTIFICATES) throw format(`more than ${MAX_CERTIFICATES} certificates`);
    certificates.push(Certificate.decode(list.raw(list.next())));
  }
  return certificates;
}

function readResponderId(data: DerReader): ResponderId {
  const byName = data.enterOptional(context(1), 'responderID');
  if (byName) {
    const name = Name.decode(byName.raw(byName.expect(Tag.SEQUENCE, 'responderID')));
    byName.finish('responderID');
    return { type: 'name', name };
  }
  const byKey = data.enter(context(2), 'responderID');
  const hash = byKey.octets('responderID');
  byKey.finish('responderID');
  if (hash.length !== 20) throw format('a responder key hash that is not SHA-1');
  return { type: 'key', hash };
}

function readAnswers(list: DerReader): OcspAnswer[] {
  const answers: OcspAnswer[] = [];
  while (!list.done) {
    if (answers.length === MAX_RESPONSES) throw format(`more than ${MAX_RESPONSES} answers`);
    answers.push(readAnswer(list.enter(Tag.SEQUENCE, 'SingleResponse')));
  }
  if (answers.length === 0) throw format('no answer in it');
  return answers;
}

function readAnswer(reader: DerReader): OcspAnswer {
  const certId = readCertId(reader);
  const status = readStatus(reader);
  const thisUpdate = readGeneralizedTime(reader, 'thisUpdate');
  const next = reader.enterOptional(context(0), 'nextUpdate');
  const nextUpdate = next && readGeneralizedTime(next, 'nextUpdate');
  next?.finish('nextUpdate');
  const explicit = reader.enterOptional(context(1), 'singleExtensions');
  reader.finish('SingleResponse');
  const extensions = explicit && readOcspExtensions(explicit, 'singleExtensions');
  const archiveCutoff = extensions?.archiveCutoff;
  return {
    certId,
    status,
    thisUpdate,
    ...(nextUpdate ? { nextUpdate } : {}),
    ...(archiveCutoff ? { archiveCutoff } : {}),
  };
}

function readStatus(reader: DerReader): OcspStatus {
  if (reader.tag === contextPrimitive(0) || reader.tag === contextPrimitive(2)) {
    const tlv = reader.next();
    if (tlv.content !== tlv.end) throw format('a certificate status with contents');
    return { type: tlv.tag === contextPrimitive(0) ? 'good' : 'unknown' };
  }
  const revoked = reader.enter(context(1), 'certStatus');
  const revocationDate = readGeneralizedTime(revoked, 'revocationTime');
  const explicit = revoked.enterOptional(context(0), 'revocationReason');
  revoked.finish('certStatus');
  if (!explicit) return { type: 'revoked', revocationDate };
  const reason = CRL_REASONS[explicit.smallInteger('revocationReason', Tag.ENUMERATED)];
  explicit.finish('revocationReason');
  if (!reason || reason === 'removeFromCRL') throw format('a revocation reason that does not exist');
  return { type: 'revoked', revocationDate, reason };
}

/** OCSP knows no UTCTime (RFC 6960 §4.2.1). */
function readGeneralizedTime(reader: DerReader, what: string): Date {
  if (reader.tag !== Tag.GENERALIZED_TIME) throw format(`${what} is not a GeneralizedTime`);
  return readTime(reader, what);
}
