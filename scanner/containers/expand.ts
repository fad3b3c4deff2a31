import { constants, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib';

/** What came out of a compressed stream. */
export interface Expanded {
  readonly bytes: Uint8Array;
  /** How much of the input the stream used; the rest follows its end. */
  readonly consumed: number;
  /** Why the output is not all of it, where that is so: the loader would still see this much. */
  readonly problem?: string;
  /** The output had to be cut at the limit. */
  readonly tooLarge?: true;
}

/** @param expected How long the output says that it is; what it is decides. */
export type Expander = (input: Uint8Array, limit: number, expected?: number) => Expanded;

/** Node collects the output in pieces and then joins them, which takes its size twice; one piece needs no joining. */
function pieceSize(expected: number, input: Uint8Array, limit: number): number {
  const most = Math.min(limit, input.length * DEFLATE_RATIO);
  return Math.max(MIN_PIECE, Math.min(expected, most) + 1);
}

const MIN_PIECE = 16 << 10;

/** Deflate expands at most 1032 times, so this much of the input always fits the limit. */
const DEFLATE_RATIO = 1040;
/** Salvaging what precedes an error tries prefixes of the input; beyond this size that would cost too much. */
const MAX_SALVAGE_BYTES = 32 << 20;

type Sync = (input: Uint8Array, options: ZlibOptions & { info: true }) => unknown;

/**
 * Inflates with a bounded output. A damaged or truncated stream yields what comes before the damage: a loader that
 * reads as it decompresses has executed that much before it notices.
 */
function inflateWith(sync: Sync): Expander {
  return (input, limit, expected = 0) => {
    const chunkSize = pieceSize(expected, input, limit);
    const run = (bytes: Uint8Array, finishFlush?: number): Expanded => {
      const { buffer, engine } = sync(bytes, {
        info: true,
        maxOutputLength: Math.max(1, limit),
        chunkSize,
        ...(finishFlush === undefined ? {} : { finishFlush }),
      }) as { buffer: Uint8Array; engine: { bytesWritten: number } };
      return { bytes: buffer, consumed: engine.bytesWritten };
    };
    const part = (length: number): Expanded => run(input.subarray(0, length), constants.Z_SYNC_FLUSH);
    try {
      return run(input);
    } catch (error) {
      if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') {
        const { bytes } = salvage(part, Math.min(input.length, Math.floor(limit / DEFLATE_RATIO)));
        return { bytes, consumed: input.length, problem: 'it expands beyond the limit', tooLarge: true };
      }
      const problem = `the compressed data are damaged (${(error as Error).message})`;
      const best = salvage(part, Math.min(input.length, MAX_SALVAGE_BYTES));
      return whole(run, input, best) ?? { bytes: best.bytes, consumed: input.length, problem };
    }
  };
}

/** A complete stream with other data behind it ends a few bytes before the first error. */
function whole(
  run: (bytes: Uint8Array) => Expanded,
  input: Uint8Array,
  best: Expanded & { readonly length: number },
): Expanded | undefined {
  for (let back = 0; back <= 2 && back < best.length; back++) {
    try {
      const length = best.length - back;
      return { ...run(input.subarray(0, length)), consumed: length };
    } catch {
      // This prefix is not a complete stream.
    }
  }
  return undefined;
}

/** The output of the longest prefix of the input that decompresses. */
function salvage(part: (length: number) => Expanded, length: number): Expanded & { readonly length: number } {
  let best: Expanded = { bytes: new Uint8Array(0), consumed: 0 };
  let good = 0;
  let bad = length + 1;
  for (let tries = length; good + 1 < bad; tries = Math.floor((good + bad) / 2)) {
    try {
      best = part(tries);
      good = tries;
    } catch {
      bad = tries;
    }
  }
  return { ...best, length: good };
}

export const inflateRaw = inflateWith(inflateRawSync as unknown as Sync);
export const inflateZlib = inflateWith(inflateSync as unknown as Sync);
const gunzip = inflateWith(gunzipSync as unknown as Sync);
/** The last four bytes of gzip data are the length of the output (RFC 1952 §2.3.1). */
export const inflateGzip: Expander = (input, limit) => {
  const length = input.length < 18 ? 0 : Buffer.from(input.subarray(-4)).readUInt32LE(0);
  return gunzip(input, limit, length);
};
