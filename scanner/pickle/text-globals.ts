import { longestDangerousRoot } from './dangerous.js';
import { mayBeDangerous } from './judge.js';

/** Modules and names longer than this are none. */
const MAX_NAME = 121;
const LINE_FEED = 10;
const DOT = 46;

export interface TextGlobal {
  readonly module: string;
  readonly name: string;
  readonly offset: number;
}

/**
 * Whatever could be a GLOBAL or INST opcode of a dangerous module. Protocol 0 has no marker: `c` or `i`, a module, a
 * line feed, a name, a line feed. A later start within the same word can be meant just as well: "…cos" holds "os".
 *
 * Goes from line feed to line feed, so that each byte is looked at a fixed number of times whatever the bytes are.
 *
 * @param to Only opcodes that begin before this index.
 */
export function* textGlobals(bytes: Buffer, to: number): Generator<TextGlobal> {
  for (let feed = bytes.indexOf(LINE_FEED); feed >= 0; ) {
    const next = bytes.indexOf(LINE_FEED, feed + 1);
    if (next < 0) return;
    if (isName(bytes, feed + 1, next)) yield* startsBefore(bytes, feed, next, to);
    feed = next;
  }
}

function* startsBefore(bytes: Buffer, feed: number, next: number, to: number): Generator<TextGlobal> {
  /** The first dot behind the start, which ends the name of the top-level module. */
  let rootEnd = feed;
  const longest = longestDangerousRoot();
  for (let from = feed - 1; from > 0 && feed - from <= MAX_NAME; from--) {
    const byte = bytes[from] ?? 0;
    if (byte === DOT) rootEnd = from;
    else if (!isWord(byte)) return;
    const opcode = bytes[from - 1];
    if ((opcode !== 0x63 && opcode !== 0x69) || !isFirst(byte) || from - 1 >= to) continue;
    if (rootEnd - from > longest) continue;
    if (!mayBeDangerous(bytes.toString('latin1', from, rootEnd))) continue;
    const module = bytes.toString('latin1', from, feed);
    yield { module, name: bytes.toString('latin1', feed + 1, next), offset: from - 1 };
  }
}

function isName(bytes: Buffer, from: number, to: number): boolean {
  if (to - from > MAX_NAME || !isFirst(bytes[from] ?? 0)) return false;
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0;
    if (byte !== DOT && !isWord(byte)) return false;
  }
  return true;
}

function isFirst(byte: number): boolean {
  const letter = byte | 0x20;
  return (letter >= 97 && letter <= 122) || byte === 95;
}

function isWord(byte: number): boolean {
  return isFirst(byte) || (byte >= 48 && byte <= 57);
}
