import type { ByteSource } from '../source.js';
import type { PickleSink } from './effects.js';
import { Collected } from './findings.js';
import { judgeGlobal } from './judge.js';
import { PickleMachine } from './machine.js';

const STEP = 1 << 20;
/** A GLOBAL or INST opcode of at most this length may lie across two steps. */
const OVERLAP = 512;
/** Opcodes of one candidate that are looked at; by then a payload has named what it calls. */
const CANDIDATE_BYTES = 1 << 20;
/** Names found in plain text; by then there is no doubt, and a hostile file holds millions. */
const MAX_TEXT_FINDINGS = 64;
/** Candidates in all cost at most this multiple of what is searched. */
const COST_FACTOR = 2;

/**
 * Looks for pickles within other bytes: behind garbage, behind damage, within data nobody accounts for. Whatever a
 * loader might be told to seek to is found by its PROTO opcode, or by a GLOBAL that names a dangerous object.
 */
export class EmbeddedSearch {
  readonly #source: ByteSource;
  readonly #sink: PickleSink;
  #found = 0;
  #texts = 0;
  #machine: PickleMachine | undefined;
  /** Offset of the first candidate that was left unread, -1 where there is none. */
  missed = -1;

  constructor(source: ByteSource, sink: PickleSink) {
    this.#source = source;
    this.#sink = sink;
  }

  /** Searches `[from, to)` and reports what is dangerous. Returns the number of pickles that were. */
  run(from: number, to = this.#source.size): number {
    this.#found = 0;
    this.#texts = 0;
    this.missed = -1;
    let budget = (to - from) * COST_FACTOR + 4 * CANDIDATE_BYTES;
    for (let at = from; at < to; at += STEP) {
      const bytes = Buffer.from(this.#source.read(at, Math.min(STEP + OVERLAP, to - at)));
      if (bytes.length === 0 || !this.#sink.spend(bytes.length >> 3)) break;
      this.#textGlobals(bytes, at);
      for (let i = bytes.indexOf(0x80); i >= 0 && i < STEP; i = bytes.indexOf(0x80, i + 1)) {
        const protocol = bytes[i + 1] ?? 0xff;
        if (protocol < 1 || protocol > 5) continue;
        if (budget <= 0) {
          if (this.missed < 0) this.missed = at + i;
          break;
        }
        const end = this.#candidate(at + i);
        budget -= Math.max(64, end - (at + i));
        if (end > at + i + 2) i = Math.max(i, Math.min(end - at - 1, bytes.length));
      }
    }
    return this.#found;
  }

  /** @returns Offset up to which the candidate was followed; its own where it is nothing. */
  #candidate(at: number): number {
    const collected = new Collected(this.#sink);
    this.#machine ??= new PickleMachine(this.#source, collected);
    this.#machine.effects.sink = collected;
    const end = this.#machine.run(at, { limit: CANDIDATE_BYTES });
    if (!collected.severe) return at;
    this.#found++;
    collected.flushSevere();
    return end.end;
  }

  /** Protocol 0 has no marker: `c` or `i`, a module, a line feed, a name, a line feed. */
  #textGlobals(bytes: Buffer, at: number): void {
    if (this.#texts > MAX_TEXT_FINDINGS) return;
    const text = bytes.toString('latin1');
    const pattern = /[ci]([A-Za-z_][\w.]{0,120})\n([A-Za-z_][\w.]{0,120})\n/g;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      // A later start within the same word can be meant just as well: "…cos" holds "os".
      pattern.lastIndex = match.index + 1;
      const judgement = judgeGlobal(match[1] ?? '', match[2] ?? '');
      if (judgement.allowed || judgement.rule !== 'PKL-GLOBAL-DANGEROUS') continue;
      this.#found++;
      if (++this.#texts > MAX_TEXT_FINDINGS) return;
      this.#sink.finding(judgement.rule, `${match[1]}.${match[2]} ${judgement.why}`, at + match.index);
    }
  }
}

/** What was not looked at is never clean. */
export function reportMissed(
  search: EmbeddedSearch,
  sink: { unparsed(reason: string, offset?: number): void },
): void {
  if (search.missed >= 0) sink.unparsed('it holds more possible pickles than were looked at', search.missed);
}
