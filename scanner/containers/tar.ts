// biome-ignore-all lint/suspicious/noControlCharactersInRegex: magic numbers and control characters are what it looks for
import { malformed } from '../../core/formats/malformed.js';
import { type ByteSource, copyOf, SliceSource } from '../../core/formats/source.js';
import type { FormatScanner, ScanContext } from '../types.js';
import { leavesFolder, linkEscapes } from './paths.js';

const BLOCK = 512;
/** Names and extended headers longer than this are an attempt to fill memory. */
const MAX_EXTENDED = 1 << 20;

interface Header {
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly link: string;
}

/** Tar archives: ustar, pax and GNU long names. Sparse files are named as not understood. */
export const tarScanner: FormatScanner = {
  format: 'tar',
  detect(head) {
    if (head.length < BLOCK) return 'no';
    const block = Buffer.from(head.subarray(0, BLOCK));
    if (!checksumMatches(block)) return 'no';
    return block.toString('latin1', 257, 262) === 'ustar' ||
      /^[\x20-\xff]+\0/.test(block.toString('latin1', 0, 100))
      ? 'certain'
      : 'no';
  },
  scan(source, context) {
    const seen = new Set<string>();
    let at = 0;
    let next: Partial<Header> = {};
    let common: Partial<Header> = {};
    while (at + BLOCK <= source.size) {
      if (!context.spend(BLOCK)) return;
      const block = copyOf(source, at, BLOCK);
      if (!block || block.every((byte) => byte === 0)) break;
      if (!checksumMatches(block)) throw malformed('tar', 'the checksum of a header is wrong', at);
      const header: Header = { ...readHeader(block, at), ...common, ...next };
      const data = new SliceSource(source, at + BLOCK, header.size);
      if (data.size < header.size) throw malformed('tar', `${header.name} is cut off`, at);
      const after = at + BLOCK + Math.ceil(header.size / BLOCK) * BLOCK;
      if (header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K') {
        const fields = extended(header.type, data, at, context);
        if (header.type === 'g') common = { ...common, ...fields };
        else next = { ...next, ...fields };
      } else {
        next = {};
        scanEntry(header, data, at, seen, context);
      }
      at = after;
    }
    trailing(source, at, context);
  },
};

function checksumMatches(block: Buffer): boolean {
  const declared = octal(block.subarray(148, 156));
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return declared === sum && sum > 256;
}

function octal(field: Buffer): number {
  // GNU writes large sizes in base 256, marked by the first bit.
  if ((field[0] ?? 0) & 0x80) {
    let value = (field[0] ?? 0) & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    return value;
  }
  const text = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || '0', 8) : Number.NaN;
}

/** Text up to the first zero byte, or all of a field that is full. */
function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return (end < 0 ? field : field.subarray(0, end)).toString('utf8');
}

function readHeader(block: Buffer, at: number): Header {
  const size = octal(block.subarray(124, 136));
  if (!Number.isSafeInteger(size) || size < 0)
    throw malformed('tar', 'the size of an entry is no number', at);
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? textOf(block.subarray(345, 500)) : '';
  const name = textOf(block.subarray(0, 100));
  return {
    name: prefix ? `${prefix}/${name}` : name,
    size,
    type: block.toString('latin1', 156, 157),
    link: textOf(block.subarray(157, 257)),
  };
}

/** Fields of a pax header or a GNU long name. */
function extended(type: string, data: ByteSource, at: number, context: ScanContext): Partial<Header> {
  const bytes = data.size <= MAX_EXTENDED ? copyOf(data, 0, data.size) : undefined;
  if (!bytes) throw malformed('tar', 'an extended header is too long', at);
  if (type === 'L') return { name: textOf(bytes) };
  if (type === 'K') return { link: textOf(bytes) };
  const fields: { name?: string; size?: number; link?: string } = {};
  for (let from = 0; from < bytes.length; ) {
    const space = bytes.indexOf(0x20, from);
    const length = space < 0 ? 0 : Number(bytes.toString('latin1', from, space));
    if (!Number.isSafeInteger(length) || length <= space - from || from + length > bytes.length) {
      throw malformed('tar', 'a pax header is malformed', at);
    }
    const record = bytes.toString('utf8', space + 1, from + length - 1);
    const key = record.slice(0, record.indexOf('='));
    const value = record.slice(record.indexOf('=') + 1);
    if (key === 'path') fields.name = value;
    if (key === 'linkpath') fields.link = value;
    if (key === 'size' && /^\d+$/.test(value)) fields.size = Number(value);
    if (key.startsWith('GNU.sparse')) context.unparsed('it holds a sparse file', at);
    from += length;
  }
  return fields;
}

function scanEntry(
  header: Header,
  data: ByteSource,
  at: number,
  seen: Set<string>,
  context: ScanContext,
): void {
  const { name, type, link } = header;
  if (leavesFolder(name)) context.report('ARC-TRAVERSAL', `${name} would be written outside the folder`, at);
  if (type === '5') return;
  if (seen.has(name)) context.report('ARC-DUPLICATE', `${name} is in the archive more than once`, at);
  seen.add(name);
  if (type === '1' || type === '2') {
    // Hard links are relative to the root of the archive, symbolic links to their own folder.
    const escapes = linkEscapes(type === '1' ? '' : name, link);
    context.report(escapes ? 'ARC-LINK-ESCAPE' : 'ARC-LINK', `${name} is a link to ${link}`, at);
  } else if (type === '3' || type === '4' || type === '6') {
    context.report('ARC-DEVICE', `${name} is a device or a pipe`, at);
  } else if (type === '0' || type === '\0' || type === '7') {
    context.member(name, data);
  } else {
    context.unparsed(`${name} is an entry of unknown type ${JSON.stringify(type)}`, at);
  }
}

/** The archive ends with two zero blocks, padded with zeros to the record size of the tape. */
function trailing(source: ByteSource, at: number, context: ScanContext): void {
  const rest = new SliceSource(source, at, source.size - at);
  for (let from = 0; from < rest.size; from += 1 << 20) {
    const bytes = rest.read(from, 1 << 20);
    const found = bytes.findIndex((byte) => byte !== 0);
    if (found < 0) continue;
    context.report(
      'ARC-TRAILING',
      `${rest.size - from - found} bytes follow the end of the archive`,
      at + from + found,
    );
    context.member('(behind the archive)', new SliceSource(rest, from + found, rest.size), { as: 'residue' });
    return;
  }
}
