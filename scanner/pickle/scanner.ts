import type { ByteSource } from '../../core/formats/source.js';
import type { FormatScanner, ScanContext } from '../types.js';
import type { PickleSink } from './effects.js';
import { EmbeddedSearch, reportMissed } from './embedded.js';
import { Collected } from './findings.js';
import { PickleMachine } from './machine.js';
import type { PickleRule } from './rules.js';
import { type StreamSink, scanPickle } from './stream.js';

/** Findings of one rule reported one by one; a hostile file could name millions of objects. */
const MAX_PER_RULE = 64;
/** How far into an unknown file a pickle behind garbage is looked for. */
const SEARCH_BYTES = 1 << 16;
/** A pickle shows what it is within this. */
const TRIAL_BYTES = 1 << 16;
/** Random bytes run this many opcodes about once in 10^12 files. */
const MANY_OPCODES = 12;
const PROTO = 0x80;
/** Opcodes of protocols 0 and 1 that need nothing on the stack; no pickle Python accepts begins with another. */
const FIRST = new Set(Buffer.from('(BCFGIJKLMNPSTUVX])}ci'));

/** Python pickles of every protocol, alone, in sequence, behind garbage, and with what PyTorch and joblib add. */
export const pickleScanner: FormatScanner = {
  format: 'pickle',

  detect(head, source): 'certain' | 'possible' | 'no' {
    const found = tryPickle(source);
    if (found !== 'no') return found;
    // A protocol marker whose pickle is damaged from the start on; or two bytes by chance.
    if (head[0] === PROTO && (head[1] ?? 0xff) <= 5) return 'possible';
    // A protocol that does not exist makes Python stop; what follows is a threat to readers that go on.
    if (head[0] === PROTO && isThreat(source)) return 'certain';
    return pickleBehindGarbage(source) ? 'possible' : 'no';
  },

  scan(source, context): void {
    const sink = contextSink(context);
    if (source.read(0, 1)[0] === PROTO || tryPickle(source) !== 'no') {
      if (scanPickle(source, sink).torchLegacy) context.recognised('pytorch-legacy');
      return;
    }
    const search = new EmbeddedSearch(source, sink);
    const found = search.run(0);
    reportMissed(search, sink);
    if (found > 0) {
      sink.finding('PKL-LEADING-DATA', 'a pickle that is a threat begins behind other data', 0);
    } else sink.unparsed('no pickle is where one was expected');
  },
};

/** Reports every dangerous pickle within bytes of whatever kind; returns how many there are. */
export function searchPickles(source: ByteSource, context: ScanContext): number {
  const sink = contextSink(context);
  const search = new EmbeddedSearch(source, sink);
  const found = search.run(0);
  reportMissed(search, sink);
  return found;
}

function contextSink(context: ScanContext): StreamSink {
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
    nested: (name, bytes) => context.member(name, bytes),
    spend: (units) => context.spend(units),
    unparsed: (reason, offset) => context.unparsed(reason, offset),
  };
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
 * Tries the first bytes as opcodes, by Python's own strictness. Ordinary text and binaries fail at once, because most
 * bytes are no opcode or lack what they need on the stack; a few opcodes in a row happen by chance, many do not.
 */
function tryPickle(source: ByteSource): 'certain' | 'possible' | 'no' {
  const first = source.read(0, 1)[0] ?? 0;
  if (first < PROTO && !FIRST.has(first)) return 'no';
  const collected = new Collected(trialSink());
  const end = new PickleMachine(source, collected).run(0, { strict: true, limit: TRIAL_BYTES });
  // A dangerous import before a fault has already happened when Python reaches the fault.
  if (collected.severe) return 'certain';
  // A few long strings reach the limit as well: what they hide counts, and costs no more to get to.
  if (end.opcodes < MANY_OPCODES && end.end > TRIAL_BYTES && isThreat(source, true)) return 'certain';
  const cut = end.problem?.reason.includes('longer than') || end.problem?.reason.includes('budget');
  if (end.stopped) return end.opcodes >= MANY_OPCODES || end.end === source.size ? 'certain' : 'possible';
  if (cut) return end.opcodes >= MANY_OPCODES || source.read(0, 1)[0] === PROTO ? 'certain' : 'possible';
  const begun = end.opcodes >= MANY_OPCODES && source.read(0, 1)[0] === PROTO;
  return begun ? 'certain' : 'no';
}

/** True where the first opcodes, wherever they lead, name a dangerous object. */
function isThreat(source: ByteSource, strict = false): boolean {
  const collected = new Collected(trialSink());
  new PickleMachine(source, collected).run(0, { strict });
  return collected.severe;
}

/** True where a pickle that is a threat begins after other bytes. */
function pickleBehindGarbage(source: ByteSource): boolean {
  let found = false;
  const sink: PickleSink = {
    finding: () => {
      found = true;
    },
    nested: () => {},
    spend: () => true,
  };
  new EmbeddedSearch(source, sink).run(0, Math.min(source.size, SEARCH_BYTES));
  return found;
}
