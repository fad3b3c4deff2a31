import type { ByteSource } from '../../core/formats/source.js';
import { leadsToImport } from './candidate.js';
import type { PickleSink } from './effects.js';
import { Collected } from './findings.js';
import { judgeGlobal } from './judge.js';
import { PickleMachine } from './machine.js';
import { textGlobals } from './text-globals.js';

const STEP = 1 << 20;
/** A GLOBAL or INST opcode of at most this length may lie across two steps. */
const OVERLAP = 512;
/** Opcodes of one candidate that are looked at; by then a payload has named what it calls. */
const CANDIDATE_BYTES = 1 << 20;
/** What starting the machine, and each import, costs in opcodes. */
const CANDIDATE_COST = 64;
const IMPORT_COST = 64;
/** Names found in plain text; by then there is no doubt, and a hostile file holds millions. */
const MAX_TEXT_FINDINGS = 64;
/**
 * Candidates in all cost at most this multiple of what is searched. Weights stay far below it, even where every second
 * byte is the one that a pickle begins with: what follows by chance is no opcode soon.
 */
const COST_FACTOR = 8;

/**
 * Looks for pickles within other bytes: behind garbage, behind damage, within data nobody accounts for. Whatever a
 * loader might be told to seek to is found by its PROTO opcode, or by a GLOBAL that names a dangerous object.
 */
export class EmbeddedSearch {
  readonly #source: ByteSource;
  readonly #sink: PickleSink;
  #found = 0;
  #texts = 0;
  #budget = 0;
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
    this.#budget = (to - from) * COST_FACTOR + 4 * CANDIDATE_BYTES;
    for (let at = from; at < to; at += STEP) {
      const bytes = Buffer.from(this.#source.read(at, Math.min(STEP + OVERLAP, to - at)));
      if (bytes.length === 0 || !this.#sink.spend(bytes.length >> 3)) break;
      this.#textGlobals(bytes, at);
      this.#candidates(bytes, at);
    }
    return this.#found;
  }

  #candidates(bytes: Buffer, at: number): void {
    for (let i = bytes.indexOf(0x80); i >= 0 && i < STEP; i = bytes.indexOf(0x80, i + 1)) {
      const protocol = bytes[i + 1] ?? 0xff;
      if (protocol < 1 || protocol > 5) continue;
      if (this.#budget <= 0) {
        if (this.missed < 0) this.missed = at + i;
        return;
      }
      const { steps, leads } = leadsToImport(bytes, i);
      this.#budget -= steps;
      if (!leads) continue;
      const end = this.#candidate(at + i);
      if (end > at + i + 2) i = Math.max(i, Math.min(end - at - 1, bytes.length));
    }
  }

  /** @returns Offset up to which the candidate was followed; its own where it is nothing. */
  #candidate(at: number): number {
    const collected = new Collected(this.#sink);
    this.#machine ??= new PickleMachine(this.#source, collected);
    this.#machine.effects.sink = collected;
    const { end } = this.#machine.run(at, { limit: CANDIDATE_BYTES });
    this.#budget -= CANDIDATE_COST + Math.min(CANDIDATE_BYTES, Math.max(0, end - at));
    this.#budget -= IMPORT_COST * this.#machine.effects.imports;
    if (!collected.severe) return at;
    this.#found++;
    collected.flushSevere();
    return end;
  }

  #textGlobals(bytes: Buffer, at: number): void {
    if (this.#texts > MAX_TEXT_FINDINGS) return;
    for (const { module, name, offset } of textGlobals(bytes, STEP)) {
      const judgement = judgeGlobal(module, name);
      if (judgement.allowed || judgement.rule !== 'PKL-GLOBAL-DANGEROUS') continue;
      this.#found++;
      if (++this.#texts > MAX_TEXT_FINDINGS) return;
      this.#sink.finding(judgement.rule, `${module}.${name} ${judgement.why}`, at + offset);
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
