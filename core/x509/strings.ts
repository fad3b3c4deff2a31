import { Tag } from '../der/index.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Text of an ASN.1 string type, or undefined where the type is no string or its octets are not valid in it.
 * TeletexString is read as Latin-1, as every implementation does that met T.61 in certificates.
 */
export function decodeString(tag: number, bytes: Uint8Array): string | undefined {
  const text = decode(tag, bytes);
  // A NUL ends a text for some readers and not for others: such a value is compared by its octets only.
  return text?.includes('\0') ? undefined : text;
}

function decode(tag: number, bytes: Uint8Array): string | undefined {
  switch (tag) {
    case Tag.UTF8_STRING:
      try {
        return utf8.decode(bytes);
      } catch {
        return undefined;
      }
    case Tag.PRINTABLE_STRING:
    case Tag.IA5_STRING:
    case Tag.NUMERIC_STRING:
    case Tag.VISIBLE_STRING:
      return ascii(bytes);
    case Tag.TELETEX_STRING:
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    case Tag.BMP_STRING:
      return bmp(bytes);
    case Tag.UNIVERSAL_STRING:
      return universal(bytes);
    default:
      return undefined;
  }
}

/** ASCII text, or undefined where an octet has its high bit set. */
export function ascii(bytes: Uint8Array): string | undefined {
  for (const octet of bytes) if (octet >= 0x80) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function bmp(bytes: Uint8Array): string | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  let text = '';
  for (let i = 0; i < bytes.length; i += 2) {
    text += String.fromCharCode(((bytes[i] as number) << 8) | (bytes[i + 1] as number));
  }
  return isWellFormed(text) ? text : undefined;
}

function universal(bytes: Uint8Array): string | undefined {
  if (bytes.length % 4 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = '';
  for (let i = 0; i < bytes.length; i += 4) {
    const point = view.getUint32(i);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}

function isWellFormed(text: string): boolean {
  return !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
}

/**
 * Prepares text for caseIgnoreMatch (RFC 5280 §7.1, RFC 4518): map, fold case, normalise to NFKC, then drop
 * leading and trailing spaces and turn inner runs of space into one.
 */
export function prepareString(text: string): string {
  // Almost every name of the world is ASCII; the general way costs ten times as much.
  if (/^[\x20-\x7e]*$/.test(text)) return squeeze(text.toLowerCase());
  const mapped = text
    .replace(/\u00AD|\u034F|\u1806|[\u180B-\u180D]|\u200B|\u2060|[\uFE00-\uFE0F]|\uFEFF|\uFFFC/g, '')
    .replace(/[\t\n\v\f\r\u0085]|\p{Z}/gu, ' ')
    .replace(/\p{Cc}|\p{Cf}/gu, '');
  return squeeze(foldCase(foldCase(mapped).normalize('NFKC')).normalize('NFKC'));
}

function squeeze(text: string): string {
  return text.replace(/ +/g, ' ').replace(/^ | $/g, '');
}

/** Unicode full case folding, one code point at a time so that no context (final sigma) plays in. */
function foldCase(text: string): string {
  let out = '';
  for (const c of text) {
    // Upper-casing the dotless i would make it equal to i, which folding does not.
    out += c === '\u0131' ? c : c.toUpperCase().toLowerCase();
  }
  return out;
}
