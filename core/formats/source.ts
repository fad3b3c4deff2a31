import { readSync } from 'node:fs';

/**
 * Random access to the bytes of one file or archive member. Scanners see bytes only through this, so that the same
 * scanner serves files on disk, verified bytes in memory and members of an archive.
 */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * The bytes `[offset, offset + length)`, fewer at the end of the source, none past it.
   * The result may be reused by the next call: copy what must outlive it.
   */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes that are in memory already. */
export class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }
}

/** An open file. Its size is fixed at opening: bytes appended later are not part of what is scanned. */
export class DescriptorSource implements ByteSource {
  readonly size: number;
  readonly #fd: number;
  readonly #onReach: ((bytes: number) => void) | undefined;
  #buffer = Buffer.alloc(0);
  #reached = 0;

  /** @param onReach Told how far into the file reading has come, every megabyte or so. */
  constructor(fd: number, size: number, onReach?: (bytes: number) => void) {
    this.#fd = fd;
    this.size = size;
    this.#onReach = onReach;
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    if (this.#buffer.length < wanted) this.#buffer = Buffer.allocUnsafeSlow(wanted);
    let got = 0;
    while (got < wanted) {
      const n = readSync(this.#fd, this.#buffer, got, wanted - got, offset + got);
      if (n === 0) break;
      got += n;
    }
    const end = offset + got;
    // Directories at the end of a file are read before all else, and say nothing about how far a scan has come.
    if (this.#onReach && end >= this.#reached + REACH_STEP && end < this.size - TAIL) {
      this.#reached = end;
      this.#onReach(end);
    }
    return this.#buffer.subarray(0, got);
  }
}

const REACH_STEP = 1024 * 1024;
const TAIL = 1024 * 1024;

/** A window on another source; offsets outside it read nothing. */
export class SliceSource implements ByteSource {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #start: number;

  constructor(source: ByteSource, start: number, size: number) {
    this.#source = source;
    this.#start = Math.max(0, start);
    this.size = Math.max(0, Math.min(size, source.size - this.#start));
  }

  read(offset: number, length: number): Uint8Array {
    if (offset < 0 || offset >= this.size) return new Uint8Array(0);
    return this.#source.read(this.#start + offset, Math.min(length, this.size - offset));
  }
}

/** Reads the source in pieces of this size where all of it passes by once. */
export const CHUNK_BYTES = 1 << 20;

/** The bytes `[offset, offset + length)` as a copy that outlives the next read, or undefined where some are missing. */
export function copyOf(source: ByteSource, offset: number, length: number): Buffer | undefined {
  if (offset < 0 || length < 0 || offset + length > source.size) return undefined;
  const copy = Buffer.allocUnsafeSlow(length);
  // In pieces: a source that reads into a buffer of its own would hold all of it once more.
  let done = 0;
  eachChunk(source, offset, offset + length, (chunk, at) => {
    copy.set(chunk, at - offset);
    done += chunk.length;
  });
  return done === length ? copy : undefined;
}

/** Calls `visit` with consecutive pieces of `[start, end)`; a piece is valid only during the call. */
export function eachChunk(
  source: ByteSource,
  start: number,
  end: number,
  visit: (chunk: Uint8Array, offset: number) => void,
): void {
  for (let at = start; at < end; ) {
    const chunk = source.read(at, Math.min(CHUNK_BYTES, end - at));
    if (chunk.length === 0) return;
    visit(chunk, at);
    at += chunk.length;
  }
}

/** Byte offset of the first `needle` at or after `from`, or -1. */
export function findBytes(source: ByteSource, needle: Uint8Array, from: number, end = source.size): number {
  const overlap = needle.length - 1;
  for (let at = from; at + overlap < end; at += CHUNK_BYTES) {
    const chunk = source.read(at, Math.min(CHUNK_BYTES + overlap, end - at));
    const hit = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).indexOf(needle);
    if (hit >= 0) return at + hit;
  }
  return -1;
}
