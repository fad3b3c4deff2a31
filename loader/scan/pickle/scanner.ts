import type { ByteSource } from '../source.js';
import type { FormatScanner, ScanContext } from '../types.js';
import type { PickleSink } from './effects.js';
import { EmbeddedSearch } from './embedded.js';
import { Collected } from './findings.js';
import { PickleMachine } from './machine.js';
import type { PickleRule } from './rules.js';
import { type StreamSink, type StreamSummary, scanPickle } from './stream.js';

/** Findings of one rule reported one by one; a hostile file could name millions of objects. */
const MAX_PER_RULE = 64;
/** How far into an unknown file a pickle behind garbage is looked for. */
const SEARCH_BYTES = 1 << 20;
/** A text pickle shows what it is within this. */
const TRIAL_BYTES = 1 << 16;

/** Binary opcodes that may follow PROTO in a pickle that Python wrote. */
const AFTER_PROTO = new Set([
  ...Buffer.from(
    '\x95(])}cNKMJIGFLXUTSVCBPQ\x8c\x8d\x8a\x8b\x88\x89\x8e\x8f\x96\x97\x85.\x82\x83\x84',
    'latin1',
  ),
]);

/** Python pickles of every protocol, alone, in sequence, behind garbage, and with what PyTorch and joblib add. */
export const pickleScanner: FormatScanner = {
  format: 'pickle',

  detect(head, source): 'certain' | 'possible' | 'no' {
    if (head[0] === 0x80 && (head[1] ?? 0xff) <= 5) {
      return AFTER_PROTO.has(head[2] ?? -1) ? 'certain' : 'possible';
    }
    const text = detectText(source);
    if (text !== 'no') return text;
    return pickleBehindGarbage(source) >= 0 ? 'possible' : 'no';
  },

  scan(source, context): void {
    const sink = contextSink(source, context);
    const head = source.read(0, 2);
    if (head[0] === 0x80 || detectText(source) !== 'no') {
      scanPickle(source, sink);
      return;
    }
    if (new EmbeddedSearch(source, sink).run(0) > 0) {
      sink.finding('PKL-LEADING-DATA', 'a pickle that is a threat begins behind other data', 0);
    } else sink.unparsed('no pickle is where one was expected');
  },
};

/** Scans a pickle that another scanner has found, as `context` sees it. */
export function scanPickleMember(source: ByteSource, context: ScanContext): StreamSummary {
  return scanPickle(source, contextSink(source, context));
}

/** Reports every dangerous pickle within bytes of whatever kind; returns how many there are. */
export function searchPickles(source: ByteSource, context: ScanContext): number {
  return new EmbeddedSearch(source, contextSink(source, context)).run(0);
}

function contextSink(source: ByteSource, context: ScanContext): StreamSink {
  const seen = new Set<string>();
  const counts = new Map<PickleRule, number>();
  return {
    finding(rule, message, offset) {
      const count = (counts.get(rule) ?? 0) + 1;
      if (count > MAX_PER_RULE) return;
      const key = `${rule} ${message}`;
      if (seen.has(key)) return;
      seen.add(key);
      counts.set(rule, count);
      context.report(rule, message, offset);
    },
    nested(name, offset, length) {
      context.member(name, new Slice(source, offset, Math.min(length, source.size - offset)));
    },
    spend: (units) => context.spend(units),
    unparsed: (reason, offset) => context.unparsed(reason, offset),
  };
}

/** A part of a source. */
class Slice implements ByteSource {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #start: number;

  constructor(source: ByteSource, start: number, size: number) {
    this.#source = source;
    this.#start = start;
    this.size = Math.max(0, size);
  }

  read(offset: number, length: number): Uint8Array {
    return this.#source.read(this.#start + offset, Math.max(0, Math.min(length, this.size - offset)));
  }
}

/** A sink for trials: nothing is reported, and the trial pays from a budget of its own. */
function trialSink(): PickleSink {
  let left = 4 * TRIAL_BYTES;
  return {
    finding: () => {},
    nested: () => {},
    spend(units) {
      left -= units;
      return left >= 0;
    },
  };
}

/**
 * Protocols 0 and 1 begin with no marker: their first bytes are tried as opcodes, by Python's own strictness. Ordinary
 * text and binaries fail at once, because most letters are no opcode or lack what they need on the stack.
 */
function detectText(source: ByteSource): 'certain' | 'possible' | 'no' {
  if (source.size === 0) return 'no';
  const collected = new Collected(trialSink());
  const machine = new PickleMachine(source, collected);
  const end = machine.run(0, { strict: true, limit: TRIAL_BYTES });
  if (end.stopped) return end.opcodes >= 3 || end.end === source.size ? 'certain' : 'possible';
  // A dangerous import before a fault has already happened when Python reaches the fault.
  if (collected.severe) return 'certain';
  const cut = end.problem?.reason.includes('longer than') || end.problem?.reason.includes('budget');
  if (cut) return end.opcodes >= 64 ? 'certain' : 'possible';
  return 'no';
}

/** Offset of a pickle that begins after other bytes and is a threat, -1 where there is none. */
function pickleBehindGarbage(source: ByteSource): number {
  let found = -1;
  const sink: PickleSink = {
    ...trialSink(),
    finding: (_rule, _message, offset) => {
      if (found < 0) found = offset;
    },
    spend: () => true,
  };
  new EmbeddedSearch(source, sink).run(0, Math.min(source.size, SEARCH_BYTES));
  return found;
}
