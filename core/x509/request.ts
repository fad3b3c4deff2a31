import type { KeyObject } from 'node:crypto';
import { context, DerReader, Tag } from '../der/index.js';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.js';
import { type Extension, readExtensionList } from './certificate.js';
import { decodeGeneralNames } from './extensions.js';
import { generalNameText } from './general-name.js';
import { decodePublicKey } from './key.js';
import { Name } from './name.js';
import { Oid } from './oids.js';

/** A request with an RSA-16384 key and a screenful of names stays under this. */
export const MAX_REQUEST_FILE = 64 * 1024;

/** What requests are called in PEM. */
export const REQUEST_LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/** PKCS #9 extensionRequest (RFC 2985 §5.4.2). */
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** What the request would like to have certified. Nothing of it is believed. */
export interface RequestedContent {
  readonly commonName: string | undefined;
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  /** Names of other types, for instance DNS names. */
  readonly otherNames: readonly string[];
  /** Object identifiers of every extension asked for. */
  readonly extensions: readonly string[];
}

/** A PKCS #10 request (RFC 2986) as it was received: that its sender holds the key is not proven. */
export class UnverifiedRequest {
  readonly raw: Uint8Array;
  /** The bytes that are signed. */
  readonly signedBytes: Uint8Array;
  readonly algorithm: AlgorithmIdentifier;
  readonly signature: { readonly bytes: Uint8Array; readonly unused: number };
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly #file: string;
  readonly #attributes: DerReader;

  /**
   * Reads one DER request up to its key; the rest waits for {@link content}.
   *
   * @param file Name for errors.
   * @throws {ModelsealError} `ERR_CSR_MALFORMED`, `ERR_KEY_UNSUPPORTED`
   */
  static decode(der: Uint8Array, file: string): UnverifiedRequest {
    return reading(file, () => new UnverifiedRequest(der, file));
  }

  private constructor(der: Uint8Array, file: string) {
    const outer = DerReader.open(der, Tag.SEQUENCE, 'CertificationRequest');
    const infoTlv = outer.expect(Tag.SEQUENCE, 'certificationRequestInfo');
    this.raw = der;
    this.signedBytes = outer.raw(infoTlv);
    this.algorithm = readAlgorithm(outer, 'signatureAlgorithm');
    this.signature = outer.bitString('signature');
    outer.finish('CertificationRequest');
    const info = outer.inside(infoTlv);
    if (info.smallInteger('version') !== 0) throw malformed(file, 'its version is not 1');
    this.subject = Name.read(info, 'subject');
    this.publicKey = decodePublicKey(info.raw(info.expect(Tag.SEQUENCE, 'subjectPKInfo')));
    this.#file = file;
    this.#attributes = info;
  }

  /** What is asked for. @throws {ModelsealError} `ERR_CSR_MALFORMED` */
  content(): RequestedContent {
    return reading(this.#file, () => {
      const { bytes, offset, end } = this.#attributes;
      const info = new DerReader(bytes, offset, end);
      const extensions = readAttributes(info, this.#file);
      info.finish('certificationRequestInfo');
      return requestedContent(this.subject, extensions);
    });
  }
}

function reading<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    if (error.code === 'ERR_DER' || error.code.startsWith('ERR_CERT_')) throw malformed(file, error.message);
    throw error;
  }
}

const malformed = (file: string, problem: string): ModelsealError =>
  new ModelsealError('ERR_CSR_MALFORMED', { file, problem });

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
