import { type ByteSource, SliceSource } from '../source.js';
import type { FormatScanner, ScanContext } from '../types.js';
import { GgufReader, type GgufTensor, type GgufValue } from './gguf-reader.js';
import { scanJinja } from './jinja.js';

/** Block size in elements and bytes per block of each tensor type (ggml). */
const TYPE_SIZES: { readonly [type: number]: readonly [number, number] } = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  16: [256, 66],
  17: [256, 74],
  18: [256, 98],
  19: [256, 50],
  20: [32, 18],
  21: [256, 110],
  22: [256, 82],
  23: [256, 136],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  29: [256, 56],
  30: [1, 2],
  34: [256, 54],
  35: [256, 66],
  39: [32, 17],
  40: [64, 36],
  41: [128, 18],
};
/** ggml has at most four dimensions. */
const MAX_DIMENSIONS = 4;
/** ggml cuts names at 64 bytes, so longer ones are no names of tensors. */
const MAX_TENSOR_NAME = 64;
const DEFAULT_ALIGNMENT = 32;

export const ggufScanner: FormatScanner = {
  format: 'gguf',
  detect: (head) => (Buffer.from(head.subarray(0, 4)).toString('latin1') === 'GGUF' ? 'certain' : 'no'),
  scan(source, context) {
    const reader = new GgufReader(source, context);
    const { tensors, pairs } = reader.counts();
    // Each entry takes at least this many bytes, so larger counts cannot be true.
    if (tensors * 24 > source.size || pairs * 12 > source.size) {
      context.report(
        'GGUF-STRUCTURE',
        `it declares ${tensors} tensors and ${pairs} keys in ${source.size} bytes`,
        8,
      );
      context.unparsed('the counts do not fit the file', 8);
      return;
    }
    const metadata = readMetadata(reader, pairs, context);
    const infos = readTensors(reader, tensors, context);
    const alignment = alignmentOf(metadata, context);
    if (alignment === undefined) return;
    const start = Math.ceil(reader.at / alignment) * alignment;
    checkTensors(infos, source, start, alignment, context);
  },
};

function readMetadata(reader: GgufReader, pairs: number, context: ScanContext): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < pairs; i++) {
    const at = reader.at;
    const key = reader.text(65_535);
    const value = reader.value();
    if (metadata.has(key)) context.report('GGUF-STRUCTURE', `the key ${key} stands twice`, at);
    metadata.set(key, value);
    const texts = Array.isArray(value) ? value.slice(0, 64) : [value];
    if (!/chat_template|jinja|prompt/i.test(key)) continue;
    for (const text of texts) if (typeof text === 'string') scanJinja(text, context, key);
  }
  return metadata;
}

function readTensors(reader: GgufReader, count: number, context: ScanContext): GgufTensor[] {
  const infos: GgufTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const at = reader.at;
    const info = reader.tensor(MAX_DIMENSIONS);
    if (names.has(info.name)) context.report('GGUF-STRUCTURE', `the tensor ${info.name} stands twice`, at);
    if (Buffer.byteLength(info.name) > MAX_TENSOR_NAME) {
      context.report('GGUF-STRUCTURE', `the name of a tensor has ${info.name.length} characters`, at);
    }
    names.add(info.name);
    infos.push(info);
  }
  return infos;
}

function alignmentOf(metadata: ReadonlyMap<string, GgufValue>, context: ScanContext): number | undefined {
  const value = metadata.get('general.alignment');
  if (value === undefined) return DEFAULT_ALIGNMENT;
  const alignment = typeof value === 'number' ? value : 0;
  if (alignment > 0 && alignment <= 1 << 20 && (alignment & (alignment - 1)) === 0) return alignment;
  context.report('GGUF-STRUCTURE', `the alignment is ${String(value).slice(0, 40)}`);
  return undefined;
}

function checkTensors(
  infos: readonly GgufTensor[],
  source: ByteSource,
  start: number,
  alignment: number,
  context: ScanContext,
): void {
  const room = Math.max(0, source.size - start);
  const spans: { name: string; from: number; to: number }[] = [];
  for (const { name, dimensions, type, offset } of infos) {
    const known = TYPE_SIZES[type];
    if (!known) {
      // 36 to 38 and 4, 5, 9, 31 to 33 were withdrawn or are internal; larger ones are newer than this table.
      context.unparsed(`the type ${type} of tensor ${name} is unknown`);
      continue;
    }
    const [block, bytes] = known;
    const elements = dimensions.reduce((product, n) => product * n, 1);
    const length = Math.ceil(elements / block) * bytes;
    if (dimensions.some((n) => n < 1) || !Number.isSafeInteger(elements)) {
      context.report('GGUF-STRUCTURE', `the dimensions of ${name} multiply to ${elements}`);
    } else if ((dimensions[0] ?? 0) % block !== 0) {
      context.report('GGUF-STRUCTURE', `the first dimension of ${name} is no multiple of ${block}`);
    }
    if (offset % alignment !== 0) context.report('GGUF-STRUCTURE', `the offset of ${name} is not aligned`);
    if (offset + length > room) {
      context.report(
        'GGUF-STRUCTURE',
        `${name} lies at ${offset} to ${offset + length} of ${room} bytes`,
        start,
      );
    }
    spans.push({ name, from: offset, to: offset + length });
  }
  checkSpans(spans, source, start, alignment, context);
}

function checkSpans(
  spans: { name: string; from: number; to: number }[],
  source: ByteSource,
  start: number,
  alignment: number,
  context: ScanContext,
): void {
  spans.sort((a, b) => a.from - b.from);
  let at = 0;
  for (const { name, from, to } of spans) {
    if (from < at) context.report('GGUF-STRUCTURE', `${name} overlaps another tensor`, start + from);
    if (from - at >= alignment)
      context.report('GGUF-STRUCTURE', `${from - at} bytes belong to no tensor`, start + at);
    at = Math.max(at, to);
  }
  const end = start + at;
  if (source.size - end < alignment) return;
  context.report('ARC-TRAILING', `${source.size - end} bytes follow the last tensor`, end);
  context.member('(behind the tensors)', new SliceSource(source, end, source.size - end), { as: 'residue' });
}
