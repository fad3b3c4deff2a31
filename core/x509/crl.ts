import { createHash } from 'node:crypto';
import { context, DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.js';
import { CrlEntries, type RevokedEntry } from './crl-entries.js';
import { type CrlExtensions, type IssuingDistributionPoint, readCrlExtensions } from './crl-extensions.js';
import type { DistributionPoint } from './distribution-point.js';
import { Name, sameBytes } from './name.js';
import { isoTime, readTime } from './time.js';

export { CRL_REASONS, type RevocationReason, type RevokedEntry } from './crl-entries.js';
export type { IssuingDistributionPoint } from './crl-extensions.js';

/**
 * The largest CRL that is read. The largest lists in public use have some tens of megabytes (about a million entries);
 * the bound keeps a hostile file from filling the memory.
 */
export const MAX_CRL_BYTES = 128 * 1024 * 1024;

/**
 * A certificate revocation list (RFC 5280 §5), decoded strictly and kept as the bytes received. Decoding proves
 * nothing: whether a list may be believed for a certificate is decided by whoever knows the path (§6.3).
 */
export class CertificateList {
  readonly raw: Uint8Array;
  /** The bytes that the signature covers. */
  readonly tbs: Uint8Array;
  readonly issuer: Name;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** Empty where the BIT STRING is not whole octets: no algorithm of ours makes such a signature, so none fits. */
  readonly signature: Uint8Array;
  readonly #extensions: CrlExtensions;
  readonly #entries: CrlEntries;
  #fingerprint: string | undefined;

  private constructor(raw: Uint8Array) {
    if (raw.length > MAX_CRL_BYTES) {
      throw new ModelsealError('ERR_CRL_TOO_LARGE', { size: raw.length, limit: MAX_CRL_BYTES });
    }
    this.raw = raw;
    const outer = DerReader.open(raw, Tag.SEQUENCE, 'CRL');
    const tbs = outer.expect(Tag.SEQUENCE, 'tbsCertList');
    this.tbs = outer.raw(tbs);
    this.signatureAlgorithm = readAlgorithm(outer, 'signatureAlgorithm');
    const signature = outer.bitString('signature');
    this.signature = signature.unused === 0 ? signature.bytes : new Uint8Array(0);
    outer.finish('CRL');

    const list = outer.inside(tbs);
    const version = readVersion(list);
    const inner = readAlgorithm(list, 'signature');
    const name = list.expect(Tag.SEQUENCE, 'issuer');
    this.issuer = Name.decode(list.raw(name));
    const issuer = this.issuer.toString();
    // RFC 5280 §5.1.1.2: both fields must say the same, so that the algorithm itself is signed.
    if (!sameBytes(inner.raw, this.signatureAlgorithm.raw)) {
      throw new ModelsealError('ERR_CRL_ALGORITHM_MISMATCH', { issuer });
    }
    this.thisUpdate = readUpdate(list, 'thisUpdate');
    if (!startsTime(list)) {
      throw new ModelsealError('ERR_CRL_NO_NEXT_UPDATE', { issuer });
    }
    this.nextUpdate = readUpdate(list, 'nextUpdate');
    if (this.nextUpdate < this.thisUpdate) {
      const thisUpdate = isoTime(this.thisUpdate);
      throw new ModelsealError('ERR_CRL_DATES', { issuer, thisUpdate, nextUpdate: isoTime(this.nextUpdate) });
    }
    const revoked = list.tag === Tag.SEQUENCE ? list.next() : undefined;
    const extensions = list.enterOptional(context(0), 'crlExtensions');
    list.finish('tbsCertList');
    if (version === 1 && extensions)
      throw new ModelsealError('ERR_CRL_VERSION', { problem: 'it is a version 1 list with extensions' });
    this.#extensions = readCrlExtensions(extensions, issuer);
    const { issuingDistributionPoint, baseNumber } = this.#extensions;
    this.#entries = CrlEntries.scan({
      bytes: raw,
      start: revoked?.content ?? 0,
      end: revoked?.end ?? 0,
      issuer,
      indirect: issuingDistributionPoint?.indirectCrl ?? false,
      delta: baseNumber !== undefined,
    });
  }

  /**
   * @param der One complete CertificateList and nothing after it, at most {@link MAX_CRL_BYTES}. Untrusted.
   * @throws {ModelsealError} `ERR_DER`, `ERR_CRL_*`
   */
  static decode(der: Uint8Array): CertificateList {
    return new CertificateList(der);
  }

  /** CRL number (§5.2.3); undefined in lists that are in no sequence, as those of version 1. */
  get number(): bigint | undefined {
    return this.#extensions.number;
  }

  /** Number of the complete CRL that this delta CRL builds on (§5.2.4); undefined for a complete CRL. */
  get baseNumber(): bigint | undefined {
    return this.#extensions.baseNumber;
  }

  get isDelta(): boolean {
    return this.#extensions.baseNumber !== undefined;
  }

  get issuingDistributionPoint(): IssuingDistributionPoint | undefined {
    return this.#extensions.issuingDistributionPoint;
  }

  /** Contents of the authority key identifier's keyIdentifier (§5.2.1). */
  get authorityKeyId(): Uint8Array | undefined {
    return this.#extensions.authorityKeyId;
  }

  /** The whole authority key identifier extension, for the comparison of a delta CRL with its base (§5.2.4). */
  get authorityKeyIdentifierRaw(): Uint8Array | undefined {
    return this.#extensions.authorityKeyIdentifierRaw;
  }

  /** Where delta CRLs of this list are published (§5.2.6). */
  get freshestCrl(): readonly DistributionPoint[] {
    return this.#extensions.freshestCrl;
  }

  /** Revoked certificates that expired since this time are still listed (X.509 expiredCertsOnCRL). */
  get expiredCertificatesSince(): Date | undefined {
    return this.#extensions.expiredCertificatesSince;
  }

  get entryCount(): number {
    return this.#entries.count;
  }

  /** SHA-256 over the DER, hexadecimal. */
  get fingerprint(): string {
    this.#fingerprint ??= createHash('sha256').update(this.raw).digest('hex');
    return this.#fingerprint;
  }

  /** All entries in the order of the list, by the contents octets of their serial numbers. */
  get entries(): Iterable<readonly [serial: Uint8Array, entry: RevokedEntry]> {
    return this.#entries;
  }

  /** The entries of a serial number, given as the contents octets of its INTEGER. */
  find(serial: Uint8Array): RevokedEntry[] {
    return this.#entries.find(serial);
  }
}

/**
 * Version 2, or 1, which has no field for it (§5.1.2.1): a list of version 1 is complete and without extensions, and what
 * it names is revoked.
 */
function readVersion(list: DerReader): 1 | 2 {
  if (list.tag !== Tag.INTEGER) return 1;
  const version = list.integerBytes('version');
  if (version.length !== 1 || version[0] !== 1) {
    throw new ModelsealError('ERR_CRL_VERSION', { problem: 'it is not version 1 or 2' });
  }
  return 2;
}

/** UTCTime until 2049, GeneralizedTime from 2050 (§5.1.2.4, §5.1.2.5). */
function readUpdate(list: DerReader, what: string): Date {
  const offset = list.offset;
  const generalized = list.tag === Tag.GENERALIZED_TIME;
  const date = readTime(list, what);
  if (generalized && date.getUTCFullYear() < 2050) {
    throw new ModelsealError('ERR_DER', { problem: `${what}: GeneralizedTime before 2050`, offset });
  }
  return date;
}

const startsTime = (list: DerReader): boolean =>
  list.tag === Tag.UTC_TIME || list.tag === Tag.GENERALIZED_TIME;
