import { expect } from 'chai';
import { isModelsealError } from '../../../core/errors/index.js';
import { scanSource } from '../../../scanner/scan.js';
import { MemorySource } from '../../../core/formats/source.js';
import { Unpickler, unpickle, unpickleModel } from '../../../scanner/unpickle/index.js';
import { GOOD_PICKLE, torchZip } from '../../support/model-builder.js';
import { legacyTorch, pickle } from '../../support/pickle-builder.js';
import { CORPUS } from '../../corpora/pickles.js';

/** Mutations in all; `MODELSEAL_FUZZ=1000000` runs longer, and another seed other ones. */
const ROUNDS = Number(process.env.MODELSEAL_FUZZ ?? 4000);
const SEED = Number(process.env.MODELSEAL_FUZZ_SEED ?? 1);
/** Nothing here has more than some thousand opcodes; what takes this long does not end. */
const TIME_LIMIT_MS = 40_000;
const LIMIT = 100_000;

/** Every opcode, for insertion. */
const OPCODES = Buffer.from(
  '()]}012.NKJMGIFLSTUVXBCcideablotuspqrghjPQR\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98',
  'latin1',
);

/** A small deterministic generator (mulberry32): a failure is found again by its round. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const legacy = legacyTorch(Uint8Array.of(1, 2, 3, 4));

/** Honest ones that build types, arrays and state, so that mutations reach those as well. */
const dtype = (b = pickle(2)) =>
  b
    .global('numpy', 'dtype')
    .str('V8')
    .int(0)
    .int(1)
    .tuple3()
    .reduce()
    .put(1)
    .mark()
    .int(3)
    .str('|')
    .none()
    .str('a')
    .tuple1()
    .dict()
    .str('a')
    .global('numpy', 'dtype')
    .str('f4')
    .tuple1()
    .reduce()
    .int(0)
    .tuple2()
    .op('s')
    .int(8)
    .int(1)
    .int(16)
    .tuple()
    .op('b');
const array = dtype(
  pickle(2).global('numpy.core.multiarray', '_reconstruct').global('numpy', 'ndarray').int(0).tuple1(),
);
const SEEDS: readonly Uint8Array[] = [
  ...CORPUS.map((c) => c.bytes),
  torchZip(GOOD_PICKLE),
  legacy,
  dtype().stop().done(),
  array.stop().done(),
  ...['range', 'slice', 'bytearray', 'frozenset', 'complex', 'list', 'dict'].map((name) =>
    pickle(4).stackGlobal('builtins', name).op(']').put(1).int(1).op('a').tuple1().reduce().stop().done(),
  ),
];

/** Splits a file at places where opcodes may begin. */
function mutate(seed: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = Buffer.from(seed);
  for (let n = 1 + random(4); n > 0; n--) {
    const at = random(bytes.length + 1);
    switch (random(8)) {
      case 0:
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
        break;
      case 1:
        if (at < bytes.length) bytes[at] = random(256);
        break;
      case 2:
        bytes = bytes.subarray(0, at);
        break;
      case 3: {
        const other = SEEDS[random(SEEDS.length)] ?? seed;
        const from = random(other.length);
        const part = other.subarray(from, from + random(60));
        bytes = Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
        break;
      }
      case 4: {
        const op = OPCODES[random(OPCODES.length)] ?? 0;
        bytes = Buffer.concat([bytes.subarray(0, at), Uint8Array.of(op), bytes.subarray(at)]);
        break;
      }
      case 5: {
        const op = OPCODES[random(OPCODES.length)] ?? 0;
        if (at < bytes.length) bytes[at] = op;
        break;
      }
      case 6: {
        const end = Math.min(bytes.length, at + 1 + random(20));
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
        break;
      }
      default: {
        const unit = Buffer.from(OPCODES.subarray(random(OPCODES.length)).subarray(0, 1 + random(3)));
        const deep = Buffer.alloc(unit.length * (1 + random(300)), unit);
        bytes = Buffer.concat([bytes.subarray(0, at), deep, bytes.subarray(at)]);
      }
    }
  }
  return bytes;
}

/** What the unpickler does not meet: data behind the first pickle, and what Python's other reader would take. */
const ELSEWHERE = ['PKL-DUAL-READING', 'PKL-TRAILING-DATA', 'PKL-LEADING-DATA'];

function check(bytes: Uint8Array, name: string): void {
  const begun = performance.now();
  for (const read of [unpickle, unpickleModel] as const) {
    try {
      read(bytes, { maxOpcodes: LIMIT });
    } catch (error) {
      if (!isModelsealError(error))
        throw new Error(`${name}: ${Buffer.from(bytes).toString('hex')}`, { cause: error });
    }
  }
  const reader = new Unpickler(bytes, { maxOpcodes: LIMIT });
  let whole = true;
  try {
    reader.load();
  } catch {
    whole = false;
  }
  // The bytes of an array of joblib are read as opcodes too by the scanner, as Python's own reader would.
  if (whole && !Buffer.from(bytes).includes('NumpyArrayWrapper')) {
    const grave = scanSource('a.pkl', new MemorySource(bytes)).findings.filter(
      (f) =>
        (f.severity === 'critical' || f.severity === 'high') &&
        !ELSEWHERE.includes(f.rule) &&
        f.location === 'a.pkl' &&
        (f.offset ?? 0) < reader.position,
    );
    expect(grave, `${name}: ${Buffer.from(bytes).toString('hex')}`).to.deep.equal([]);
  }
  expect(performance.now() - begun, `${name}: ${Buffer.from(bytes).toString('hex')}`).to.be.below(
    TIME_LIMIT_MS,
  );
}

describe('unpickler: mutated pickles', function () {
  this.timeout(0);

  it('throws nothing but its own errors, ends, and rebuilds nothing that the scanner calls malicious', () => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = generator(SEED * 1_000_003 + round);
      const seed = SEEDS[random(SEEDS.length)] ?? legacy;
      check(mutate(seed, random), `round ${round} of seed ${SEED}`);
    }
  });
});
