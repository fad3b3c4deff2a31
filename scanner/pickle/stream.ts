import type { ByteSource } from '../../core/formats/source.js';
import type { PickleSink } from './effects.js';
import { EmbeddedSearch, reportMissed } from './embedded.js';
import { Collected } from './findings.js';
import { PickleMachine, type RawArray } from './machine.js';
import { KIND } from './values.js';

/** Reports of a whole file: those of its pickles, and that something in it could not be understood. */
export interface StreamSink extends PickleSink {
  unparsed(reason: string, offset?: number): void;
}

/** What was found to be where in a file of pickles. */
export interface StreamSummary {
  readonly pickles: number;
  /** A legacy PyTorch file: magic number, version, platform, object, storage keys, raw storages. */
  readonly torchLegacy: boolean;
}

/** The pickles of a legacy PyTorch file, before its raw storages. */
const TORCH_PICKLES = 5;
/** Array bytes read as opcodes cost at most this multiple of the file, in all: chance ends each after a few. */
const SECOND_READINGS = 2;
const SECOND_READING_BYTES = 1 << 20;

/**
 * Scans a file of one or more pickles, with whatever lies between and behind them.
 *
 * @param start Where the first pickle begins.
 */
export function scanPickle(source: ByteSource, sink: StreamSink, start = 0): StreamSummary {
  const machine = new PickleMachine(source, sink);
  const search = new EmbeddedSearch(source, sink);
  let second = SECOND_READINGS * source.size + SECOND_READING_BYTES;
  machine.onRawArray = (array) => {
    if (second > 0) second -= readAsOpcodes(source, sink, machine, array, second);
  };
  let torchLegacy = false;
  let pickles = 0;
  let at = start;
  for (;;) {
    if (pickles > 0) {
      const next = skipPadding(source, sink, at);
      if (next >= source.size) break;
      if (torchLegacy && pickles === TORCH_PICKLES) {
        at += machine.effects.storages.legacyBytes;
        if (at > source.size) {
          sink.unparsed('the storages of the tensors are cut off', source.size);
          break;
        }
        pickles++;
        continue;
      }
      at = torchLegacy && pickles < TORCH_PICKLES ? at : next;
    }
    if (pickles === 0) {
      const end = machine.run(at);
      if (!end.whole && end.problem)
        sink.unparsed(`the pickle is malformed: ${end.problem.reason}`, end.problem.offset);
      if (!end.stopped) {
        search.run(end.end);
        reportMissed(search, sink);
        break;
      }
      torchLegacy = end.result === KIND.TORCH_MAGIC;
      at = end.end;
    } else {
      const next = furtherPickle(source, sink, machine, at);
      if (next < 0) {
        sink.finding('PKL-TRAILING-DATA', `${source.size - at} bytes follow the end of the pickle`, at);
        search.run(at);
        reportMissed(search, sink);
        break;
      }
      at = next;
    }
    pickles++;
    if (!sink.spend(16)) break;
  }
  return { pickles, torchLegacy };
}

/** @returns Offset after a further pickle, -1 where what is there is none. */
function furtherPickle(source: ByteSource, sink: StreamSink, machine: PickleMachine, at: number): number {
  const collected = new Collected(sink);
  const { effects } = machine;
  const real = effects.sink;
  effects.sink = collected;
  const end = machine.run(at);
  effects.sink = real;
  if (end.whole) {
    collected.flush();
    return end.end;
  }
  // Damaged or no pickle at all: what it would have done up to there counts only where it is beyond doubt.
  collected.flushSevere();
  if (end.stopped && source.read(at, 1)[0] === 0x80) {
    sink.unparsed(`a further pickle is malformed: ${end.problem?.reason ?? ''}`, end.problem?.offset);
    return end.end;
  }
  return -1;
}

/**
 * joblib passes over these bytes; Python's own unpickler would run them, and whatever they lead to further on.
 *
 * @returns Bytes looked at.
 */
function readAsOpcodes(
  source: ByteSource,
  sink: StreamSink,
  outer: PickleMachine,
  array: RawArray,
  budget: number,
): number {
  let used = 0;
  const collected = new Collected({
    ...sink,
    spend(units) {
      used += units;
      return used <= budget && sink.spend(units);
    },
  });
  const machine = new PickleMachine(source, collected, outer);
  machine.effects.joblib = false;
  const end = machine.run(array.offset);
  collected.flushSevere();
  if (used > budget || end.problem?.reason.includes('too deep')) {
    sink.finding('PKL-DUAL-READING', 'the bytes of an embedded array are endless opcodes', array.offset);
  }
  return used;
}

/** Zero bytes and line ends behind a pickle are padding. */
function skipPadding(source: ByteSource, sink: PickleSink, from: number): number {
  let at = from;
  while (at < source.size) {
    const part = source.read(at, 4096);
    if (part.length === 0) return source.size;
    for (let i = 0; i < part.length; i++) {
      const byte = part[i];
      if (byte !== 0 && byte !== 10 && byte !== 13 && byte !== 32) return at + i;
    }
    at += part.length;
    if (!sink.spend(part.length)) return source.size;
  }
  return at;
}
