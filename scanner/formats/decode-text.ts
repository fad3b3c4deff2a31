// biome-ignore-all lint/suspicious/noControlCharactersInRegex: magic numbers and control characters are what it looks for
import type { ByteSource } from '../../core/formats/source.js';

/** Texts above this size are not read into memory; the largest tokenizers have a few tens of megabytes. */
export const MAX_TEXT_BYTES = 256 << 20;

/** Control characters that texts use; every other one, and U+FFFE, marks binary data. */
const BINARY = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f\ufffe]/;

/** True where text holds what only binary data hold. */
export const isBinary = (text: string): boolean => BINARY.test(text);

/** The text of a head or of a whole file, or undefined where it is not text. */
export function decodeText(bytes: Uint8Array, cut = false): string | undefined {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : 'utf-8';
  try {
    // With `stream`, a character that the head cuts in two is no error.
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: cut });
    return isBinary(text) ? undefined : text;
  } catch {
    return latin1(bytes);
  }
}

/** Old licence files and CSV tables are Latin-1: mostly ASCII, with letters above 0xA0 here and there. */
function latin1(bytes: Uint8Array): string | undefined {
  let high = 0;
  for (const byte of bytes) {
    if (byte >= 0x80 && byte < 0xa0) return undefined;
    if (byte >= 0xa0) high++;
  }
  if (high * 20 > bytes.length) return undefined;
  const text = Buffer.from(bytes).toString('latin1');
  return isBinary(text) ? undefined : text;
}

/** The whole source as text, or undefined where it is none or too large. */
export function readText(source: ByteSource): string | undefined {
  return source.size > MAX_TEXT_BYTES ? undefined : decodeText(source.read(0, source.size));
}

/** The one-based line of an offset in a text, for messages. */
export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
