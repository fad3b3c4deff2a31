import { DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { type EntryLayout, EntryScanner } from './crl-entry-scanner.js';
import { type GeneralName, readGeneralNames } from './general-name.js';
import { readTime } from './time.js';

/** CRLReason (RFC 5280 §5.3.1) by number; 7 is not used. */
export const CRL_REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

export type RevocationReason = Exclude<(typeof CRL_REASONS)[number], undefined>;

/** One revoked certificate (RFC 5280 §5.3), decoded when it is looked up. */
export interface RevokedEntry {
  readonly revocationDate: Date;
  /** Absent when the list gives none, which RFC 5280 §5.3.1 equates with `unspecified`. */
  readonly reason?: RevocationReason;
  /** When the key is known or suspected to have been compromised (§5.3.2). */
  readonly invalidityDate?: Date;
  /** Issuer of the certificate in an indirect CRL (§5.3.3); absent where it is the CRL issuer. */
  readonly certificateIssuer?: readonly GeneralName[];
}

/**
 * The hash table of a list gives up when its entries need more steps than this on average. Random and consecutive
 * serial numbers need two; more means that serials were chosen to collide, to make reading quadratic.
 */
const MAX_PROBES_PER_ENTRY = 32;
/** Room for short lists, where an average says nothing. */
const MAX_PROBES_BASE = 4096;

/**
 * The revoked entries of one CRL. Entries stay the bytes they are; an open-addressing table of their offsets finds one
 * by serial number, so that a list of a million entries costs eight megabytes beside its own bytes.
 */
export class CrlEntries {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #table: Uint32Array;
  readonly #mask: number;
  /** Offsets of the entries with a certificateIssuer, ascending: each holds until the next (RFC 5280 §5.3.3). */
  readonly #issuerChanges: readonly number[];
  readonly #start: number;
  readonly #end: number;

  private constructor(layout: EntryLayout, scanner: EntryScanner) {
    this.#bytes = layout.bytes;
    this.#start = layout.start;
    this.#end = layout.end;
    this.count = scanner.count;
    this.#issuerChanges = scanner.issuerChanges;
    let size = 8;
    while (size < scanner.count * 2) size *= 2;
    this.#table = new Uint32Array(size);
    this.#mask = size - 1;
    this.#index(layout.issuer);
  }

  /**
   * Checks every entry and indexes them.
   *
   * @throws {ModelsealError} `ERR_DER`, `ERR_CRL_ENTRY`, `ERR_CRL_ENTRY_EXTENSION_UNKNOWN`, `ERR_CRL_ENTRY_REPEATED`
   */
  static scan(layout: EntryLayout): CrlEntries {
    const scanner = new EntryScanner(layout);
    scanner.run();
    return new CrlEntries(layout, scanner);
  }

  /** All entries in the order of the list, each with the contents octets of its serial number. */
  *[Symbol.iterator](): IterableIterator<readonly [serial: Uint8Array, entry: RevokedEntry]> {
    const outer = { content: 0, end: 0 };
    for (let at = this.#start; at < this.#end; at = outer.end) {
      header(this.#bytes, at, outer);
      const entry = new DerReader(this.#bytes, at, this.#end).enter(Tag.SEQUENCE, 'CRL entry');
      yield [entry.integerBytes('serial number'), this.#decode(entry, at)];
    }
  }

  /** The entries with this serial number; more than one only in an indirect CRL, for different issuers. */
  find(serial: Uint8Array): RevokedEntry[] {
    const found: RevokedEntry[] = [];
    if (this.count === 0) return found;
    let slot = hash(serial, 0, serial.length) & this.#mask;
    for (let offset = this.#table[slot]; offset; offset = this.#table[slot]) {
      const entry = new DerReader(this.#bytes, offset, this.#end).enter(Tag.SEQUENCE, 'CRL entry');
      if (Buffer.compare(entry.integerBytes('serial number'), serial) === 0) {
        found.push(this.#decode(entry, offset));
      }
      slot = (slot + 1) & this.#mask;
    }
    return found;
  }

  #decode(entry: DerReader, offset: number): RevokedEntry {
    const revocationDate = readTime(entry, 'revocationDate');
    const own = readEntryExtensions(entry);
    const certificateIssuer = own.certificateIssuer ?? this.#issuerBefore(offset);
    return { revocationDate, ...own, ...(certificateIssuer ? { certificateIssuer } : {}) };
  }

  #issuerBefore(offset: number): readonly GeneralName[] | undefined {
    const at = this.#issuerChanges[this.#changesUpTo(offset) - 1];
    if (at === undefined) return undefined;
    const entry = new DerReader(this.#bytes, at, this.#end).enter(Tag.SEQUENCE, 'CRL entry');
    entry.integerBytes('serial number');
    entry.next();
    return readEntryExtensions(entry).certificateIssuer;
  }

  #index(issuer: string): void {
    const bytes = this.#bytes;
    const outer = { content: 0, end: 0 };
    let probes = MAX_PROBES_BASE + MAX_PROBES_PER_ENTRY * this.count;
    for (let at = this.#start; at < this.#end; at = outer.end) {
      header(bytes, at, outer);
      const entryEnd = outer.end;
      const serialAt = outer.content;
      header(bytes, serialAt, outer);
      const from = outer.content;
      const length = outer.end - from;
      outer.end = entryEnd;
      let slot = hash(bytes, from, length) & this.#mask;
      for (let other = this.#table[slot]; other; other = this.#table[slot]) {
        if (this.#sameSerial(other, from, length) && !this.#differentIssuers(other, at)) {
          throw new ModelsealError('ERR_CRL_ENTRY_REPEATED', { issuer, serial: hex(bytes, from, length) });
        }
        if (--probes < 0) {
          const problem = 'serial numbers are chosen to collide';
          throw new ModelsealError('ERR_CRL_ENTRY', { issuer, serial: hex(bytes, from, length), problem });
        }
        slot = (slot + 1) & this.#mask;
      }
      this.#table[slot] = at;
    }
  }

  #sameSerial(entry: number, from: number, length: number): boolean {
    const place = { content: 0, end: 0 };
    header(this.#bytes, entry, place);
    header(this.#bytes, place.content, place);
    if (place.end - place.content !== length) return false;
    for (let i = 0; i < length; i++) {
      if (this.#bytes[place.content + i] !== this.#bytes[from + i]) return false;
    }
    return true;
  }

  /** Whether a change of the certificate issuer lies between two entries of an indirect CRL. */
  #differentIssuers(earlier: number, later: number): boolean {
    return this.#changesUpTo(earlier) !== this.#changesUpTo(later);
  }

  /** How many entries up to this one name a certificate issuer. */
  #changesUpTo(offset: number): number {
    let low = 0;
    let high = this.#issuerChanges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#issuerChanges[middle] as number) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Reads `header` of an element that the scanner has already checked. */
function header(bytes: Uint8Array, at: number, into: { content: number; end: number }): void {
  const first = bytes[at + 1] as number;
  if (first < 0x80) {
    into.content = at + 2;
    into.end = at + 2 + first;
    return;
  }
  const octets = first & 0x7f;
  let length = 0;
  for (let i = 0; i < octets; i++) length = length * 256 + (bytes[at + 2 + i] as number);
  into.content = at + 2 + octets;
  into.end = into.content + length;
}

/** FNV-1a with a final mix: consecutive and random serials both spread. */
function hash(bytes: Uint8Array, from: number, length: number): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < length; i++) value = Math.imul(value ^ (bytes[from + i] as number), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}

const hex = (bytes: Uint8Array, from: number, length: number): string =>
  Buffer.from(bytes.subarray(from, from + Math.min(length, 32))).toString('hex');

/** The extensions of an entry whose form the scanner has checked already. */
function readEntryExtensions(
  entry: DerReader,
): Pick<RevokedEntry, 'reason' | 'invalidityDate' | 'certificateIssuer'> {
  const found: {
    reason?: RevocationReason;
    invalidityDate?: Date;
    certificateIssuer?: readonly GeneralName[];
  } = {};
  if (entry.done) return found;
  const list = entry.enter(Tag.SEQUENCE, 'CRL entry extensions');
  while (!list.done) {
    const extension = list.enter(Tag.SEQUENCE, 'CRL entry extension');
    const oid = extension.oid('extension');
    if (extension.tag === Tag.BOOLEAN) extension.boolean('critical');
    const value = new DerReader(extension.octets('extension value'));
    if (oid === '2.5.29.21') {
      const reason = CRL_REASONS[value.smallInteger('reasonCode', Tag.ENUMERATED)];
      if (reason) found.reason = reason;
    } else if (oid === '2.5.29.24') {
      found.invalidityDate = readTime(value, 'invalidityDate');
    } else if (oid === '2.5.29.29') {
      found.certificateIssuer = readGeneralNames(
        value.enter(Tag.SEQUENCE, 'certificateIssuer'),
        'certificateIssuer',
      );
    }
  }
  return found;
}
