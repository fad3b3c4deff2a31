import { expect } from 'chai';
import fc from 'fast-check';
import { pickle } from '../support/pickle-builder.js';
import { CORPUS } from '../corpora/pickles.js';
import { GADGETS } from '../corpora/pickle-gadgets.js';
import { scanBytes } from './pickle-support.js';

/** Work of a scan: a bounded multiple of the size, plus the fixed trials of detection. */
const bound = (size: number): number => 16 * size + (1 << 20);

describe('pickle scanner: properties', () => {
  it('reads random bytes without fault and in bounded work', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        expect(scanBytes(bytes).spent).to.be.at.most(bound(bytes.length));
      }),
      { numRuns: 300 },
    );
  });

  it('reads random opcodes without fault and in bounded work', () => {
    const codes = [
      ...Buffer.from('JKMLISTUBCXVNFG]aelt)}sud012(ghjpqrcRbio.PQ', 'latin1'),
      0x85,
      0x86,
      0x87,
      0x8f,
      0x90,
      0x91,
      0x93,
      0x94,
      0x95,
      0x81,
      0x92,
      0x97,
      0x98,
      0x8c,
      0x8a,
      0x88,
      0x80,
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...codes), fc.nat(3)), { maxLength: 2000 }), (ops) => {
        const bytes = Uint8Array.from([0x80, 4, ...ops]);
        expect(scanBytes(bytes).spent).to.be.at.most(bound(bytes.length));
      }),
      { numRuns: 300 },
    );
  });

  it('survives every mutation of the corpus', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...CORPUS),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        ({ bytes }, changes, cut) => {
          const mutated = Uint8Array.from(bytes);
          for (const [at, value] of changes) mutated[at % mutated.length] = value;
          const part = mutated.subarray(0, Math.max(1, mutated.length - (cut % 3)));
          expect(scanBytes(part).spent).to.be.at.most(bound(part.length));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never calls clean what reaches a dangerous global, whatever data surrounds it', () => {
    const data = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('str' as const), value: fc.string({ maxLength: 300 }) }),
        fc.record({ kind: fc.constant('int' as const), value: fc.nat(1e6) }),
        fc.record({ kind: fc.constant('bytes' as const), value: fc.uint8Array({ maxLength: 300 }) }),
        fc.record({ kind: fc.constant('memo' as const), value: fc.nat(300) }),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...GADGETS),
        data,
        data,
        fc.nat(5),
        fc.boolean(),
        fc.boolean(),
        (gadget, before, after, protocol, stack, whole) => {
          const builder = pickle(protocol);
          const write = (items: typeof before): void => {
            for (const item of items) {
              if (item.kind === 'str') builder.str(item.value);
              else if (item.kind === 'int') builder.int(item.value);
              else if (item.kind === 'bytes') builder.bytes(item.value);
              else builder.int(1).put(item.value);
            }
          };
          builder.mark();
          write(before);
          if (stack) builder.stackGlobal(...gadget);
          else builder.global(...gadget);
          builder.str('x').tuple1().reduce();
          write(after);
          builder.tuple();
          if (whole) builder.stop();
          const seen = scanBytes(builder.done());
          expect(seen.verdict, seen.messages.join('; ')).to.equal('malicious');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('ends a pickle of a billion values, and one of endless memo reads, at once', () => {
    const laughs = pickle(2).op(']').put(0);
    for (let i = 0; i < 10000; i++)
      laughs
        .op(']')
        .op('r', Uint8Array.of(i & 255, i >> 8, 1, 0))
        .mark()
        .get(0)
        .get(0)
        .op('e');
    const started = performance.now();
    expect(scanBytes(laughs.stop().done()).spent).to.be.below(1 << 20);
    expect(performance.now() - started).to.be.below(1000);
  });

  it('stops when its budget is spent, and says so', () => {
    const bytes = new Uint8Array(2 << 20).fill(0x4e);
    bytes.set([0x80, 4]);
    const seen = scanBytes(bytes, 1 << 20);
    expect(seen.verdict).to.equal('unparsed');
  });
});
