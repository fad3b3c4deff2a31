import { type ByteSource, findBytes } from '../../core/formats/source.js';

/** Longer strings are data, never the name of a module or attribute. */
export const MAX_NAME_BYTES = 1024;

const utf8 = new TextDecoder('utf-8');

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/**
 * The text of the string opcode at `offset`, decoded as Python's unpickler would.
 *
 * @returns Undefined where it is longer than {@link MAX_NAME_BYTES} or no string opcode stands there.
 */
export function stringAt(source: ByteSource, offset: number): string | undefined {
  const head = source.read(offset, MAX_NAME_BYTES * 4);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const counted = (length: number, start: number, decode: (b: Uint8Array) => string): string | undefined =>
    length > MAX_NAME_BYTES || start + length > head.length
      ? undefined
      : decode(head.subarray(start, start + length));
  const decodeUtf8 = (b: Uint8Array) => utf8.decode(b);
  switch (head[0]) {
    case 0x8c: // SHORT_BINUNICODE
      return head.length < 2 ? undefined : counted(head[1] ?? 0, 2, decodeUtf8);
    case 0x58: // BINUNICODE
      return head.length < 5 ? undefined : counted(view.getUint32(1, true), 5, decodeUtf8);
    case 0x8d: // BINUNICODE8
      return head.length < 9 ? undefined : counted(Number(view.getBigUint64(1, true)), 9, decodeUtf8);
    case 0x55: // SHORT_BINSTRING
      return head.length < 2 ? undefined : counted(head[1] ?? 0, 2, latin1);
    case 0x54: // BINSTRING
      return head.length < 5 ? undefined : counted(view.getUint32(1, true), 5, latin1);
    case 0x53: // STRING
    case 0x56: {
      // UNICODE
      const end = head.indexOf(10);
      if (end < 0) return undefined;
      const line = latin1(head.subarray(1, end));
      return head[0] === 0x53 ? unquote(line) : unescapeUnicode(line);
    }
    default:
      return undefined;
  }
}

/** Length of the string or bytes at `offset`; undefined where it is written in a line. */
export function lengthAt(source: ByteSource, offset: number): number | undefined {
  const head = source.read(offset, 9);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  switch (head[0]) {
    case 0x8c:
    case 0x55:
    case 0x43:
      return head[1] ?? 0;
    case 0x58:
    case 0x54:
    case 0x42:
      return head.length < 5 ? undefined : view.getUint32(1, true);
    case 0x8d:
    case 0x8e:
    case 0x96:
      return head.length < 9 ? undefined : Number(view.getBigUint64(1, true));
    default:
      return undefined;
  }
}

/** Offset and length of the payload of a bytes opcode. */
export function bytesAt(source: ByteSource, offset: number): { start: number; length: number } | undefined {
  const head = source.read(offset, 9);
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head[0] === 0x43 || head[0] === 0x55) return { start: offset + 2, length: head[1] ?? 0 };
  if (head[0] === 0x42 || head[0] === 0x54) {
    return head.length < 5 ? undefined : { start: offset + 5, length: view.getUint32(1, true) };
  }
  if (head[0] === 0x8e || head[0] === 0x96) {
    return head.length < 9 ? undefined : { start: offset + 9, length: Number(view.getBigUint64(1, true)) };
  }
  return undefined;
}

/** Longer strings are not decoded as a whole. */
const MAX_ENCODED = 1 << 28;

/** The bytes that a string opcode at `offset` stands for when it is encoded as Latin-1; undefined where it cannot be. */
export function latin1At(source: ByteSource, offset: number): Uint8Array | undefined {
  const text = wholeText(source, offset);
  return text === undefined || /[^\0-\xff]/.test(text) ? undefined : Buffer.from(text, 'latin1');
}

function wholeText(source: ByteSource, offset: number): string | undefined {
  const head = Uint8Array.from(source.read(offset, 9));
  const view = new DataView(head.buffer);
  const counted = (length: number, start: number): string | undefined =>
    length > MAX_ENCODED || offset + start + length > source.size
      ? undefined
      : utf8.decode(source.read(offset + start, length));
  if (head[0] === 0x8c && head.length >= 2) return counted(head[1] ?? 0, 2);
  if (head[0] === 0x58 && head.length >= 5) return counted(view.getUint32(1, true), 5);
  if (head[0] === 0x8d && head.length >= 9) return counted(Number(view.getBigUint64(1, true)), 9);
  if (head[0] !== 0x56) return undefined;
  const end = findBytes(source, Uint8Array.of(10), offset);
  return end < 0 || end - offset > MAX_ENCODED
    ? undefined
    : unescapeUnicode(latin1(source.read(offset + 1, end - offset - 1)));
}

/** Undoes what `repr` does to a Python 2 string: quotes and backslash escapes. */
export function unquote(line: string): string {
  const text = line.trim();
  const quoted = text.length >= 2 && (text[0] === '"' || text[0] === "'") && text.endsWith(text[0]);
  return (quoted ? text.slice(1, -1) : text).replace(
    /\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|\n|[\s\S])/g,
    (_all, code: string) => {
      if (code[0] === 'x' && code.length === 3)
        return String.fromCharCode(Number.parseInt(code.slice(1), 16));
      if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff);
      return ESCAPES[code] ?? (code === '\n' ? '' : code);
    },
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** Python's `raw-unicode-escape`: only `\uXXXX` and `\UXXXXXXXX` are escapes, all else is Latin-1. */
export function unescapeUnicode(line: string): string {
  return line.replace(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/g, (all, short: string, long: string) => {
    const code = Number.parseInt(short ?? long, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
