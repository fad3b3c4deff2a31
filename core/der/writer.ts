import { Tag } from './tags.js';

/**
 * DER encoding by value: each function returns one complete element (X.690 §10, §11).
 * Callers pass trusted structure; lengths and minimal forms are this file's business.
 */
export function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of contents) length += part.length;
  const header = lengthOctets(length);
  const out = new Uint8Array(1 + header.length + length);
  out[0] = tag;
  out.set(header, 1);
  let at = 1 + header.length;
  for (const part of contents) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(Tag.SEQUENCE, ...parts);

/** SET OF: elements sorted by their encodings (X.690 §11.6). */
export const setOf = (...parts: readonly Uint8Array[]): Uint8Array =>
  element(Tag.SET, ...[...parts].sort((a, b) => Buffer.compare(a, b)));

export const boolean = (value: boolean): Uint8Array => element(Tag.BOOLEAN, Uint8Array.of(value ? 0xff : 0));

export const nullValue = (): Uint8Array => Uint8Array.of(Tag.NULL, 0);

export const octetString = (value: Uint8Array): Uint8Array => element(Tag.OCTET_STRING, value);

export const bitString = (value: Uint8Array, unused = 0): Uint8Array =>
  element(Tag.BIT_STRING, Uint8Array.of(unused), value);

/** Named-bit BIT STRING from bit numbers, trailing zero bits removed (X.690 §11.2.2). */
export function namedBits(bits: readonly number[]): Uint8Array {
  if (bits.length === 0) return bitString(new Uint8Array(0));
  const highest = Math.max(...bits);
  const bytes = new Uint8Array(Math.floor(highest / 8) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] as number) | (0x80 >> (bit & 7));
  return bitString(bytes, 7 - (highest & 7));
}

/** INTEGER from a number, a bigint, or unsigned big-endian bytes. */
export function integer(value: number | bigint | Uint8Array, tag: number = Tag.INTEGER): Uint8Array {
  return element(tag, value instanceof Uint8Array ? unsigned(value) : signed(BigInt(value)));
}

function unsigned(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const body = bytes.subarray(start);
  if (body.length === 0) return Uint8Array.of(0);
  return (body[0] as number) >= 0x80 ? Uint8Array.of(0, ...body) : body;
}

function signed(value: bigint): Uint8Array {
  const octets: number[] = [];
  let rest = value;
  do {
    octets.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (
    !((rest === 0n && (octets[0] as number) < 0x80) || (rest === -1n && (octets[0] as number) >= 0x80))
  );
  return Uint8Array.from(octets);
}

export function oid(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split('.').map(BigInt);
  if (first === undefined || second === undefined) throw new RangeError(`not an OID: ${dotted}`);
  const octets: number[] = [];
  for (const arc of [first * 40n + second, ...rest]) {
    const group: number[] = [Number(arc & 0x7fn)];
    for (let high = arc >> 7n; high > 0n; high >>= 7n) group.unshift(Number(high & 0x7fn) | 0x80);
    octets.push(...group);
  }
  return element(Tag.OID, Uint8Array.from(octets));
}

const text =
  (tag: number) =>
  (value: string): Uint8Array =>
    element(tag, Buffer.from(value, 'utf8'));
export const utf8String = text(Tag.UTF8_STRING);
/** Callers guarantee the character set. */
export const printableString = text(Tag.PRINTABLE_STRING);
export const ia5String = text(Tag.IA5_STRING);

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5); seconds always, fractions never. */
export function time(date: Date): Uint8Array {
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? element(Tag.UTC_TIME, Buffer.from(stamp(date).slice(2)))
    : generalizedTime(date);
}

export const generalizedTime = (date: Date): Uint8Array =>
  element(Tag.GENERALIZED_TIME, Buffer.from(stamp(date)));

const stamp = (date: Date): string => `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
