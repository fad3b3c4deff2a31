import { expect } from 'chai';
import fc from 'fast-check';
import { isModelsealError } from '../../core/errors/index.js';
import { detectRuntimeFormat, SafetensorsFile } from '../../loader/runtime/index.js';
import { findExternalTensors } from '../../loader/runtime/onnx/model.js';
import { external, graph, len, matMulModel, model, tensor } from '../support/onnx.js';

/** Runs `work` and lets nothing but our own errors pass; returns whether it succeeded. */
function tolerated(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return false;
  }
}

const hidden = Buffer.from(
  model(graph(tensor('w'), len(5, tensor('h', external({ location: 'secret.bin' }))))),
);

describe('runtimes on hostile bytes', () => {
  it('ONNX: arbitrary bytes, and a model with one byte changed, end in a result or in our error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        tolerated(() => findExternalTensors(bytes, 'f'));
        detectRuntimeFormat(bytes);
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.nat(hidden.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(hidden);
        bytes[at] = value;
        tolerated(() => findExternalTensors(bytes, 'f'));
      }),
      { numRuns: 5000 },
    );
  });

  it('ONNX: a reference stays found wherever unknown fields are put before it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 2 ** 28 }), fc.uint8Array({ maxLength: 50 }), (field, junk) => {
        const bytes = Buffer.concat([len(field, junk), hidden]);
        expect(findExternalTensors(bytes, 'f').map((t) => t.location)).to.deep.equal(['secret.bin']);
      }),
    );
  });

  it('ONNX: deep and wide models cost time in proportion to their size', () => {
    let nested = Buffer.from(matMulModel());
    for (let i = 0; i < 95; i++) nested = Buffer.concat([len(7, nested)]);
    const wide = Buffer.concat(
      Array.from({ length: 20_000 }, () => len(7, len(1, len(5, len(6, len(2, 'g')))))),
    );
    tolerated(() => findExternalTensors(nested, 'f'));
    tolerated(() => findExternalTensors(wide, 'f'));
  });

  it('safetensors: arbitrary headers end in tensors or in our error', async () => {
    const load = async (header: string, data: Uint8Array): Promise<void> => {
      const text = Buffer.from(header);
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(text.length));
      const bytes = Buffer.concat([size, text, data]);
      try {
        const file = await SafetensorsFile.load({ has: () => true, read: async () => bytes }, 'f');
        for (const t of file.tensors.values()) expect(t.data.byteLength).to.equal(t.bytes);
      } catch (error) {
        if (!isModelsealError(error)) throw error;
      }
    };
    const entry = fc.record({
      dtype: fc.constantFrom('F32', 'F16', 'I64', 'U8', 'F4', 'F6_E2M3', 'C64', 'X'),
      shape: fc.array(fc.oneof(fc.nat(4), fc.constant(-1), fc.constant(0.5), fc.constant(1e300)), {
        maxLength: 3,
      }),
      data_offsets: fc.array(fc.oneof(fc.nat(64), fc.constant(2 ** 60)), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.dictionary(fc.string(), fc.oneof(entry, fc.jsonValue())).map((d) => JSON.stringify(d)),
          fc.string(),
        ),
        fc.uint8Array({ maxLength: 64 }),
        load,
      ),
      { numRuns: 2000 },
    );
  });
});
