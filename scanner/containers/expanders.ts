import { Decompress } from 'fzstd';
import { BZIP2_BLOCK, decodeBzip2 } from './bzip2.js';
import { type Expanded, inflateZlib } from './expand.js';
import { decodeLz4Frame, LZ4_MAGIC } from './lz4.js';
import { ByteInput, CodecError, decodeLzma1, decodeLzma2 } from './lzma.js';
import { OutputBuffer, OutputLimit } from './output.js';

/** Runs a decoder; what came out before an error is kept, because a loader has read it by then. */
function bounded(input: Uint8Array, limit: number, decode: (out: OutputBuffer) => number): Expanded {
  const out = new OutputBuffer(limit);
  try {
    const consumed = decode(out);
    return { bytes: out.bytes, consumed };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const tooLarge = error instanceof OutputLimit ? ({ tooLarge: true } as const) : {};
    return { bytes: out.bytes, consumed: input.length, problem, ...tooLarge };
  }
}

const startsWith = (bytes: Uint8Array, at: number, magic: readonly number[]): boolean =>
  magic.every((byte, i) => bytes[at + i] === byte);

/** bzip2, several streams in a row included. */
export function expandBzip2(input: Uint8Array, limit: number): Expanded {
  return bounded(input, limit, (out) => {
    const room = new Uint32Array(BZIP2_BLOCK);
    let at = decodeBzip2(input, 0, out, room);
    while (startsWith(input, at, [0x42, 0x5a, 0x68])) at = decodeBzip2(input, at, out, room);
    return at;
  });
}

/** The old `.lzma` format: properties, dictionary size, size or -1. */
export function expandLzmaAlone(input: Uint8Array, limit: number): Expanded {
  return bounded(input, limit, (out) => {
    const reader = new ByteInput(input);
    const props = reader.byte();
    reader.uint(4);
    const low = reader.uint(4);
    const high = reader.uint(4);
    const unknown = low === 0xffffffff && high === 0xffffffff;
    decodeLzma1(reader, props, unknown ? undefined : high * 2 ** 32 + low, out);
    return reader.at;
  });
}

/** LZMA in zip: version, length of the properties, properties (APPNOTE 5.8.8). */
export function expandZipLzma(input: Uint8Array, size: number, limit: number): Expanded {
  return bounded(input, limit, (out) => {
    const reader = new ByteInput(input, 2);
    const length = reader.uint(2);
    const props = reader.byte();
    reader.at += length - 1;
    decodeLzma1(reader, props, Math.min(size, limit + 1), out);
    return input.length;
  });
}

/** What joblib wrote before 0.10: `ZF`, the length in hexadecimal padded to 19 characters, a zlib stream. */
const ZFILE_HEADER = 21;

export function expandZfile(input: Uint8Array, limit: number): Expanded {
  const inner = inflateZlib(input.subarray(ZFILE_HEADER), limit);
  return { ...inner, consumed: ZFILE_HEADER + inner.consumed };
}

/** Bytes of the check that follows each xz block, by check type. */
const CHECK_BYTES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];
const XZ_MAGIC = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];

/** xz: streams of blocks, each with the LZMA2 filter. */
export function expandXz(input: Uint8Array, limit: number): Expanded {
  return bounded(input, limit, (out) => {
    const reader = new ByteInput(input);
    do {
      xzStream(reader, out);
      while (startsWith(input, reader.at, [0, 0, 0, 0])) reader.at += 4;
    } while (startsWith(input, reader.at, XZ_MAGIC));
    return reader.at;
  });
}

function xzStream(reader: ByteInput, out: OutputBuffer): void {
  const start = reader.at;
  reader.at += 7;
  const check = CHECK_BYTES[reader.byte() & 15] ?? 0;
  reader.at += 4;
  for (;;) {
    const header = reader.byte();
    if (header === 0) break;
    const blockStart = reader.at - 1;
    const flags = reader.byte();
    if (flags & 0x40) multibyte(reader);
    if (flags & 0x80) multibyte(reader);
    // One filter only: branch filters are for executables, which models are not.
    if ((flags & 3) !== 0 || multibyte(reader) !== 0x21)
      throw new CodecError('the xz filter is not supported');
    reader.at = blockStart + (header + 1) * 4;
    const dataStart = reader.at;
    decodeLzma2(reader, out);
    reader.at = dataStart + Math.ceil((reader.at - dataStart) / 4) * 4 + check;
  }
  const indexStart = reader.at - 1;
  const records = multibyte(reader);
  for (let i = 0; i < records * 2; i++) multibyte(reader);
  reader.at = indexStart + Math.ceil((reader.at - indexStart) / 4) * 4 + 4;
  reader.at += 12;
  if (reader.at > reader.bytes.length || reader.at <= start)
    throw new CodecError('the compressed data end early');
}

function multibyte(reader: ByteInput): number {
  let value = 0;
  for (let scale = 1, n = 0; n < 9; n++, scale *= 128) {
    const byte = reader.byte();
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
  throw new CodecError('an xz integer is too long');
}

/** LZ4 frames, several in a row included. */
export function expandLz4(input: Uint8Array, limit: number): Expanded {
  return bounded(input, limit, (out) => {
    const reader = new ByteInput(input);
    do decodeLz4Frame(reader, out);
    while (reader.at + 4 <= input.length && new ByteInput(input, reader.at).uint(4) === LZ4_MAGIC);
    return Math.min(reader.at, input.length);
  });
}

/** Fed in pieces, so that the output limit is noticed before much more has been produced. */
const ZSTD_PIECE = 1 << 16;

export function expandZstd(input: Uint8Array, limit: number): Expanded {
  return bounded(input, limit, (out) => {
    const stream = new Decompress((chunk) => out.append(chunk));
    for (let at = 0; at < input.length; at += ZSTD_PIECE) {
      stream.push(input.subarray(at, at + ZSTD_PIECE), at + ZSTD_PIECE >= input.length);
    }
    return input.length;
  });
}
