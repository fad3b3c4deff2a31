import { Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';

/** Where the entries lie, and what the list says about itself. */
export interface EntryLayout {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Readable name of the CRL issuer, for errors. */
  readonly issuer: string;
  /** Whether the issuing distribution point asserts indirectCRL: only then may entries name another issuer. */
  readonly indirect: boolean;
  /** Whether this is a delta CRL: only there may an entry be `removeFromCRL`. */
  readonly delta: boolean;
}

/** Last octet of the entry extensions of RFC 5280 §5.3, all `2.5.29.n`. */
const REASON = 21;
const HOLD_INSTRUCTION = 23;
const INVALIDITY_DATE = 24;
const CERTIFICATE_ISSUER = 29;

/** A serial number has at most 20 octets (RFC 5280 §4.1.2.2), one more is tolerated for a sign octet. */
const MAX_SERIAL_OCTETS = 21;

/**
 * Checks every entry of a CRL in one pass over the bytes, without an object per entry: strict DER, times, the form of
 * the known extensions, and no critical extension that is not understood (RFC 5280 §5.3: such a list must not be used,
 * for any certificate).
 */
export class EntryScanner {
  count = 0;
  readonly issuerChanges: number[] = [];
  readonly #layout: EntryLayout;
  readonly #bytes: Uint8Array;
  /** Contents of the element read last. */
  #content = 0;
  #end = 0;
  /** Contents of the current entry's serial number, for errors. */
  #serialAt = 0;
  #serialEnd = 0;

  constructor(layout: EntryLayout) {
    this.#layout = layout;
    this.#bytes = layout.bytes;
  }

  run(): void {
    const { start, end } = this.#layout;
    for (let at = start; at < end; at = this.#entry(at, end)) this.count++;
  }

  /** Returns the offset after the entry. */
  #entry(at: number, limit: number): number {
    this.#expect(Tag.SEQUENCE, at, limit);
    const end = this.#end;
    this.#expect(Tag.INTEGER, this.#content, end);
    this.#serialAt = this.#content;
    this.#serialEnd = this.#end;
    this.#serial();
    const time = this.#end;
    this.#time(time, end, 'revocationDate');
    if (this.#end < end) {
      this.#expect(Tag.SEQUENCE, this.#end, end);
      if (this.#end !== end) this.#fail('has data after its extensions');
      if (this.#content === this.#end) this.#fail('has an empty list of extensions');
      this.#extensions(at, this.#content, end);
    }
    return end;
  }

  #serial(): void {
    const length = this.#serialEnd - this.#serialAt;
    if (length === 0 || length > MAX_SERIAL_OCTETS) this.#fail(`has a serial number of ${length} octets`);
    const first = this.#bytes[this.#serialAt] as number;
    const second = this.#bytes[this.#serialAt + 1] as number;
    if (length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      this.#fail('has a serial number that is not in its shortest form');
    }
  }

  #extensions(entry: number, start: number, end: number): void {
    let known = 0;
    const others: string[] = [];
    for (let at = start; at < end; ) {
      this.#expect(Tag.SEQUENCE, at, end);
      const extensionEnd = this.#end;
      this.#expect(Tag.OID, this.#content, extensionEnd);
      const oidAt = this.#content;
      const oidEnd = this.#end;
      if (!this.#isOid(oidAt, oidEnd)) this.#fail('has an extension with a malformed identifier');
      let critical = false;
      if (this.#bytes[oidEnd] === Tag.BOOLEAN && oidEnd < extensionEnd) {
        this.#expect(Tag.BOOLEAN, oidEnd, extensionEnd);
        // FALSE is the default and DER leaves it out (X.690 §11.5).
        if (this.#end - this.#content !== 1 || this.#bytes[this.#content] !== 0xff) {
          this.#fail('has an extension whose critical flag is not DER');
        }
        critical = true;
      }
      this.#expect(Tag.OCTET_STRING, this.#end, extensionEnd);
      if (this.#end !== extensionEnd) this.#fail('has an extension with data after its value');
      const which = this.#knownExtension(oidAt, oidEnd);
      if (which === 0) {
        const oid = Buffer.from(this.#bytes.subarray(oidAt, oidEnd)).toString('hex');
        if (critical)
          throw new ModelsealError('ERR_CRL_ENTRY_EXTENSION_UNKNOWN', { issuer: this.#layout.issuer, oid });
        if (others.includes(oid)) this.#fail('carries an extension twice');
        others.push(oid);
        if (others.length > MAX_UNKNOWN_EXTENSIONS) this.#fail('has too many extensions');
      } else {
        const bit = 1 << which;
        if ((known & bit) !== 0) this.#fail('carries an extension twice');
        known |= bit;
        this.#known(which, entry, critical);
      }
      at = extensionEnd;
    }
  }

  /** Last arc of `2.5.29.n` where it is one of the four known extensions, else 0. */
  #knownExtension(at: number, end: number): number {
    if (end - at !== 3 || this.#bytes[at] !== 0x55 || this.#bytes[at + 1] !== 0x1d) return 0;
    const arc = this.#bytes[at + 2] as number;
    return arc === REASON || arc === HOLD_INSTRUCTION || arc === INVALIDITY_DATE || arc === CERTIFICATE_ISSUER
      ? arc
      : 0;
  }

  /** Contents of an OBJECT IDENTIFIER: whole arcs, each in its shortest form (X.690 §8.19.2). */
  #isOid(at: number, end: number): boolean {
    let fresh = true;
    for (let i = at; i < end; i++) {
      const octet = this.#bytes[i] as number;
      if (fresh && octet === 0x80) return false;
      fresh = octet < 0x80;
    }
    return fresh && end > at;
  }

  /** The value of a known extension lies in `#content`..`#end`. */
  #known(which: number, entry: number, critical: boolean): void {
    const at = this.#content;
    const end = this.#end;
    if (which === REASON) {
      this.#expect(Tag.ENUMERATED, at, end);
      const reason = this.#bytes[this.#content] as number;
      if (this.#end !== end || this.#end - this.#content !== 1 || reason > 10 || reason === 7) {
        this.#fail('has a reason code that does not exist');
      }
      if (reason === 8 && !this.#layout.delta) this.#fail('is removeFromCRL, which only a delta CRL may say');
    } else if (which === INVALIDITY_DATE) {
      if (this.#bytes[at] !== Tag.GENERALIZED_TIME) this.#fail('has an invalidityDate of the wrong type');
      this.#time(at, end, 'invalidityDate');
      if (this.#end !== end) this.#fail('has data after its invalidityDate');
    } else if (which === CERTIFICATE_ISSUER) {
      this.#expect(Tag.SEQUENCE, at, end);
      if (this.#end !== end || this.#content === end) this.#fail('has a malformed certificateIssuer');
      if (!critical) this.#fail('has a certificateIssuer that is not critical');
      if (!this.#layout.indirect) this.#fail('names another issuer although the CRL is not indirect');
      this.issuerChanges.push(entry);
    } else {
      this.#expect(Tag.OID, at, end);
      if (this.#end !== end || !this.#isOid(this.#content, end)) {
        this.#fail('has a malformed holdInstructionCode');
      }
    }
  }

  /** UTCTime until 2049 and GeneralizedTime from 2050 (§5.1.2.6); invalidityDate is always GeneralizedTime (§5.3.2). */
  #time(at: number, limit: number, what: 'revocationDate' | 'invalidityDate'): void {
    const general = this.#bytes[at] === Tag.GENERALIZED_TIME;
    this.#expect(general ? Tag.GENERALIZED_TIME : Tag.UTC_TIME, at, limit);
    const yearDigits = general ? 4 : 2;
    const from = this.#content;
    const month = from + yearDigits;
    let wrong = this.#end - from !== yearDigits + 11 || this.#bytes[this.#end - 1] !== 0x5a;
    for (let i = from; i < this.#end - 1 && !wrong; i++) {
      const octet = this.#bytes[i] as number;
      wrong = octet < 0x30 || octet > 0x39;
    }
    wrong ||= !this.#within(month, 1, 12) || !this.#within(month + 2, 1, 31);
    wrong ||= !this.#within(month + 4, 0, 23) || !this.#within(month + 6, 0, 59);
    wrong ||= !this.#within(month + 8, 0, 59);
    if (wrong) this.#fail(`has a malformed ${what}`);
    if (general && what === 'revocationDate') {
      const year = this.#pair(from) * 100 + this.#pair(from + 2);
      if (year < 2050) this.#fail(`encodes the year ${year} as GeneralizedTime`);
    }
  }

  #pair(at: number): number {
    return ((this.#bytes[at] as number) - 0x30) * 10 + ((this.#bytes[at + 1] as number) - 0x30);
  }

  #within(at: number, low: number, high: number): boolean {
    const value = this.#pair(at);
    return value >= low && value <= high;
  }

  /** Reads the header of one element strictly (X.690 §10.1); contents then lie in `#content`..`#end`. */
  #expect(tag: number, at: number, limit: number): void {
    if (at + 2 > limit || this.#bytes[at] !== tag) this.#malformed(`tag 0x${tag.toString(16)} expected`, at);
    const first = this.#bytes[at + 1] as number;
    let length = first;
    let content = at + 2;
    if (first >= 0x80) {
      const octets = first & 0x7f;
      if (octets === 0 || octets > 4 || content + octets > limit) this.#malformed('wrong length', at + 1);
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + (this.#bytes[content + i] as number);
      if (length < 0x80 || this.#bytes[content] === 0)
        this.#malformed('length is not in its shortest form', at + 1);
      content += octets;
    }
    if (content + length > limit) this.#malformed('element is longer than what encloses it', at);
    this.#content = content;
    this.#end = content + length;
  }

  #malformed(problem: string, offset: number): never {
    throw new ModelsealError('ERR_DER', { problem: `CRL entry: ${problem}`, offset });
  }

  #fail(problem: string): never {
    const serial = Buffer.from(
      this.#bytes.subarray(this.#serialAt, Math.min(this.#serialEnd, this.#serialAt + 32)),
    ).toString('hex');
    throw new ModelsealError('ERR_CRL_ENTRY', { issuer: this.#layout.issuer, serial, problem });
  }
}

/** More private extensions in one entry than this serve only to make the search for repeats slow. */
const MAX_UNKNOWN_EXTENSIONS = 16;
