import type { KeyObject } from 'node:crypto';
import { context, DerReader, Tag } from '../../core/der/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { decodePemOrDer } from '../../core/pem.js';
import {
  type AlgorithmIdentifier,
  decodeGeneralNames,
  decodePublicKey,
  type Extension,
  generalNameText,
  Name,
  Oid,
  readAlgorithm,
  readExtensionList,
  signatureAlgorithm,
  verifySignedData,
} from '../../core/x509/index.js';
import { requireUnbroken } from '../weak-keys.js';

/** A request with an RSA-16384 key and a screenful of names stays under this. */
const MAX_REQUEST_FILE = 64 * 1024;

const LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/** PKCS #9 extensionRequest (RFC 2985 §5.4.2). */
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** What the request would like to have certified. Nothing of it is believed: only the key is proven. */
export interface RequestedContent {
  readonly commonName: string | undefined;
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  /** Names of other types, for instance DNS names. */
  readonly otherNames: readonly string[];
  /** Object identifiers of every extension asked for. */
  readonly extensions: readonly string[];
}

/**
 * A PKCS #10 request (RFC 2986) whose proof of possession was checked over the received bytes, and whose key is
 * sound. Only {@link CertificateRequest.verify} makes one.
 */
export class CertificateRequest {
  readonly raw: Uint8Array;
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly requested: RequestedContent;
  readonly #proven = true;

  private constructor(raw: Uint8Array, subject: Name, publicKey: KeyObject, requested: RequestedContent) {
    this.raw = raw;
    this.subject = subject;
    this.publicKey = publicKey;
    this.requested = requested;
  }

  /** @internal For the type system and for look-alikes at run time. */
  get proven(): boolean {
    return this.#proven;
  }

  /**
   * Checks one DER request.
   *
   * @param file Name for errors.
   * @throws {ModelsealError} `ERR_CSR_MALFORMED`, `ERR_CSR_ALGORITHM`, `ERR_CSR_SIGNATURE`, `ERR_KEY_WEAK`, `ERR_KEY_UNSUPPORTED`
   */
  static verify(der: Uint8Array, file: string): CertificateRequest {
    try {
      const outer = DerReader.open(der, Tag.SEQUENCE, 'CertificationRequest');
      const infoTlv = outer.expect(Tag.SEQUENCE, 'certificationRequestInfo');
      const algorithm = readAlgorithm(outer, 'signatureAlgorithm');
      const signature = outer.bitString('signature');
      outer.finish('CertificationRequest');
      const info = outer.inside(infoTlv);
      if (info.smallInteger('version') !== 0) throw malformed(file, 'its version is not 1');
      const subject = Name.read(info, 'subject');
      const publicKey = decodePublicKey(info.raw(info.expect(Tag.SEQUENCE, 'subjectPKInfo')));
      requireUnbroken(publicKey, `the key in ${file}`);
      const signed =
        signature.unused === 0 && proves(algorithm, publicKey, outer.raw(infoTlv), signature.bytes, file);
      if (!signed) throw new ModelsealError('ERR_CSR_SIGNATURE', { file });
      // Only now, with the sender proven to hold the key, is the rest worth reading.
      const extensions = readAttributes(info, file);
      info.finish('certificationRequestInfo');
      return new CertificateRequest(der, subject, publicKey, requestedContent(subject, extensions));
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      if (error.code === 'ERR_DER' || error.code.startsWith('ERR_CERT_'))
        throw malformed(file, error.message);
      throw error;
    }
  }
}

/**
 * Reads and checks the request in a PEM or DER file, one per file.
 *
 * @throws {ModelsealError} `ERR_FILE_…`, `ERR_PEM`, and what {@link CertificateRequest.verify} throws
 */
export function readRequest(file: string): CertificateRequest {
  const [der, ...more] = decodePemOrDer(
    readBounded(file, 'certificate request', MAX_REQUEST_FILE),
    LABELS,
    file,
  );
  if (der === undefined || more.length > 0) throw malformed(file, 'it must hold exactly one request');
  return CertificateRequest.verify(der, file);
}

const malformed = (file: string, problem: string): ModelsealError =>
  new ModelsealError('ERR_CSR_MALFORMED', { file, problem });

function proves(
  identifier: AlgorithmIdentifier,
  key: KeyObject,
  signedBytes: Uint8Array,
  signature: Uint8Array,
  file: string,
): boolean {
  try {
    const algorithm = signatureAlgorithm(identifier);
    if (algorithm.hash === 'md5' || algorithm.hash === 'sha1' || algorithm.hash === 'sha224') {
      throw new ModelsealError('ERR_CSR_ALGORITHM', { file, algorithm: algorithm.name });
    }
    return verifySignedData(algorithm, key, signedBytes, signature);
  } catch (error) {
    if (isModelsealError(error, 'ERR_SIGNATURE_KEY_MISMATCH')) return false;
    if (isModelsealError(error) && error.code.startsWith('ERR_SIGNATURE_ALGORITHM')) {
      throw new ModelsealError('ERR_CSR_ALGORITHM', { file, algorithm: identifier.oid }, { cause: error });
    }
    throw error;
  }
}

/** Extensions asked for; other attributes, such as a challenge password, are read over and never shown. */
function readAttributes(info: DerReader, file: string): ReadonlyMap<string, Extension> {
  let extensions: ReadonlyMap<string, Extension> | undefined;
  // OpenSSL up to 1.0 leaves the empty set out, against RFC 2986 §4.1; that says nothing harmful.
  const attributes = info.enterOptional(context(0), 'attributes');
  while (attributes !== undefined && !attributes.done) {
    const attribute = attributes.enter(Tag.SEQUENCE, 'attribute');
    const type = attribute.oid('attribute type');
    const values = attribute.enter(Tag.SET, 'attribute values');
    attribute.finish('attribute');
    if (type !== EXTENSION_REQUEST) continue;
    if (extensions !== undefined) throw malformed(file, 'it asks for extensions twice');
    extensions = readExtensionList(values.enter(Tag.SEQUENCE, 'extensionRequest'));
    values.finish('extensionRequest');
  }
  return extensions ?? new Map();
}

function requestedContent(subject: Name, extensions: ReadonlyMap<string, Extension>): RequestedContent {
  const san = extensions.get(Oid.subjectAltName);
  const names = san === undefined ? [] : decodeGeneralNames(san.value, 'subjectAltName');
  const ofType = (type: 'email' | 'uri'): string[] =>
    names.flatMap((name) => (name.type === type ? [name.value] : []));
  return {
    commonName: subject.attributes(Oid.commonName)[0],
    emails: [...ofType('email'), ...subject.attributes(Oid.emailAddress)].filter(unique),
    uris: ofType('uri'),
    otherNames: names.filter((name) => name.type !== 'email' && name.type !== 'uri').map(generalNameText),
    extensions: [...extensions.keys()],
  };
}

const unique = (value: string, index: number, all: readonly string[]): boolean =>
  all.indexOf(value) === index;
