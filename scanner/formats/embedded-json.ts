import type { ByteSource } from '../../core/formats/source.js';
import type { ScanContext } from '../types.js';
import { scanConfig } from './config.js';
import { type Json, parseJson } from './json.js';
import { isKerasConfig, scanKeras } from './keras.js';

const STEP = 4 << 20;
/** The longest configuration of a model met has a few megabytes; one may lie across two steps. */
const OVERLAP = 4 << 20;
/** Every brace may start an object, and each is followed to its end: in all at most this multiple of the size. */
const COST_FACTOR = 16;
/** Objects shorter than this configure nothing. */
const MIN_LENGTH = 16;

/** Finds JSON objects inside binary data and looks at each as a configuration. */
export function scanEmbeddedJson(source: ByteSource, context: ScanContext): void {
  let done = 0;
  let cost = 0;
  for (let from = 0; from < source.size; from += STEP) {
    const bytes = Buffer.from(source.read(from, STEP + OVERLAP));
    if (!context.spend(Math.min(STEP, bytes.length))) return;
    for (let at = bytes.indexOf(0x7b, Math.max(0, done - from)); at >= 0 && at < STEP; ) {
      const { end, looked } = startsObject(bytes, at) ? objectEnd(bytes, at) : { end: -1, looked: 0 };
      cost += looked;
      if (cost > source.size * COST_FACTOR + OVERLAP) {
        context.unparsed('it holds too much that looks like a configuration and is none', from + at);
        return;
      }
      if (end - at >= MIN_LENGTH) {
        if (!context.spend(end - at)) return;
        const document = parseJson(bytes.toString('utf8', at, end));
        if (document !== undefined) {
          judge(document, context);
          done = from + end;
        }
      }
      at = bytes.indexOf(0x7b, Math.max(at + 1, done - from));
    }
  }
}

function judge(document: Json, context: ScanContext): void {
  if (isKerasConfig(document)) scanKeras(document, context);
  scanConfig(document, context);
}

const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

function startsObject(bytes: Buffer, at: number): boolean {
  let next = at + 1;
  while (BLANKS.has(bytes[next] ?? 0)) next++;
  return bytes[next] === 0x22;
}

/** One past the brace that closes the object at `at`, -1 where binary data or the end come first; and what it cost. */
function objectEnd(bytes: Buffer, at: number): { end: number; looked: number } {
  let depth = 0;
  let inString = false;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte < 0x20 && !BLANKS.has(byte)) return { end: -1, looked: i - at };
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) {
      inString = true;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
      if (depth === 0) return { end: i + 1, looked: i - at };
    }
  }
  return { end: -1, looked: bytes.length - at };
}
