import { malformed } from './malformed.js';
import { type ByteSource, copyOf } from './source.js';

/** More entries than any model archive has; the directory alone would otherwise keep a reader busy for minutes. */
export const MAX_ZIP_ENTRIES = 200_000;
/** The end record is at most this far from the end: 22 bytes and a comment of 16 bits length (APPNOTE 4.3.16). */
const TAIL_BYTES = 22 + 0xffff;
/** A directory larger than this is not read into memory; 200,000 entries with long names stay below it. */
const MAX_DIRECTORY_BYTES = 64 << 20;

/** One entry, as the central directory and the local header describe it. */
export interface ZipEntry {
  /** Name in the central directory; UTF-8 where it is valid UTF-8, Latin-1 otherwise. */
  readonly name: string;
  /** 0 stored, 8 deflate, 12 bzip2, 14 LZMA, 93 Zstandard. */
  readonly method: number;
  readonly flags: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where the local header starts. */
  readonly headerOffset: number;
  /** Where the data starts, behind the local header. */
  readonly dataOffset: number;
  readonly externalAttributes: number;
  /** System that made the entry (APPNOTE 4.4.2): 3 is Unix, whose mode then stands in the external attributes. */
  readonly madeBy: number;
  /** What the local header says; equal to the fields above in an honest archive. */
  readonly local: { readonly name: string; readonly method: number; readonly flags: number };
  /** Why the data of this entry cannot be found, where that is so. */
  readonly broken?: string;
}

/**
 * `ambiguous`: readers disagree where the archive is; `trailing`: bytes follow it; `damaged`: bytes of the directory are no
 * entry; `name`, `header`: the directory and the local header differ; `duplicate`: a name twice; `overlap`: entries share bytes.
 */
export type ZipProblemKind =
  | 'ambiguous'
  | 'trailing'
  | 'damaged'
  | 'name'
  | 'header'
  | 'duplicate'
  | 'overlap';

/** Something about the archive that an honest writer does not produce. */
export interface ZipProblem {
  readonly kind: ZipProblemKind;
  readonly message: string;
  readonly offset: number;
}

export interface ZipArchive {
  readonly entries: readonly ZipEntry[];
  /** Empty for an archive that every reader understands in the same way. */
  readonly problems: readonly ZipProblem[];
  /** Bytes before the archive. */
  readonly prefix: number;
  /** Bytes between and around entries that belong to none: `[start, end)`. */
  readonly gaps: readonly (readonly [number, number])[];
  /** Where the archive ends; data follow when it is less than the size. */
  readonly end: number;
  /** Start and end of the comment in the end record; its end is that of the archive. */
  readonly comment: readonly [number, number];
  /** Ends of further archives that the tail of the file could also be read as. */
  readonly otherEnds: readonly number[];
}

interface EndRecord {
  readonly at: number;
  readonly end: number;
  readonly count: number;
  readonly directorySize: number;
  readonly directoryAt: number;
  /** What must be added to the offsets of the archive: data stand before it. */
  readonly shift: number;
  /** Where the end records begin. */
  readonly before: number;
  /** A second directory, at the offset that the end record names while the first lies right before it. */
  readonly second?: number;
  /** What two readers would disagree about. */
  readonly ambiguous?: string;
}

const FORMAT = 'zip';

/** The fixed part of each record, in bytes (APPNOTE 4.3.7, 4.3.12). */
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;

/** True when the file ends in a zip archive, whatever stands before it. */
export function hasZipEnd(source: ByteSource): boolean {
  return endRecords(source).length > 0;
}

/**
 * Reads a zip archive: the central directory, and every local header beside it.
 *
 * Readers of the field trust one of the two and disagree about the rest, which is how malicious models pass scanners.
 * Here every difference is a {@link ZipProblem}; a loader accepts only archives without any.
 *
 * @throws {ModelsealError} `ERR_FORMAT_MALFORMED` where there is no directory to read
 */
export function readZip(source: ByteSource): ZipArchive {
  const ends = endRecords(source);
  const end = ends[0];
  if (!end) throw malformed(FORMAT, 'there is no end record with a directory before it');
  const problems: ZipProblem[] = [];
  const problem = (kind: ZipProblemKind, message: string, offset: number): void => {
    problems.push({ kind, message, offset });
  };
  const entries = readDirectory(source, end, problem);
  if (end.ambiguous) problem('ambiguous', end.ambiguous, end.at);
  if (end.second !== undefined) {
    const message = `directories stand at byte ${end.directoryAt} and at byte ${end.second}`;
    problem('ambiguous', message, end.at);
    entries.push(...readDirectory(source, { ...end, directoryAt: end.second, shift: 0 }, () => {}));
  }
  findDuplicates(entries, problem);
  const { gaps, prefix } = findGaps(entries, end, problem);
  if (end.end < source.size) {
    problem('trailing', `${source.size - end.end} bytes follow the end of the archive`, end.end);
  }
  // A stored archive inside this one has an end record of its own, which is part of an entry and confuses nobody.
  const others = ends.slice(1).filter(({ at }) => {
    return !entries.some((e) => e.dataOffset <= at && at < e.dataOffset + e.compressedSize);
  });
  for (const other of others) {
    problem('ambiguous', `another end record at byte ${other.at} describes another directory`, other.at);
  }
  return {
    entries,
    problems,
    prefix,
    gaps,
    comment: [end.at + 22, end.end],
    end: end.end,
    otherEnds: others.map((e) => e.end),
  };
}

/** Every end record with a readable directory, the one that most readers take first. */
function endRecords(source: ByteSource): EndRecord[] {
  const start = Math.max(0, source.size - TAIL_BYTES);
  const tail = Buffer.from(source.read(start, source.size - start));
  const found: EndRecord[] = [];
  for (let at = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1'); at >= 0; ) {
    const record = at + 22 <= tail.length ? endRecord(source, tail.subarray(at), start + at) : undefined;
    const same = found.some((f) => f.directoryAt === record?.directoryAt && f.count === record.count);
    if (record && !same) found.push(record);
    // A tail of 64 KiB can be made to hold 16,000 signatures; nobody needs to see more than a few.
    if (at === 0 || found.length >= 4) break;
    at = tail.lastIndexOf('PK\x05\x06', at - 1, 'latin1');
  }
  return found;
}

function endRecord(source: ByteSource, bytes: Buffer, at: number): EndRecord | undefined {
  const end = at + 22 + bytes.readUInt16LE(20);
  let count = bytes.readUInt16LE(10);
  let directorySize = bytes.readUInt32LE(12);
  let offset = bytes.readUInt32LE(16);
  let before = at;
  let ambiguous: string | undefined;
  // Zip64: a locator of 20 bytes stands right before the end record (APPNOTE 4.3.15).
  const locator = copyOf(source, at - 20, 20);
  if (locator?.readUInt32LE(0) === 0x07064b50) {
    const declared = Number(locator.readBigUInt64LE(8));
    // With data before the archive the declared place is off; the record then stands right before the locator.
    const places = [declared, at - 20 - 56];
    for (const place of places) {
      const record = copyOf(source, place, 56);
      if (record?.readUInt32LE(0) !== 0x06064b50) continue;
      const wide = [32, 40, 48].map((field) => Number(record.readBigUInt64LE(field)));
      const narrow = [count, directorySize, offset];
      const full = [0xffff, 0xffffffff, 0xffffffff];
      if (narrow.some((value, i) => value !== full[i] && value !== wide[i])) {
        ambiguous = 'the zip64 end record contradicts the end record';
      }
      [count = 0, directorySize = 0, offset = 0] = wide;
      before = place;
      break;
    }
  }
  const directoryAt = before - directorySize;
  if (directoryAt < 0) return undefined;
  const common = {
    at,
    end: Math.min(end, source.size),
    count,
    directorySize,
    before,
    ...(ambiguous ? { ambiguous } : {}),
  };
  // An empty archive has no directory; it counts only when it is the whole file or says where it lies.
  if (count === 0) {
    return directorySize === 0 && offset === before ? { ...common, directoryAt, shift: 0 } : undefined;
  }
  if (isCentral(source, directoryAt)) {
    const second = offset !== directoryAt && isCentral(source, offset) ? { second: offset } : {};
    return {
      ...common,
      directoryAt,
      shift: second.second === undefined ? directoryAt - offset : 0,
      ...second,
    };
  }
  return isCentral(source, offset) ? { ...common, directoryAt: offset, shift: 0 } : undefined;
}

function isCentral(source: ByteSource, at: number): boolean {
  const signature = copyOf(source, at, 4);
  return signature?.readUInt32LE(0) === 0x02014b50;
}

type Report = (kind: ZipProblemKind, message: string, offset: number) => void;

function readDirectory(source: ByteSource, end: EndRecord, problem: Report): ZipEntry[] {
  if (end.count > MAX_ZIP_ENTRIES) throw malformed(FORMAT, `it lists ${end.count} entries`, end.at);
  if (end.directorySize > MAX_DIRECTORY_BYTES) throw malformed(FORMAT, 'its directory is too large', end.at);
  const bytes = copyOf(source, end.directoryAt, Math.min(end.directorySize, end.before - end.directoryAt));
  if (!bytes) throw malformed(FORMAT, 'the directory is cut off', end.directoryAt);
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at + CENTRAL_BYTES <= bytes.length && bytes.readUInt32LE(at) === 0x02014b50) {
    if (entries.length >= MAX_ZIP_ENTRIES) throw malformed(FORMAT, 'too many entries', end.directoryAt + at);
    const length =
      CENTRAL_BYTES + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
    if (at + length > bytes.length)
      throw malformed(FORMAT, 'a directory entry is cut off', end.directoryAt + at);
    entries.push(readEntry(source, bytes.subarray(at, at + length), end, end.directoryAt + at, problem));
    at += length;
  }
  if (entries.length !== end.count) {
    problem('ambiguous', `the directory lists ${entries.length} entries and declares ${end.count}`, end.at);
  }
  if (at !== bytes.length) {
    problem('damaged', `${bytes.length - at} bytes of the directory are no entry`, end.directoryAt + at);
  }
  return entries;
}

function readEntry(source: ByteSource, bytes: Buffer, end: EndRecord, at: number, problem: Report): ZipEntry {
  const nameLength = bytes.readUInt16LE(28);
  const extra = bytes.subarray(
    CENTRAL_BYTES + nameLength,
    CENTRAL_BYTES + nameLength + bytes.readUInt16LE(30),
  );
  const flags = bytes.readUInt16LE(8);
  const method = bytes.readUInt16LE(10);
  const name = nameOf(bytes.subarray(CENTRAL_BYTES, CENTRAL_BYTES + nameLength));
  const wide = zip64Fields(extra, [bytes.readUInt32LE(24), bytes.readUInt32LE(20), bytes.readUInt32LE(42)]);
  const [size = 0, compressedSize = 0, relative = 0] = wide;
  const headerOffset = relative + end.shift;
  if (name.includes('\0')) problem('name', 'the name of an entry contains a zero byte', at);

  const central = {
    name,
    method,
    flags,
    crc32: bytes.readUInt32LE(16),
    compressedSize,
    size,
    headerOffset,
    externalAttributes: bytes.readUInt32LE(38),
    madeBy: bytes.readUInt16LE(4) >> 8,
  };
  const broken = (reason: string, dataOffset = headerOffset): ZipEntry => {
    return { ...central, dataOffset, local: { name, method, flags }, broken: reason };
  };
  const header = copyOf(source, headerOffset, LOCAL_BYTES);
  if (header?.readUInt32LE(0) !== 0x04034b50) return broken('there is no local header where it should be');
  const localName = copyOf(source, headerOffset + LOCAL_BYTES, header.readUInt16LE(26));
  const local = {
    name: nameOf(localName ?? new Uint8Array(0)),
    method: header.readUInt16LE(8),
    flags: header.readUInt16LE(6),
  };
  const dataOffset = headerOffset + LOCAL_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (dataOffset + compressedSize > end.before) return broken('its data run past the end', dataOffset);
  if (local.name !== name) {
    problem('name', `${name} is called ${local.name} in its local header`, headerOffset);
  }
  compareHeaders(source, central, header, problem);
  return { ...central, dataOffset, local };
}

/** Bits that change how the data are read: encryption (0), descriptor (3), strong encryption (6), masking (13). */
const MEANINGFUL_FLAGS = 0x2041;

function compareHeaders(
  source: ByteSource,
  central: Omit<ZipEntry, 'local' | 'dataOffset'>,
  header: Buffer,
  problem: Report,
): void {
  const { headerOffset, name } = central;
  const flags = header.readUInt16LE(6);
  const differ = (what: string): void =>
    problem('header', `directory and local header disagree about the ${what} of ${name}`, headerOffset);
  if ((flags & MEANINGFUL_FLAGS) !== (central.flags & MEANINGFUL_FLAGS)) differ('encryption');
  if (header.readUInt16LE(8) !== central.method) differ('compression method');
  const extraAt = headerOffset + LOCAL_BYTES + header.readUInt16LE(26);
  const extra = copyOf(source, extraAt, header.readUInt16LE(28)) ?? Buffer.alloc(0);
  const [size = 0, compressedSize = 0] = zip64Fields(extra, [
    header.readUInt32LE(22),
    header.readUInt32LE(18),
  ]);
  const crc32 = header.readUInt32LE(14);
  // With a data descriptor (bit 3) the local fields are zero, and the true ones follow the data.
  const later = (flags & 8) !== 0;
  if (size !== central.size && !(later && (size === 0 || size === 0xffffffff))) differ('size');
  if (
    compressedSize !== central.compressedSize &&
    !(later && (compressedSize === 0 || compressedSize === 0xffffffff))
  )
    differ('compressed size');
  if (crc32 !== central.crc32 && !(later && crc32 === 0)) differ('checksum');
}

/** Replaces each 32-bit field that is all ones by its 64-bit value from extra field 1 (APPNOTE 4.5.3). */
function zip64Fields(extra: Buffer, fields: readonly number[]): number[] {
  const out = [...fields];
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      let from = at + 4;
      for (const [i, value] of fields.entries()) {
        if (value !== 0xffffffff || from + 8 > Math.min(extra.length, at + 4 + length)) continue;
        out[i] = Number(extra.readBigUInt64LE(from));
        from += 8;
      }
      break;
    }
    at += 4 + length;
  }
  return out;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function nameOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

function findDuplicates(entries: readonly ZipEntry[], problem: Report): void {
  const seen = new Set<string>();
  for (const entry of entries) {
    if (seen.has(entry.name)) {
      problem('duplicate', `${entry.name} is in the archive more than once`, entry.headerOffset);
    }
    seen.add(entry.name);
  }
}

/** Finds what belongs to no entry, and entries that share bytes. */
function findGaps(
  entries: readonly ZipEntry[],
  end: EndRecord,
  problem: Report,
): { gaps: [number, number][]; prefix: number } {
  const sorted = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  const gaps: [number, number][] = [];
  let at = sorted[0]?.headerOffset ?? end.directoryAt;
  const prefix = at;
  for (const [i, entry] of sorted.entries()) {
    if (entry.broken) continue;
    if (entry.headerOffset < at) {
      problem('overlap', `${entry.name} lies inside the data of another entry`, entry.headerOffset);
    } else if (entry.headerOffset > at) {
      gaps.push([at, entry.headerOffset]);
    }
    at = Math.max(at, entry.dataOffset + entry.compressedSize);
    // A data descriptor has 12 to 24 bytes: signature or not, 32 or 64 bit sizes.
    if (entry.flags & 8) {
      const next = sorted[i + 1]?.headerOffset ?? end.directoryAt;
      if ([12, 16, 20, 24].includes(next - at)) at = next;
    }
  }
  if (at < end.directoryAt) gaps.push([at, end.directoryAt]);
  const directoryEnd = end.directoryAt + end.directorySize;
  if (directoryEnd < end.before) gaps.push([directoryEnd, end.before]);
  return { gaps, prefix };
}
