import { type ByteSource, copyOf, findBytes } from '../../core/formats/source.js';
import type { ZipEntry } from '../../core/formats/zip.js';

const SIGNATURE = Buffer.from('PK\x03\x04', 'latin1');
/** Entries without a directory are looked for this many times; a file of nothing but signatures ends there. */
const MAX_HIDDEN = 1000;

/** Entries that only their local headers show, as a reader that streams the file would find them. */
export function* hiddenEntries(source: ByteSource, start: number, end: number): Generator<ZipEntry> {
  let at = start;
  for (let n = 0; n < MAX_HIDDEN; n++) {
    const headerOffset = findBytes(source, SIGNATURE, at, end);
    if (headerOffset < 0) return;
    const header = copyOf(source, headerOffset, 30);
    if (!header) return;
    const nameLength = header.readUInt16LE(26);
    const dataOffset = headerOffset + 30 + nameLength + header.readUInt16LE(28);
    const declared = header.readUInt32LE(18);
    const next = findBytes(source, SIGNATURE, dataOffset, end);
    const room = (next < 0 ? end : next) - dataOffset;
    // With a data descriptor the size follows the data; everything up to the next entry is taken then.
    const compressedSize = declared > 0 && declared <= end - dataOffset ? declared : Math.max(0, room);
    const [method, flags] = [header.readUInt16LE(8), header.readUInt16LE(6)];
    const name = copyOf(source, headerOffset + 30, nameLength)?.toString('utf8') ?? '';
    yield {
      name,
      method,
      flags,
      crc32: header.readUInt32LE(14),
      compressedSize,
      size: header.readUInt32LE(22),
      headerOffset,
      dataOffset,
      externalAttributes: 0,
      madeBy: 0,
      local: { name, method, flags },
    };
    at = dataOffset + compressedSize;
  }
}
