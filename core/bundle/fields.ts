import { ModelsealError } from '../errors/index.js';
import type { Json } from '../json/strict-json.js';

export type JsonObject = { readonly [key: string]: Json };

/** Strict readers of JSON fields; `at` is the path of the object, for errors. */

export function object(value: Json | undefined, field: string): JsonObject {
  if (value === undefined) throw new ModelsealError('ERR_BUNDLE_FIELD_MISSING', { field });
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw wrong(field, 'an object');
  return value;
}

export function array(value: Json | undefined, field: string): readonly Json[] {
  if (value === undefined) throw new ModelsealError('ERR_BUNDLE_FIELD_MISSING', { field });
  if (!Array.isArray(value)) throw wrong(field, 'an array');
  return value;
}

export function string(value: Json | undefined, field: string): string {
  if (value === undefined) throw new ModelsealError('ERR_BUNDLE_FIELD_MISSING', { field });
  if (typeof value !== 'string') throw wrong(field, 'a string');
  return value;
}

export function nonEmpty(value: Json | undefined, field: string): string {
  const text = string(value, field);
  if (text === '') throw wrong(field, 'a non-empty string');
  return text;
}

export function boolean(value: Json | undefined, field: string): boolean {
  if (value === undefined) throw new ModelsealError('ERR_BUNDLE_FIELD_MISSING', { field });
  if (typeof value !== 'boolean') throw wrong(field, 'true or false');
  return value;
}

/** Base64 of RFC 4648 §4 in its one canonical spelling. */
export function base64(value: Json | undefined, field: string): Uint8Array {
  const text = nonEmpty(value, field);
  const bytes = Buffer.from(text, 'base64');
  if (!isCanonical(text, bytes)) throw new ModelsealError('ERR_BUNDLE_BASE64', { field });
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Encoded again in parts, a whole number of groups each: a payload may be tens of megabytes. */
const PART_BYTES = 3 * 16384;
const PART_TEXT = 4 * 16384;

function isCanonical(text: string, bytes: Buffer): boolean {
  let at = 0;
  for (let start = 0; start < bytes.length; start += PART_BYTES) {
    const part = bytes.toString('base64', start, start + PART_BYTES);
    if (!text.startsWith(part, at)) return false;
    at += part.length;
  }
  return at === text.length;
}

/**
 * The same, read from bytes of a text and in parts, behind bytes that are put first.
 *
 * @returns The whole buffer, `first` included; undefined for anything but canonical base64, or nothing.
 */
export function base64After(
  text: Uint8Array,
  first: (length: number) => Uint8Array,
): { readonly all: Uint8Array; readonly decoded: Uint8Array } | undefined {
  const from = Buffer.from(text.buffer, text.byteOffset, text.length);
  if (text.length === 0 || text.length % 4 !== 0) return undefined;
  const padding = from.at(-1) !== PAD ? 0 : from.at(-2) !== PAD ? 1 : 2;
  const length = (text.length / 4) * 3 - padding;
  const head = first(length);
  const all = Buffer.allocUnsafeSlow(head.length + length);
  all.set(head);
  for (let at = 0, to = head.length; at < from.length; at += PART_TEXT, to += PART_BYTES) {
    const part = from.toString('latin1', at, at + PART_TEXT);
    all.write(part, to, 'base64');
    // Decoding skips what is no base64, and leaves less than what was asked for; written again, it is another text.
    if (all.toString('base64', to, Math.min(to + PART_BYTES, all.length)) !== part) return undefined;
  }
  return { all, decoded: all.subarray(head.length) };
}

const PAD = 0x3d;

export function only(value: JsonObject, field: string, allowed: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !allowed.includes(key));
  if (unknown !== undefined) {
    throw new ModelsealError('ERR_BUNDLE_FIELD_UNKNOWN', { field: join(field, unknown.slice(0, 64)) });
  }
}

export const join = (field: string, key: string | number): string =>
  typeof key === 'number' ? `${field}[${key}]` : field === '' ? key : `${field}.${key}`;

export function wrong(field: string, expected: string): ModelsealError {
  return new ModelsealError('ERR_BUNDLE_FIELD_TYPE', { field, expected });
}

export function bounded(what: string, count: number, limit: number): void {
  if (count > limit) throw new ModelsealError('ERR_BUNDLE_TOO_MANY', { what, count, limit });
}
