// biome-ignore-all lint/suspicious/noControlCharactersInRegex: magic numbers and control characters are what it looks for
import {
  type ByteSource,
  CHUNK_BYTES,
  copyOf,
  MemorySource,
  SliceSource,
} from '../../core/formats/source.js';
import type { FormatScanner } from '../types.js';
import { type Expander, inflateGzip, inflateZlib } from './expand.js';
import { expandBzip2, expandLz4, expandLzmaAlone, expandXz, expandZfile, expandZstd } from './expanders.js';

/** A compressed stream is read into memory to be expanded. */
const MAX_COMPRESSED_BYTES = 1 << 30;
/** See zip-scan.ts: beyond both of these it is a bomb, unless it is an array of equal numbers. */
const BOMB_RATIO = 200;
const BOMB_BYTES = 32 << 20;

interface Kind {
  readonly name: string;
  readonly magic: RegExp;
  readonly expand: Expander;
  /** The magic is too short to be certain: the start must decompress as well. */
  readonly trial?: true;
}

const KINDS: readonly Kind[] = [
  { name: 'gzip', magic: /^\x1f\x8b\x08/, expand: inflateGzip },
  {
    name: 'zlib',
    magic:
      /^(?:\x78[\x01\x5e\x9c\xda]|\x18[\x19\x57\x95\xd3]|\x28[\x15\x53\x91\xcf]|\x38[\x11\x4f\x8d\xcb]|\x48[\x0d\x4b\x89\xc7]|\x58[\x09\x47\x85\xc3]|\x68[\x05\x43\x81\xde])/,
    expand: inflateZlib,
    trial: true,
  },
  { name: 'bzip2', magic: /^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/, expand: expandBzip2 },
  { name: 'xz', magic: /^\xfd7zXZ\0/, expand: expandXz },
  {
    name: 'lzma',
    magic:
      /^[\x00-\xe0]\0(?:\0[\x01-\xff]|[\x10-\xff][\x00-\xff])[\x00-\x40](?:\xff{8}|[\x00-\xff]{5}\0{3})\0/,
    expand: expandLzmaAlone,
    trial: true,
  },
  { name: 'lz4', magic: /^\x04\x22\x4d\x18/, expand: expandLz4 },
  { name: 'zfile', magic: /^ZF0x[0-9a-f]{1,16}L? *x/, expand: expandZfile },
  { name: 'zstd', magic: /^\x28\xb5\x2f\xfd/, expand: expandZstd },
];

/** How much of a stream with a short magic must decompress before it counts as one. */
const TRIAL_BYTES = 4096;

function kindOf(head: Uint8Array): Kind | undefined {
  const text = Buffer.from(head.subarray(0, 24)).toString('latin1');
  return KINDS.find(({ magic, trial, expand }) => {
    if (!magic.test(text)) return false;
    if (!trial) return true;
    const { bytes, problem } = expand(head.subarray(0, TRIAL_BYTES), 1 << 22);
    return bytes.length > 0 && (problem === undefined || bytes.length >= Math.min(64, head.length));
  });
}

/** Compressed streams as joblib and others write them; the content is scanned as a file of its own. */
export const streamScanner: FormatScanner = {
  format: 'compressed',
  detect: (head) => (kindOf(head) ? 'certain' : 'no'),
  scan(source, context) {
    const kind = kindOf(Uint8Array.from(source.read(0, TRIAL_BYTES)));
    const input = source.size <= MAX_COMPRESSED_BYTES ? copyOf(source, 0, source.size) : undefined;
    if (!kind || !input) {
      context.unparsed('the compressed stream is too large');
      return;
    }
    context.recognised(kind.name);
    if (!context.spend(source.size)) return;
    const { bytes, consumed, problem, tooLarge } = kind.expand(input, context.expandable);
    const ratio = Math.round(bytes.length / Math.max(1, source.size));
    if ((bytes.length >= BOMB_BYTES && ratio >= BOMB_RATIO && !isData(bytes)) || (tooLarge && ratio >= 100)) {
      context.report('ARC-BOMB', `it expands ${ratio} times`, 0);
    }
    if (problem !== undefined) context.unparsed(problem);
    const inside = context.expand(bytes.length);
    if (inside && bytes.length > 0) context.member(`(${kind.name})`, new MemorySource(bytes));
    if (consumed < source.size) scanRest(source, consumed, context);
  },
};

function isData(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 6)).toString('latin1');
  return start === '\x93NUMPY' || /^\x80[\x02-\x05]/.test(start);
}

function scanRest(source: ByteSource, end: number, context: Parameters<FormatScanner['scan']>[1]): void {
  const rest = new SliceSource(source, end, source.size - end);
  // Tape archivers pad with zeros.
  if (rest.size <= CHUNK_BYTES && rest.read(0, rest.size).every((byte) => byte === 0)) return;
  context.report('ARC-TRAILING', `${rest.size} bytes follow the compressed stream`, end);
  context.member('(behind the stream)', rest, { as: 'residue' });
}
