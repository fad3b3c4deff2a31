/** The files of the application: it reads a model folder and classifies documents with it. */
export const APPLICATION: Readonly<Record<string, string>> = {
  'package.json': `${JSON.stringify({ name: 'classify', version: '1.0.0', type: 'module', private: true }, null, 2)}\n`,
  'classifier.js': `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

function fnv1a(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function features(text, { dimension, letters, minimumLength }) {
  const vector = new Float64Array(dimension);
  const count = (feature) => {
    const hash = fnv1a(feature);
    vector[(hash >>> 1) % dimension] += hash & 1 ? 1 : -1;
  };
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    if (word.length < minimumLength) continue;
    count(word);
    const framed = '<' + word + '>';
    for (let i = 0; i + letters <= framed.length; i++) count('#' + framed.slice(i, i + letters));
  }
  const norm = Math.sqrt(vector.reduce((sum, v) => sum + v * v, 0)) || 1;
  return Float32Array.from(vector, (v) => v / norm);
}

export async function openClassifier(folder) {
  const json = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const config = json('config.json');
  const labels = json('labels.json');
  const tokenizer = json('tokenizer.json');
  const session = await ort.InferenceSession.create(readFileSync(join(folder, 'model.onnx')));
  return {
    async classify(text) {
      const input = new ort.Tensor('float32', features(text, tokenizer), [1, tokenizer.dimension]);
      const outputs = await session.run({ [config.input]: input });
      const probabilities = outputs[config.output].data;
      return { label: labels[probabilities.indexOf(Math.max(...probabilities))], probabilities };
    },
  };
}
`,
  'main.js': `import { openClassifier } from './classifier.js';

const { model, documents, rounds, optimiser } = JSON.parse(process.argv[2]);
const plain = await openClassifier(model);
const classifier = optimiser ? (await import(optimiser)).optimise(plain) : plain;

const outputs = [];
for (const text of documents) {
  const { label, probabilities } = await classifier.classify(text);
  const { buffer, byteOffset, byteLength } = probabilities;
  outputs.push({ label, bits: Buffer.from(buffer, byteOffset, byteLength).toString('hex') });
}
// Both by turns, so that whatever else the machine does meets both alike.
const times = { plain: [], optimised: [] };
for (let round = 0; round < rounds; round++) {
  for (const text of documents) {
    for (const [name, model] of [['plain', plain], ['optimised', classifier]]) {
      const started = performance.now();
      await model.classify(text);
      times[name].push(performance.now() - started);
    }
  }
}
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1] ?? 0;
console.log(JSON.stringify({ outputs, plain: median(times.plain), optimised: median(times.optimised) }));
`,
};

/** What the application is told, as its only argument. */
export interface ProgramInput {
  readonly model: string;
  readonly documents: readonly string[];
  /** How often all documents are classified again, to measure the latency. */
  readonly rounds: number;
  readonly optimiser?: string;
}

/** Label and probabilities of one document; the probabilities bit for bit, as hexadecimal float32. */
export interface Classified {
  readonly label: string;
  readonly bits: string;
}

/** What the application prints. */
export interface ProgramOutput {
  readonly outputs: readonly Classified[];
  /** Median time of one classification without and with the optimiser, in milliseconds. */
  readonly plain: number;
  readonly optimised: number;
}
