import { type ByteInput, CodecError } from './lzma.js';
import type { OutputBuffer } from './output.js';

/** Magic of the LZ4 frame format, little-endian. */
export const LZ4_MAGIC = 0x184d2204;

/** One LZ4 frame; checksums are skipped, because a loader has the data before it checks them. */
export function decodeLz4Frame(input: ByteInput, out: OutputBuffer): void {
  if (input.uint(4) !== LZ4_MAGIC) throw new CodecError('there is no LZ4 frame header');
  const flags = input.byte();
  if (flags >> 6 !== 1) throw new CodecError('the LZ4 version is unknown');
  input.byte();
  if (flags & 8) input.at += 8;
  if (flags & 1) throw new CodecError('the LZ4 frame needs a dictionary');
  input.byte();
  for (;;) {
    const header = input.uint(4);
    if (header === 0) break;
    const length = header & 0x7fffffff;
    const end = input.at + length;
    if (end > input.bytes.length) throw new CodecError('the compressed data end early');
    if (header >= 0x80000000) out.append(input.bytes.subarray(input.at, end));
    else decodeBlock(input.bytes.subarray(input.at, end), out);
    input.at = end + (flags & 16 ? 4 : 0);
  }
  if (flags & 4) input.at += 4;
}

function decodeBlock(block: Uint8Array, out: OutputBuffer): void {
  let at = 0;
  const byte = (): number => {
    const value = block[at];
    if (value === undefined) throw new CodecError('an LZ4 block ends early');
    at++;
    return value;
  };
  const lengthOf = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) for (let more = 255; more === 255; length += more) more = byte();
    return length;
  };
  while (at < block.length) {
    const token = byte();
    const literals = lengthOf(token >> 4);
    if (at + literals > block.length) throw new CodecError('an LZ4 block ends early');
    out.append(block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) return;
    const distance = byte() | (byte() << 8);
    if (distance === 0 || distance > out.length) throw new CodecError('an LZ4 match points before the start');
    out.copyBack(distance, lengthOf(token & 15) + 4);
  }
}
