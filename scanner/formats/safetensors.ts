import { isModelsealError } from '../../core/errors/index.js';
import { parseStrictJson } from '../../core/json.js';
import { type ByteSource, copyOf, SliceSource } from '../source.js';
import type { FormatScanner, ScanContext } from '../types.js';
import { scanConfig } from './config.js';
import { isObject, type Json, parseJson } from './json.js';

/** The reference implementation refuses larger headers; a parser would build gigabytes of objects from one. */
export const MAX_SAFETENSORS_HEADER = 100_000_000;

/** Bits of one element of each type. */
const DTYPE_BITS: { readonly [dtype: string]: number } = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  I64: 64,
  U64: 64,
  F64: 64,
  C64: 64,
};

export const safetensorsScanner: FormatScanner = {
  format: 'safetensors',
  detect(head, source) {
    if (source.size < 10 || head[8] !== 0x7b) return 'no';
    const length = headerLength(head);
    if (8 + length <= source.size && length >= 2) return isHeaderStart(head) ? 'certain' : 'no';
    return /"dtype"|"__metadata__"/.test(Buffer.from(head).toString('latin1')) ? 'certain' : 'no';
  },
  scan(source, context) {
    const length = headerLength(source.read(0, 8));
    if (length > MAX_SAFETENSORS_HEADER || 8 + length > source.size) {
      context.report('ST-HEADER', `the header declares ${length} bytes of ${source.size}`, 0);
      context.unparsed('the header is longer than the format or the file allows', 0);
      return;
    }
    if (!context.spend(length * 4)) return;
    const bytes = copyOf(source, 8, length);
    const document = bytes && parseJson(bytes.toString('utf8'));
    if (!bytes || !isObject(document)) {
      context.report('ST-HEADER', 'the header is not a JSON object', 8);
      context.unparsed('the header is not a JSON object', 8);
      return;
    }
    checkStrict(bytes, context);
    checkIntegers(bytes, context);
    checkTensors(document, source, 8 + length, context);
    scanConfig(document, context);
  },
};

function headerLength(head: Uint8Array): number {
  return Number(Buffer.from(head.buffer, head.byteOffset, 8).readBigUInt64LE(0));
}

/** JSON objects start with a key or end at once, blanks aside. */
function isHeaderStart(head: Uint8Array): boolean {
  return /^\{\s*["}]/.test(Buffer.from(head.subarray(8, 64)).toString('latin1'));
}

function checkStrict(bytes: Uint8Array, context: ScanContext): void {
  try {
    parseStrictJson(bytes, { what: 'safetensors header', maxBytes: MAX_SAFETENSORS_HEADER, maxDepth: 16 });
  } catch (error) {
    if (isModelsealError(error, 'ERR_JSON_DUPLICATE_KEY')) context.report('ST-DUPLICATE', error.message, 8);
    else context.report('ST-HEADER', error instanceof Error ? error.message : String(error), 8);
  }
}

/** The reference reader takes whole numbers only; `2.0`, `2e0` and `-0` are numbers to JavaScript and Python. */
function checkIntegers(bytes: Buffer, context: ScanContext): void {
  const bare = bytes.toString('latin1').replace(/"(?:[^"\\]|\\.)*"/g, '');
  if (/-|\d[.eE]/.test(bare)) context.report('ST-HEADER', 'a number is not a plain integer', 8);
}

function checkTensors(
  document: { [key: string]: Json },
  source: ByteSource,
  start: number,
  context: ScanContext,
): void {
  const room = source.size - start;
  const parts: { name: string; from: number; to: number }[] = [];
  for (const [name, entry] of Object.entries(document)) {
    if (name === '__metadata__') {
      const plain = isObject(entry) && Object.values(entry).every((v) => typeof v === 'string');
      if (!plain) context.report('ST-HEADER', '__metadata__ is not a table of texts', 8);
      continue;
    }
    const offsets = isObject(entry) ? entry.data_offsets : undefined;
    const [from, to] = Array.isArray(offsets) ? offsets : [];
    if (!isObject(entry) || !isCount(from) || !isCount(to) || (offsets as Json[]).length !== 2) {
      context.report('ST-HEADER', `${name.slice(0, 100)} has no valid data offsets`, 8);
      continue;
    }
    if (to < from || to > room) {
      context.report('ST-LAYOUT', `${name.slice(0, 100)} lies at ${from} to ${to} of ${room} bytes`, start);
      continue;
    }
    const expected = byteLength(entry);
    if (expected === undefined)
      context.report('ST-HEADER', `${name.slice(0, 100)} has no valid type and shape`, 8);
    else if (expected !== to - from) {
      context.report(
        'ST-LAYOUT',
        `${name.slice(0, 100)} has ${to - from} bytes where its type and shape need ${expected}`,
        start + from,
      );
    }
    parts.push({ name, from, to });
  }
  checkGaps(parts, source, start, context);
}

const isCount = (value: Json | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

function byteLength(entry: { [key: string]: Json }): number | undefined {
  const { dtype, shape } = entry;
  const bits = typeof dtype === 'string' && Object.hasOwn(DTYPE_BITS, dtype) ? DTYPE_BITS[dtype] : undefined;
  if (bits === undefined || !Array.isArray(shape)) return undefined;
  let total = bits;
  for (const size of shape) {
    if (!isCount(size)) return undefined;
    total *= size;
  }
  return total / 8;
}

function checkGaps(
  parts: { name: string; from: number; to: number }[],
  source: ByteSource,
  start: number,
  context: ScanContext,
): void {
  parts.sort((a, b) => a.from - b.from || a.to - b.to);
  let at = 0;
  const gap = (to: number): void => {
    context.report('ST-LAYOUT', `${to - at} bytes at ${at} belong to no tensor`, start + at);
    context.member(`(gap at ${start + at})`, new SliceSource(source, start + at, to - at), { as: 'residue' });
  };
  for (const { name, from, to } of parts) {
    if (from < at) context.report('ST-LAYOUT', `${name.slice(0, 100)} overlaps another tensor`, start + from);
    else if (from > at) gap(from);
    at = Math.max(at, to);
  }
  if (at < source.size - start) gap(source.size - start);
}
