import { crc32 } from 'node:zlib';
import { malformed } from '../../core/formats/malformed.js';
import { type ByteSource, copyOf, eachChunk, MemorySource, SliceSource } from '../../core/formats/source.js';
import { type Expanded, inflateRaw } from './expand.js';
import { expandBzip2, expandZipLzma, expandZstd } from './expanders.js';
import type { ZipEntry } from '../../core/formats/zip.js';

/** A compressed entry is read into memory to be expanded; larger ones do not occur in models that compress. */
const MAX_COMPRESSED_BYTES = 1 << 30;

/** The data of one entry, as far as they can be had. */
export interface EntryData {
  readonly source: ByteSource;
  /** False where a descriptor or an attacker made the checksum wrong. */
  readonly crcMatches: boolean;
  /** Why the data are not all of it. */
  readonly problem?: string;
  readonly tooLarge?: true;
  /** Compressed bytes behind the end of the compressed stream. */
  readonly unused: number;
}

/** Expands one entry without trusting its flags, sizes or checksum; each of them is compared and reported. */
export function readEntryData(
  archive: ByteSource,
  entry: ZipEntry,
  limit: number,
  method = entry.method,
): EntryData {
  if (entry.broken) return nothing(entry.broken);
  if (method === 0) {
    const source = new SliceSource(archive, entry.dataOffset, entry.compressedSize);
    return { source, crcMatches: checksum(source) === entry.crc32, unused: 0 };
  }
  if (entry.compressedSize > MAX_COMPRESSED_BYTES) return nothing('it is too large to be decompressed');
  const compressed = copyOf(archive, entry.dataOffset, entry.compressedSize);
  if (!compressed) return nothing('its data are cut off');
  const expanded = expandMethod(method, compressed, entry.size, limit);
  if (!expanded) return nothing(`compression method ${method} is not supported`);
  return {
    source: new MemorySource(expanded.bytes),
    crcMatches: crc32(expanded.bytes) === entry.crc32,
    unused: compressed.length - expanded.consumed,
    ...(expanded.problem === undefined ? {} : { problem: expanded.problem }),
    ...(expanded.tooLarge ? { tooLarge: true } : {}),
  };
}

/**
 * The bytes of one entry for a loader: anything that is not exactly as declared is an error.
 *
 * @param limit Largest expanded size accepted.
 * @throws {ModelsealError} `ERR_FORMAT_MALFORMED`
 */
export function readZipEntry(archive: ByteSource, entry: ZipEntry, limit: number): Uint8Array {
  const fail = (problem: string): never => {
    throw malformed('zip', `${entry.name}: ${problem}`, entry.headerOffset);
  };
  if (entry.flags & 1) fail('it is encrypted');
  if (entry.size > limit) fail(`it has ${entry.size} bytes, more than the limit of ${limit}`);
  const data = readEntryData(archive, entry, limit);
  if (data.problem !== undefined) fail(data.problem);
  if (data.source.size !== entry.size) fail('its size is not the declared one');
  if (!data.crcMatches) fail('its checksum is wrong');
  return copyOf(data.source, 0, data.source.size) ?? fail('its data are cut off');
}

function expandMethod(
  method: number,
  compressed: Uint8Array,
  size: number,
  limit: number,
): Expanded | undefined {
  if (method === 8) return inflateRaw(compressed, limit, size);
  if (method === 12) return expandBzip2(compressed, limit);
  if (method === 14) return expandZipLzma(compressed, size, limit);
  if (method === 93) return expandZstd(compressed, limit);
  return undefined;
}

function nothing(problem: string): EntryData {
  return { source: new MemorySource(new Uint8Array(0)), crcMatches: false, unused: 0, problem };
}

function checksum(source: ByteSource): number {
  let value = 0;
  eachChunk(source, 0, source.size, (chunk) => {
    value = crc32(chunk, value);
  });
  return value;
}
