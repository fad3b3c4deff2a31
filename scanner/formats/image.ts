// biome-ignore-all lint/suspicious/noControlCharactersInRegex: magic numbers and control characters are what it looks for
import { crc32 } from 'node:zlib';
import { malformed } from '../../core/formats/malformed.js';
import { type ByteSource, copyOf, findBytes, SliceSource } from '../../core/formats/source.js';
import type { FormatScanner } from '../types.js';

type Kind = 'PNG' | 'JPEG' | 'GIF' | 'WebP';

function kindOf(head: Uint8Array): Kind | undefined {
  const text = Buffer.from(head.subarray(0, 12)).toString('latin1');
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'PNG';
  if (text.startsWith('\xff\xd8\xff')) return 'JPEG';
  if (/^GIF8[79]a/.test(text)) return 'GIF';
  return /^RIFF[\s\S]{4}WEBP/.test(text) ? 'WebP' : undefined;
}

/** Chunks and blocks of one image that are followed; animations have some thousands. */
const MAX_PARTS = 1_000_000;

/** Images, recognised by their structure from the first byte to the last; what follows the end is a finding. */
export const imageScanner: FormatScanner = {
  format: 'image',
  detect: (head) => (kindOf(head) ? 'certain' : 'no'),
  scan(source, context) {
    if (!context.spend(source.size)) return;
    const kind = kindOf(source.read(0, 12));
    const end =
      kind === 'PNG'
        ? pngEnd(source)
        : kind === 'JPEG'
          ? jpegEnd(source)
          : kind === 'GIF'
            ? gifEnd(source)
            : webpEnd(source);
    if (end >= source.size) return;
    context.report('ARC-TRAILING', `${source.size - end} bytes follow the end of the image`, end);
    context.member('(behind the image)', new SliceSource(source, end, source.size - end), { as: 'residue' });
  },
};

function pngEnd(source: ByteSource): number {
  let at = 8;
  for (let n = 0; n < MAX_PARTS; n++) {
    const header = copyOf(source, at, 8);
    if (!header) throw malformed('PNG', 'it ends before its end chunk', at);
    const length = header.readUInt32BE(0);
    const chunk = copyOf(source, at + 4, length + 8);
    if (!chunk) throw malformed('PNG', 'a chunk is cut off', at);
    if (crc32(chunk.subarray(0, length + 4)) !== chunk.readUInt32BE(length + 4)) {
      throw malformed('PNG', 'the checksum of a chunk is wrong', at);
    }
    at += length + 12;
    if (header.toString('latin1', 4) === 'IEND') return at;
  }
  throw malformed('PNG', 'it has too many chunks', at);
}

function jpegEnd(source: ByteSource): number {
  let at = 2;
  for (let n = 0; n < MAX_PARTS; n++) {
    const head = copyOf(source, at, 4) ?? copyOf(source, at, 2);
    if (head?.[0] !== 0xff) throw malformed('JPEG', 'there is no marker where one must be', at);
    const marker = head[1] ?? 0;
    if (marker === 0xd9) return at + 2;
    if (marker === 0xff) {
      at++;
    } else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
    } else {
      at += 2 + (head.length === 4 ? head.readUInt16BE(2) : 0);
      if (marker === 0xda) at = scanEnd(source, at);
    }
  }
  throw malformed('JPEG', 'it has too many segments', at);
}

/** Where the entropy-coded data of a JPEG scan end: at the next marker that is no restart and no stuffed 0xFF. */
function scanEnd(source: ByteSource, from: number): number {
  for (
    let at = findBytes(source, Buffer.from([0xff]), from);
    at >= 0;
    at = findBytes(source, Buffer.from([0xff]), at)
  ) {
    const next = source.read(at + 1, 1)[0];
    if (next === undefined) break;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
    at += next === 0xff ? 1 : 2;
  }
  throw malformed('JPEG', 'it ends within its data', from);
}

function gifEnd(source: ByteSource): number {
  const screen = copyOf(source, 0, 13);
  if (!screen) throw malformed('GIF', 'it is cut off');
  const table = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + table(screen[10] ?? 0);
  for (let n = 0; n < MAX_PARTS; n++) {
    const kind = source.read(at, 1)[0];
    if (kind === 0x3b) return at + 1;
    if (kind === 0x2c) {
      const image = copyOf(source, at, 10);
      if (!image) break;
      at = subBlocks(source, at + 10 + table(image[9] ?? 0) + 1);
    } else if (kind === 0x21) {
      at = subBlocks(source, at + 2);
    } else {
      throw malformed('GIF', 'a block is of no known kind', at);
    }
  }
  throw malformed('GIF', 'it is cut off', at);
}

function subBlocks(source: ByteSource, from: number): number {
  let at = from;
  for (let n = 0; n < MAX_PARTS; n++) {
    const length = source.read(at, 1)[0];
    if (length === undefined) break;
    at += 1 + length;
    if (length === 0) return at;
  }
  throw malformed('GIF', 'a block is cut off', at);
}

function webpEnd(source: ByteSource): number {
  const header = copyOf(source, 0, 12);
  const end = 8 + (header?.readUInt32LE(4) ?? 0);
  if (!header || end > source.size) throw malformed('WebP', 'it is cut off');
  // RIFF pads odd lengths with one byte.
  return end + (end % 2);
}
