import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { HELD_OUT, LABELS, TRAINING } from '../../demo/corpus/index.js';
import { features, TOKENIZER } from '../../demo/model/features.js';
import { modelFiles, type TrainedModel, trainClassifier } from '../../demo/model/folder.js';
import { forward } from '../../demo/model/network.js';

const onnx = (model: TrainedModel): Uint8Array => modelFiles(model).get('model.onnx') as Uint8Array;

describe('demo model', () => {
  let model: TrainedModel;
  before(() => {
    model = trainClassifier();
  });

  it('has a corpus of distinct sentences, held-out ones apart', () => {
    const all = [...TRAINING, ...HELD_OUT].map((e) => e.text);
    expect(TRAINING).to.have.lengthOf.at.least(240);
    expect(HELD_OUT).to.have.lengthOf.at.least(60);
    expect(new Set(all).size).to.equal(all.length);
    for (const label of LABELS) {
      expect(HELD_OUT.filter((e) => e.label === label)).to.have.lengthOf(HELD_OUT.length / LABELS.length);
    }
  });

  it('labels sentences it has never seen', () => {
    expect(model.accuracy).to.be.greaterThan(0.8);
  });

  it('is the same bytes after every training', () => {
    const digest = (m: TrainedModel): string => createHash('sha256').update(onnx(m)).digest('hex');
    expect(digest(trainClassifier())).to.equal(digest(model));
  });

  it('gives in ONNX Runtime what the network computes', async () => {
    const ort = await import('onnxruntime-web');
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(onnx(model));
    expect(session.inputNames).to.deep.equal(['features']);
    const batch = new Float32Array(HELD_OUT.length * TOKENIZER.dimension);
    HELD_OUT.forEach((e, i) => {
      batch.set(features(e.text), i * TOKENIZER.dimension);
    });
    const { probabilities } = await session.run({
      features: new ort.Tensor('float32', batch, [HELD_OUT.length, TOKENIZER.dimension]),
    });
    const got = probabilities?.data as Float32Array;
    expect(got).to.have.lengthOf(HELD_OUT.length * LABELS.length);
    let right = 0;
    HELD_OUT.forEach((e, i) => {
      const expected = forward(model.network, features(e.text)).probabilities;
      const row = got.slice(i * LABELS.length, (i + 1) * LABELS.length);
      expected.forEach((p, o) => {
        expect(row[o]).to.be.closeTo(p, 1e-5);
      });
      if (LABELS[row.indexOf(Math.max(...row))] === e.label) right++;
    });
    expect(right / HELD_OUT.length).to.equal(model.accuracy);
    await session.release();
  });
});
