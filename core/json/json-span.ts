import { randomBytes } from 'node:crypto';
import { type Json, type JsonLimits, parseStrictJson } from './strict-json.js';
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './octets.js';

/** A range of bytes, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Parses JSON but for one value, which may be most of it, and is read by other means.
 *
 * @param hole The value. Whether it is well-formed is for the caller to know.
 * @returns The rest, with a string in place of the value that no author of the text could foresee.
 * @throws {ModelsealError} like `parseStrictJson`, with offsets that mean nothing
 */
export function parseAround(
  bytes: Uint8Array,
  hole: Span,
  limits: JsonLimits,
): { readonly json: Json; readonly placeholder: string } {
  const placeholder = randomBytes(16).toString('hex');
  const parts = [bytes.subarray(0, hole.start), Buffer.from(`"${placeholder}"`), bytes.subarray(hole.end)];
  return { json: parseStrictJson(Buffer.concat(parts), limits), placeholder };
}

/**
 * Finds the first member of the given name in an object, in the object that is this member's value, and so on. A guess
 * about text that was not parsed: what it finds is proven by {@link parseAround}.
 *
 * @returns Where its value begins, or undefined.
 */
export function findMember(bytes: Uint8Array, path: readonly string[]): number | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = skipSpace(buffer, 0);
  for (const key of path) {
    const value = memberOf(buffer, at, Buffer.from(`"${key}"`));
    if (value === undefined) return undefined;
    at = value;
  }
  return at;
}

function memberOf(bytes: Buffer, object: number, key: Buffer): number | undefined {
  if (bytes[object] !== OPEN_OBJECT) return undefined;
  let at = object + 1;
  for (;;) {
    at = skipSpace(bytes, at);
    if (bytes[at] !== QUOTE) return undefined;
    const end = skipValue(bytes, at);
    const found = end - at === key.length && bytes.compare(key, 0, key.length, at, end) === 0;
    at = skipSpace(bytes, end);
    if (bytes[at] !== COLON) return undefined;
    at = skipSpace(bytes, at + 1);
    if (found) return at;
    at = skipSpace(bytes, skipValue(bytes, at));
    if (bytes[at++] !== COMMA) return undefined;
  }
}

export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

/** Where a value ends, or the text does. */
function skipValue(bytes: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at++) {
    const c = bytes[at];
    if (c === QUOTE) {
      at = closingQuote(bytes, at + 1);
      if (depth === 0) return Math.min(at + 1, bytes.length);
    } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      depth++;
    } else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) {
      // The end of what surrounds a bare word, or of the value itself.
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (c === COMMA && depth === 0) {
      return at;
    }
  }
  return bytes.length;
}

function closingQuote(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
