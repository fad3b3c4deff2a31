import { expect } from 'chai';
import fc from 'fast-check';
import { MemorySource } from '../../../core/formats/source.js';
import { SafetensorsFile } from '../../../loader/runtime/index.js';
import { findExternalTensors } from '../../../loader/runtime/onnx/model.js';
import { scanSource } from '../../../scanner/scan.js';
import { expectCode } from '../../support/errors.js';
import { safetensors, tensor } from '../../support/model-builder.js';
import { external, graph, len, matMulModel, model, tensor as tensorProto } from '../../support/onnx.js';

/** Files a run; the seed of a failure is printed. More with MODELSEAL_ROUNDS. */
const RUNS = Number(process.env.MODELSEAL_ROUNDS ?? 3000);

/** What the scanner says when the format itself is broken; other rules judge contents. */
const scan = (bytes: Uint8Array, name: string) => scanSource(name, new MemorySource(bytes));

const opens = async (work: () => unknown): Promise<boolean> => {
  try {
    await work();
    return true;
  } catch {
    return false;
  }
};

/** A seed with a few octets changed, taken out or put in: most stay near the format. */
const damaged = (seeds: readonly Uint8Array[], alphabet: fc.Arbitrary<number>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(10_000), fc.constantFrom('set', 'drop', 'add'), alphabet), { maxLength: 3 }),
    )
    .map(([seed, changes]) => {
      const out = [...seed];
      for (const [at, how, octet] of changes) {
        const place = at % Math.max(1, out.length);
        if (how === 'set') out[place] = octet;
        else if (how === 'drop') out.splice(place, 1);
        else out.splice(place, 0, octet);
      }
      return Uint8Array.from(out);
    });

describe('formats: scanner and runtime read the same file', () => {
  it('safetensors: what the scanner calls clean opens, and what opens is clean', async function () {
    this.timeout(60_000);
    const seeds = [
      safetensors(`{"a":${tensor(0, 8)}}`, Buffer.alloc(8)),
      safetensors(`{"a":${tensor(0, 8)},"b":${tensor(8, 16)}}`, Buffer.alloc(16)),
      safetensors(`{"__metadata__":{"format":"pt"},"a":${tensor(0, 8)}}  `, Buffer.alloc(8)),
      safetensors('{"e":{"dtype":"F4","shape":[0,3],"data_offsets":[0,0]}}', Buffer.alloc(0)),
    ];
    const letters = fc.constantFrom(...Buffer.from('{}[]":,0123456789.-eE abF\\\0'));
    let [clean, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(damaged(seeds, letters), async (bytes) => {
        const verdict = scan(bytes, 'm.safetensors');
        const opened = await opens(() =>
          SafetensorsFile.load({ has: () => true, read: async () => bytes }, 'm.safetensors'),
        );
        // A file that is no longer recognised as safetensors is not called clean by that name.
        const isClean = verdict.verdict === 'clean' && verdict.formats.includes('safetensors');
        expect(isClean, Buffer.from(bytes).toString('latin1')).to.equal(opened);
        if (opened) clean++;
        else refused++;
      }),
      { numRuns: RUNS },
    );
    expect(
      [clean, refused].every((count) => count > RUNS / 20),
      `${clean} clean, ${refused} refused`,
    ).to.equal(true);
  });

  it('ONNX: a clean model has external data that the loader finds, and a broken one is not clean', async function () {
    this.timeout(60_000);
    const seeds = [
      matMulModel(),
      matMulModel(external({ location: 'w.bin' })),
      matMulModel(external({ location: 'w.bin', offset: '0', length: '16' })),
    ];
    let clean = 0;
    await fc.assert(
      fc.asyncProperty(damaged(seeds, fc.nat(255)), async (bytes) => {
        const verdict = scan(bytes, 'm.onnx');
        if (verdict.verdict !== 'clean' || !verdict.formats.includes('onnx')) return;
        clean++;
        expect(() => findExternalTensors(bytes, 'm.onnx')).not.to.throw();
      }),
      { numRuns: RUNS },
    );
    expect(clean).to.be.greaterThan(RUNS / 20);
  });

  it('ONNX: an operator that opens files is told by both', () => {
    const bytes = model(graph(tensorProto('w'), len(1, len(3, 'ctx'), len(4, 'EPContext'))));
    expect(scan(bytes, 'm.onnx').findings.map(({ rule }) => rule)).to.include('ONNX-FILE-OPERATOR');
    expectCode('ERR_ONNX_FILE_OPERATOR', () => findExternalTensors(bytes, 'm.onnx'));
  });
});
