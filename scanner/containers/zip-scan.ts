import { type ByteSource, copyOf, eachChunk, SliceSource } from '../../core/formats/source.js';
import type { RuleId } from '../rules.js';
import type { FormatScanner, MemberOptions, ScanContext } from '../types.js';
import { leavesFolder, linkEscapes } from './paths.js';
import {
  hasZipEnd,
  readZip,
  type ZipArchive,
  type ZipEntry,
  type ZipProblemKind,
} from '../../core/formats/zip.js';
import { type EntryData, readEntryData } from './zip-data.js';
import { hiddenEntries } from './zip-hidden.js';
import { zipLayout } from './zip-layout.js';

/** Expansion beyond both of these is a bomb, arrays of equal numbers excepted: deflate cannot exceed 1032 times. */
const BOMB_RATIO = 200;
const BOMB_BYTES = 32 << 20;
/** Targets of symbolic links are paths. */
const MAX_LINK_BYTES = 4096;

const LOCAL = [0x50, 0x4b, 3, 4];
const EMPTY = [0x50, 0x4b, 5, 6];
const SPANNED = [0x50, 0x4b, 7, 8];

const RULES: { readonly [K in ZipProblemKind]: RuleId } = {
  ambiguous: 'ARC-AMBIGUOUS',
  trailing: 'ARC-TRAILING',
  damaged: 'ARC-DAMAGED',
  name: 'ARC-NAME-MISMATCH',
  header: 'ARC-HEADER-MISMATCH',
  duplicate: 'ARC-DUPLICATE',
  overlap: 'ARC-OVERLAP',
};

export const zipScanner: FormatScanner = {
  format: 'zip',
  detect(head, source) {
    const starts = (magic: readonly number[]): boolean => magic.every((byte, i) => head[i] === byte);
    if (starts(LOCAL) || starts(EMPTY) || starts(SPANNED)) return 'certain';
    return hasZipEnd(source) ? 'certain' : 'no';
  },
  scan(source, context) {
    let archive: ZipArchive;
    try {
      archive = readZip(source);
    } catch (error) {
      // Without a directory no careful reader opens it; what its local headers show is looked at all the same.
      for (const hidden of hiddenEntries(source, 0, source.size)) {
        if (!scanEntry(source, hidden, context, {})) break;
      }
      throw error;
    }
    for (const { kind, message, offset } of archive.problems) context.report(RULES[kind], message, offset);
    scanAround(source, archive, context);
    const layout = zipLayout(archive.entries);
    for (const format of layout.formats) context.recognised(format);
    layout.check?.(source, archive, context);
    for (const entry of archive.entries) {
      if (!scanEntry(source, entry, context, layout.options(entry))) return;
    }
  },
};

/** What lies before, between and behind the entries. */
function scanAround(source: ByteSource, archive: ZipArchive, context: ScanContext): void {
  if (archive.prefix > 0) {
    context.report('ARC-PREFIX', `${archive.prefix} bytes stand before the archive`, 0);
    context.member('(before the archive)', new SliceSource(source, 0, archive.prefix), { as: 'residue' });
  }
  for (const end of archive.otherEnds) {
    context.member(`(archive ending at ${end})`, new SliceSource(source, 0, end));
  }
  const [from, to] = archive.comment;
  if (to > from) {
    context.member('(comment)', new SliceSource(source, from, to - from), { as: 'residue' });
  }
  if (archive.end < source.size) {
    const rest = new SliceSource(source, archive.end, source.size - archive.end);
    context.member('(behind the archive)', rest, { as: 'residue' });
  }
  for (const [start, end] of archive.gaps) {
    if (isZero(source, start, end)) continue;
    context.report('ARC-HIDDEN', `${end - start} bytes belong to no entry`, start);
    let found = false;
    for (const hidden of hiddenEntries(source, start, end)) {
      found = true;
      if (!scanEntry(source, hidden, context, {})) return;
    }
    if (!found)
      context.member(`(gap at ${start})`, new SliceSource(source, start, end - start), { as: 'residue' });
  }
}

function isZero(source: ByteSource, start: number, end: number): boolean {
  let zero = true;
  eachChunk(source, start, end, (chunk) => {
    if (zero) zero = chunk.every((byte) => byte === 0);
  });
  return zero;
}

/** Scans one entry; false when the budget is spent. */
function scanEntry(
  archive: ByteSource,
  entry: ZipEntry,
  context: ScanContext,
  options: MemberOptions,
): boolean {
  if (!context.spend(64 + entry.compressedSize)) return false;
  const { name } = entry;
  for (const candidate of new Set([name, entry.local.name])) {
    if (leavesFolder(candidate)) {
      context.report('ARC-TRAVERSAL', `${candidate} would be written outside the folder`, entry.headerOffset);
    }
  }
  if (name.endsWith('/') && entry.size === 0 && entry.compressedSize === 0) return true;
  for (const method of new Set([entry.method, entry.local.method])) {
    const data = readEntryData(archive, entry, context.expandable, method);
    if (method !== 0 && !context.expand(data.source.size)) return false;
    checkData(entry, data, context);
    if (isSpecial(entry, data, context)) continue;
    context.member(name, data.source, options);
  }
  return context.spend(0);
}

function checkData(entry: ZipEntry, data: EntryData, context: ScanContext): void {
  const { name, headerOffset } = entry;
  const size = data.source.size;
  const encrypted = ((entry.flags | entry.local.flags) & 0x41) !== 0 || entry.method === 99;
  if (encrypted && data.crcMatches) {
    context.report('ARC-FALSE-ENCRYPTION', `${name} is marked as encrypted and is not`, headerOffset);
  } else if (encrypted) {
    context.report('ARC-ENCRYPTED', `${name} is encrypted`, headerOffset);
    context.unparsed(`${name} is encrypted`, headerOffset);
    return;
  }
  if (data.tooLarge || isBomb(entry, data)) {
    const ratio = Math.round(Math.max(size, entry.size) / Math.max(1, entry.compressedSize));
    if (ratio >= 100) context.report('ARC-BOMB', `${name} expands ${ratio} times`, headerOffset);
  }
  if (data.problem !== undefined) {
    context.unparsed(`${name}: ${data.problem}`, entry.dataOffset);
    return;
  }
  if (size !== entry.size) {
    context.report(
      'ARC-HEADER-MISMATCH',
      `${name} declares ${entry.size} bytes and has ${size}`,
      headerOffset,
    );
  }
  if (!data.crcMatches) context.report('ARC-CRC', `the checksum of ${name} does not match`, headerOffset);
  if (data.unused > 0) {
    context.report(
      'ARC-HIDDEN',
      `${data.unused} bytes follow the compressed data of ${name}`,
      entry.dataOffset,
    );
  }
}

function isBomb(entry: ZipEntry, data: EntryData): boolean {
  const size = data.source.size;
  if (size < BOMB_BYTES || size / Math.max(1, entry.compressedSize) < BOMB_RATIO) return false;
  // Arrays that hold one number over and over compress that well, and an array says how long it is.
  return Buffer.from(data.source.read(0, 6)).toString('latin1') !== '\x93NUMPY';
}

/** Links and devices, which Unix archivers mark in the external attributes. */
function isSpecial(entry: ZipEntry, data: EntryData, context: ScanContext): boolean {
  if (entry.madeBy !== 3) return false;
  const type = (entry.externalAttributes >>> 16) & 0xf000;
  if (type === 0xa000) {
    const target = copyOf(data.source, 0, Math.min(data.source.size, MAX_LINK_BYTES))?.toString('utf8') ?? '';
    const escapes = linkEscapes(entry.name, target);
    const rule = escapes ? 'ARC-LINK-ESCAPE' : 'ARC-LINK';
    context.report(rule, `${entry.name} is a link to ${target}`, entry.headerOffset);
    return true;
  }
  if (type !== 0x2000 && type !== 0x6000 && type !== 0x1000) return false;
  context.report('ARC-DEVICE', `${entry.name} is a device or a pipe`, entry.headerOffset);
  return true;
}
