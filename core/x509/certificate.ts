import { createHash, type KeyObject } from 'node:crypto';
import { context, contextPrimitive, DerReader, Tag } from '../der/index.js';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.js';
import { type DistributionPoint, decodeDistributionPoints } from './distribution-point.js';
import * as ext from './extensions.js';
import type { GeneralName } from './general-name.js';
import { decodePublicKey, keyDescription } from './key.js';
import { Name } from './name.js';
import { Oid, oidName } from './oids.js';
import { readTime } from './time.js';

/** An extension as received: `value` is the content of its OCTET STRING. */
export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/**
 * The largest certificate read. Real ones have 1 to 4 KiB, those with post-quantum keys under 20 KiB; the bound keeps
 * one file from costing more than its worth.
 */
export const MAX_CERTIFICATE_BYTES = 64 * 1024;

/** Real certificates have about ten extensions. */
export const MAX_EXTENSIONS = 64;

/**
 * An X.509 certificate over the received bytes, nothing decided: structure is checked strictly when it is decoded,
 * extensions when they are asked for. Whoever holds one knows what it claims, not whether that is true.
 *
 * Typed getters throw `ERR_CERT_EXTENSION_MALFORMED` when the extension is there and its value is not well-formed,
 * and return undefined when it is absent.
 */
export class Certificate {
  readonly raw: Uint8Array;
  /** The signed bytes, complete element. */
  readonly tbs: Uint8Array;
  /** 1, 2 or 3. */
  readonly version: number;
  /** Contents octets of the INTEGER. */
  readonly serialBytes: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo, complete element. */
  readonly spki: Uint8Array;
  /** The algorithm inside the signed part. */
  readonly tbsSignatureAlgorithm: AlgorithmIdentifier;
  /** The algorithm outside of it; path validation demands that both are the same (§4.1.1.2). */
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** Empty where the BIT STRING is not whole octets: no algorithm of ours makes such a signature, so none fits. */
  readonly signature: Uint8Array;
  readonly hasUniqueIds: boolean;
  readonly extensions: ReadonlyMap<string, Extension>;
  #typed = new Map<string, unknown>();
  #key: KeyObject | undefined;
  #fingerprint: string | undefined;
  #serial: string | undefined;

  private constructor(raw: Uint8Array) {
    this.raw = raw;
    const outer = DerReader.open(raw, Tag.SEQUENCE, 'certificate');
    const tbsTlv = outer.expect(Tag.SEQUENCE, 'tbsCertificate');
    this.tbs = outer.raw(tbsTlv);
    this.signatureAlgorithm = readAlgorithm(outer, 'signatureAlgorithm');
    const signature = outer.bitString('signatureValue');
    this.signature = signature.unused === 0 ? signature.bytes : new Uint8Array(0);
    outer.finish('certificate');

    const tbs = outer.inside(tbsTlv);
    this.version = readVersion(tbs);
    this.serialBytes = tbs.integerBytes('serialNumber');
    this.tbsSignatureAlgorithm = readAlgorithm(tbs, 'signature');
    this.issuer = Name.read(tbs, 'issuer');
    const validity = tbs.enter(Tag.SEQUENCE, 'validity');
    this.notBefore = readTime(validity, 'notBefore');
    this.notAfter = readTime(validity, 'notAfter');
    validity.finish('validity');
    this.subject = Name.read(tbs, 'subject');
    this.spki = tbs.raw(tbs.expect(Tag.SEQUENCE, 'subjectPublicKeyInfo'));
    const issuerId = readUniqueId(tbs, 1);
    this.hasUniqueIds = readUniqueId(tbs, 2) || issuerId;
    const extensions = tbs.enterOptional(context(3), 'extensions');
    this.extensions = extensions ? readExtensions(extensions) : new Map();
    tbs.finish('tbsCertificate');
    // §4.1.2.1, §4.1.2.8: later fields need the version that introduced them.
    if (extensions && this.version !== 3) throw versionError(this.version, 'extensions');
    if (this.hasUniqueIds && this.version === 1) throw versionError(this.version, 'unique identifiers');
  }

  /**
   * Decodes one certificate, strictly: DER, not a byte after it, no extension twice. Names inside are decoded now,
   * extension values when asked for.
   *
   * @throws {ModelsealError} `ERR_DER`, `ERR_CERT_TOO_LARGE`, `ERR_CERT_VERSION`, `ERR_CERT_EXTENSION_DUPLICATE`
   */
  static decode(der: Uint8Array): Certificate {
    if (der.length > MAX_CERTIFICATE_BYTES) {
      throw new ModelsealError('ERR_CERT_TOO_LARGE', { size: der.length, limit: MAX_CERTIFICATE_BYTES });
    }
    const certificate = new Certificate(der);
    // A malformed name is refused here, so that no later comparison can meet one.
    void certificate.issuer.rdns;
    void certificate.subject.rdns;
    return certificate;
  }

  /** Lower-case hexadecimal of the serial number's octets without leading zero octets; "-" before a negative one. */
  get serialNumber(): string {
    this.#serial ??= serialText(this.serialBytes);
    return this.#serial;
  }

  /** SHA-256 over the DER, hexadecimal. */
  get fingerprint(): string {
    this.#fingerprint ??= createHash('sha256').update(this.raw).digest('hex');
    return this.#fingerprint;
  }

  /** Short human name of this certificate for messages. */
  get label(): string {
    const name = this.subject.toString();
    return name === '' ? `serial ${this.serialNumber}` : name;
  }

  /** Issuer and subject are the same name (§3.2: self-issued; nothing said about the key). */
  get isSelfIssued(): boolean {
    return this.issuer.equals(this.subject);
  }

  /** @throws {ModelsealError} `ERR_CERT_KEY` where the key cannot be read */
  publicKey(): KeyObject {
    this.#key ??= decodePublicKey(this.spki);
    return this.#key;
  }

  /** `RSA-2048`, `EC P-256`, …, or `unreadable key`: a description never fails. */
  get keyDescription(): string {
    try {
      return keyDescription(this.publicKey());
    } catch (error) {
      if (isModelsealError(error, 'ERR_CERT_KEY')) return 'unreadable key';
      throw error;
    }
  }

  get basicConstraints(): ext.BasicConstraints | undefined {
    return this.#get(Oid.basicConstraints, ext.decodeBasicConstraints);
  }

  get keyUsage(): ReadonlySet<ext.KeyUsage> | undefined {
    return this.#get(Oid.keyUsage, ext.decodeKeyUsage);
  }

  /** Identifiers of purposes. */
  get extKeyUsage(): readonly string[] | undefined {
    return this.#get(Oid.extKeyUsage, ext.decodeExtKeyUsage);
  }

  get subjectAltName(): readonly GeneralName[] | undefined {
    return this.#get(Oid.subjectAltName, ext.decodeSubjectAltName);
  }

  get issuerAltName(): readonly GeneralName[] | undefined {
    return this.#get(Oid.issuerAltName, (value) => ext.decodeGeneralNames(value, 'issuerAltName'));
  }

  get subjectKeyIdentifier(): Uint8Array | undefined {
    return this.#get(Oid.subjectKeyIdentifier, ext.decodeSubjectKeyIdentifier);
  }

  get authorityKeyIdentifier(): ext.AuthorityKeyIdentifier | undefined {
    return this.#get(Oid.authorityKeyIdentifier, ext.decodeAuthorityKeyIdentifier);
  }

  get nameConstraints(): ext.NameConstraints | undefined {
    return this.#get(Oid.nameConstraints, ext.decodeNameConstraints);
  }

  get certificatePolicies(): ext.CertificatePolicies | undefined {
    return this.#get(Oid.certificatePolicies, ext.decodeCertificatePolicies);
  }

  get policyMappings(): readonly ext.PolicyMapping[] | undefined {
    return this.#get(Oid.policyMappings, ext.decodePolicyMappings);
  }

  get policyConstraints(): ext.PolicyConstraints | undefined {
    return this.#get(Oid.policyConstraints, ext.decodePolicyConstraints);
  }

  get inhibitAnyPolicy(): number | undefined {
    return this.#get(Oid.inhibitAnyPolicy, ext.decodeInhibitAnyPolicy);
  }

  get crlDistributionPoints(): readonly DistributionPoint[] | undefined {
    return this.#get(Oid.crlDistributionPoints, decodeDistributionPoints);
  }

  get freshestCrl(): readonly DistributionPoint[] | undefined {
    return this.#get(Oid.freshestCrl, decodeDistributionPoints);
  }

  get authorityInfoAccess(): readonly ext.AccessDescription[] | undefined {
    return this.#get(Oid.authorityInfoAccess, ext.decodeInfoAccess);
  }

  /** URIs of OCSP responders, as claimed. */
  get ocspUrls(): string[] {
    return this.#accessUrls(Oid.adOcsp);
  }

  /** URIs of certificates of the issuer, as claimed. */
  get caIssuersUrls(): string[] {
    return this.#accessUrls(Oid.adCaIssuers);
  }

  #accessUrls(method: string): string[] {
    return (this.authorityInfoAccess ?? []).flatMap(({ method: m, location }) =>
      m === method && location.type === 'uri' ? [location.value] : [],
    );
  }

  #get<T>(oid: string, decode: (value: Uint8Array) => T): T | undefined {
    const extension = this.extensions.get(oid);
    if (extension === undefined) return undefined;
    if (this.#typed.has(oid)) return this.#typed.get(oid) as T;
    try {
      const value = decode(extension.value);
      this.#typed.set(oid, value);
      return value;
    } catch (error) {
      if (!isModelsealError(error, 'ERR_DER')) throw error;
      throw new ModelsealError(
        'ERR_CERT_EXTENSION_MALFORMED',
        { certificate: this.label, extension: oidName(oid), problem: error.details.problem },
        { cause: error },
      );
    }
  }
}

function readVersion(tbs: DerReader): number {
  const explicit = tbs.enterOptional(context(0), 'version');
  if (!explicit) return 1;
  const version = explicit.smallInteger('version') + 1;
  explicit.finish('version');
  // v1 is the default and DER leaves defaults out (X.690 §11.5).
  if (version !== 2 && version !== 3) throw versionError(version, 'an explicit version field');
  return version;
}

function versionError(version: number, what: string): ModelsealError {
  return new ModelsealError('ERR_CERT_VERSION', { version, what });
}

function readUniqueId(tbs: DerReader, n: number): boolean {
  if (tbs.tag !== contextPrimitive(n)) return false;
  tbs.bitString('unique identifier', contextPrimitive(n));
  return true;
}

function readExtensions(explicit: DerReader): Map<string, Extension> {
  const list = explicit.enter(Tag.SEQUENCE, 'extensions');
  explicit.finish('extensions');
  return readExtensionList(list);
}

/**
 * The contents of an Extensions sequence: one or more, each identifier once (§4.2).
 *
 * @throws {ModelsealError} `ERR_DER`, `ERR_CERT_EXTENSION_DUPLICATE`
 */
export function readExtensionList(list: DerReader): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (list.done) throw new ModelsealError('ERR_DER', { problem: 'extensions is empty', offset: list.offset });
  while (!list.done) {
    const item = list.enter(Tag.SEQUENCE, 'extension');
    const oid = item.oid('extnID');
    const critical = ext.defaultFalse(item, 'critical');
    const value = item.octets('extnValue');
    item.finish('extension');
    if (extensions.has(oid))
      throw new ModelsealError('ERR_CERT_EXTENSION_DUPLICATE', { extension: oidName(oid) });
    if (extensions.size >= MAX_EXTENSIONS) {
      throw new ModelsealError('ERR_DER', {
        problem: `more than ${MAX_EXTENSIONS} extensions`,
        offset: list.offset,
      });
    }
    extensions.set(oid, { oid, critical, value });
  }
  return extensions;
}

/** Text of a serial number, see {@link Certificate.serialNumber}. */
export function serialText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  if ((bytes[0] ?? 0) >= 0x80)
    return `-${((1n << BigInt(8 * bytes.length)) - BigInt(`0x${hex}`)).toString(16)}`;
  return bytes.length > 1 && bytes[0] === 0 ? hex.slice(2) : hex;
}
