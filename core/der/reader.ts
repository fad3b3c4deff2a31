import { ModelsealError } from '../errors/index.js';
import { Tag } from './tags.js';

/** One element: `bytes[start, end)` is the whole TLV, `bytes[content, end)` its contents octets. */
export interface Tlv {
  readonly tag: number;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

function malformed(problem: string, offset: number): never {
  throw new ModelsealError('ERR_DER', { problem, offset });
}

/**
 * Reads one DER element (X.690 §8.1, §10.1): definite, minimal length, single-octet tag.
 *
 * @throws {ModelsealError} `ERR_DER`
 */
export function readTlv(bytes: Uint8Array, start: number, limit: number): Tlv {
  if (start + 2 > limit) malformed('element is cut short', start);
  const tag = bytes[start] as number;
  if ((tag & 0x1f) === 0x1f) malformed('multi-octet tags are not used in X.509', start);
  const first = bytes[start + 1] as number;
  let content = start + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0) malformed('indefinite length', start + 1);
    // Four octets address 4 GiB, more than any limit of ours.
    if (octets > 4) malformed('length of more than four octets', start + 1);
    if (content + octets > limit) malformed('length is cut short', start + 1);
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[content + i] as number);
    content += octets;
    if (length < 0x80 || bytes[start + 2] === 0) malformed('length is not in its shortest form', start + 1);
  }
  const end = content + length;
  if (end > limit) malformed('element is longer than what encloses it', start);
  return { tag, start, content, end };
}

/**
 * A cursor over DER contents. It never looks past its own end and never copies: slices are views of `bytes`.
 * Every method throws `ERR_DER` with the byte offset when the input is not what was asked for.
 */
export class DerReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  #at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.#at = start;
    this.end = end;
  }

  /** Opens a complete object: one element with `tag` and not one byte after it. */
  static open(bytes: Uint8Array, tag: number, what: string): DerReader {
    const outer = new DerReader(bytes);
    const inner = outer.enter(tag, what);
    outer.finish(what);
    return inner;
  }

  /** Offset of the next element. */
  get offset(): number {
    return this.#at;
  }

  get done(): boolean {
    return this.#at >= this.end;
  }

  /** Identifier octet of the next element, or -1 at the end. */
  get tag(): number {
    return this.done ? -1 : (this.bytes[this.#at] as number);
  }

  next(): Tlv {
    const tlv = readTlv(this.bytes, this.#at, this.end);
    this.#at = tlv.end;
    return tlv;
  }

  expect(tag: number, what: string): Tlv {
    if (this.tag !== tag)
      malformed(`${what}: found ${this.#found()} instead of tag 0x${tag.toString(16)}`, this.#at);
    return this.next();
  }

  /** A reader over the contents of the next element. */
  enter(tag: number, what: string): DerReader {
    return this.inside(this.expect(tag, what));
  }

  /** Like {@link enter} where the element may be absent. */
  enterOptional(tag: number, what: string): DerReader | undefined {
    return this.tag === tag ? this.enter(tag, what) : undefined;
  }

  /** A reader over the contents of an element already read. */
  inside(tlv: Tlv): DerReader {
    return new DerReader(this.bytes, tlv.content, tlv.end);
  }

  contents(tlv: Tlv): Uint8Array {
    return this.bytes.subarray(tlv.content, tlv.end);
  }

  /** The whole element, header included: what a signature covers. */
  raw(tlv: Tlv): Uint8Array {
    return this.bytes.subarray(tlv.start, tlv.end);
  }

  finish(what: string): void {
    if (!this.done) malformed(`${what}: ${this.end - this.#at} bytes too many`, this.#at);
  }

  /** Contents of an OCTET STRING. */
  octets(what: string, tag: number = Tag.OCTET_STRING): Uint8Array {
    return this.contents(this.expect(tag, what));
  }

  /** Contents octets of an INTEGER, two's complement, minimal (X.690 §8.3.2). */
  integerBytes(what: string, tag: number = Tag.INTEGER): Uint8Array {
    const tlv = this.expect(tag, what);
    const value = this.contents(tlv);
    if (value.length === 0) malformed(`${what}: empty INTEGER`, tlv.start);
    if (value.length > 1) {
      const [a, b] = value as unknown as [number, number];
      if ((a === 0 && b < 0x80) || (a === 0xff && b >= 0x80)) {
        malformed(`${what}: INTEGER is not in its shortest form`, tlv.start);
      }
    }
    return value;
  }

  /** A non-negative INTEGER below 2^31, as the small numbers of X.509 are. */
  smallInteger(what: string, tag: number = Tag.INTEGER): number {
    const at = this.#at;
    const value = this.integerBytes(what, tag);
    if ((value[0] as number) >= 0x80) malformed(`${what}: negative`, at);
    if (value.length > 4) malformed(`${what}: larger than any meaningful value`, at);
    let n = 0;
    for (const octet of value) n = n * 256 + octet;
    return n;
  }

  /** BOOLEAN with the two values DER allows (X.690 §11.1). */
  boolean(what: string, tag: number = Tag.BOOLEAN): boolean {
    const tlv = this.expect(tag, what);
    const value = this.bytes[tlv.content];
    if (tlv.end - tlv.content !== 1 || (value !== 0 && value !== 0xff)) {
      malformed(`${what}: BOOLEAN is neither 00 nor FF`, tlv.start);
    }
    return value === 0xff;
  }

  null(what: string): void {
    const tlv = this.expect(Tag.NULL, what);
    if (tlv.content !== tlv.end) malformed(`${what}: NULL with contents`, tlv.start);
  }

  /** Dotted decimal form of an OBJECT IDENTIFIER (X.690 §8.19). */
  oid(what: string, tag: number = Tag.OID): string {
    const tlv = this.expect(tag, what);
    const length = tlv.end - tlv.content;
    if (length === 0 || length > MAX_OID_OCTETS) malformed(`${what}: OID of ${length} octets`, tlv.start);
    const arcs: string[] = [];
    let arc = 0;
    // Arcs beyond the exact integers, such as those made from UUIDs, continue in big integers, which cost ten times more.
    let wide: bigint | undefined;
    let fresh = true;
    for (let i = tlv.content; i < tlv.end; i++) {
      const octet = this.bytes[i] as number;
      if (fresh && octet === 0x80) malformed(`${what}: OID arc is not in its shortest form`, i);
      if (wide === undefined && arc > MAX_PLAIN_ARC) wide = BigInt(arc);
      if (wide === undefined) arc = arc * 128 + (octet & 0x7f);
      else wide = (wide << 7n) | BigInt(octet & 0x7f);
      fresh = octet < 0x80;
      if (!fresh) continue;
      if (arcs.length === 0) {
        const root = wide !== undefined || arc >= 80 ? 2 : arc < 40 ? 0 : 1;
        arcs.push(String(root), String(wide === undefined ? arc - root * 40 : wide - 80n));
      } else {
        arcs.push(String(wide ?? arc));
      }
      arc = 0;
      wide = undefined;
    }
    if (!fresh) malformed(`${what}: OID ends inside an arc`, tlv.start);
    return arcs.join('.');
  }

  /** BIT STRING as bytes plus the count of unused bits, which must be zero bits (X.690 §8.6, §11.2.1). */
  bitString(
    what: string,
    tag: number = Tag.BIT_STRING,
  ): { readonly unused: number; readonly bytes: Uint8Array } {
    const tlv = this.expect(tag, what);
    const value = this.contents(tlv);
    const unused = value[0];
    if (unused === undefined || unused > 7 || (value.length === 1 && unused !== 0)) {
      malformed(`${what}: wrong count of unused bits`, tlv.start);
    }
    const last = value[value.length - 1] as number;
    if (unused > 0 && (last & ((1 << unused) - 1)) !== 0)
      malformed(`${what}: unused bits are set`, tlv.start);
    return { unused, bytes: value.subarray(1) };
  }

  #found(): string {
    return this.done ? 'the end' : `tag 0x${this.tag.toString(16)}`;
  }
}

/** The longest OID in use is under 30 octets; a bound keeps BigInt arithmetic cheap on hostile input. */
const MAX_OID_OCTETS = 128;

/** One more octet keeps such a number exact: 2^46 times 128 is 2^53. */
const MAX_PLAIN_ARC = 2 ** 46 - 1;
