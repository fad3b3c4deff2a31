import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELD_OUT, LABELS, TRAINING } from '../corpus/index.js';
import { features, TOKENIZER } from './features.js';
import { forward, type Network } from './network.js';
import { encodeOnnx } from './onnx-writer.js';
import { TRAINING_OPTIONS, train } from './train.js';

export interface TrainedModel {
  readonly network: Network;
  /** Share of the held-out sentences that the model labels correctly. */
  readonly accuracy: number;
  readonly heldOut: number;
  readonly trainedOn: number;
  readonly milliseconds: number;
}

/** Trains the classifier and measures it on sentences it has not seen. */
export function trainClassifier(): TrainedModel {
  const started = performance.now();
  const network = train(TRAINING);
  const milliseconds = performance.now() - started;
  const right = HELD_OUT.filter((e) => predicted(network, e.text) === e.label).length;
  return {
    network,
    accuracy: right / HELD_OUT.length,
    heldOut: HELD_OUT.length,
    trainedOn: TRAINING.length,
    milliseconds,
  };
}

function predicted(network: Network, text: string): (typeof LABELS)[number] | undefined {
  const { probabilities } = forward(network, features(text));
  return LABELS[probabilities.indexOf(Math.max(...probabilities))];
}

/** The files of the model folder: weights as ONNX, and what a consumer needs to use them. */
export function modelFiles(model: TrainedModel): ReadonlyMap<string, Uint8Array> {
  const json = (value: object): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  return new Map([
    ['model.onnx', encodeOnnx(model.network)],
    [
      'config.json',
      json({
        model_type: 'document-classifier',
        architecture: ['Gemm', 'Relu', 'Gemm', 'Softmax'],
        input: 'features',
        output: 'probabilities',
        hidden_size: model.network.hidden,
        num_labels: LABELS.length,
        training: { ...TRAINING_OPTIONS, examples: model.trainedOn },
        held_out: { examples: model.heldOut, accuracy: model.accuracy },
      }),
    ],
    ['labels.json', json([...LABELS])],
    ['tokenizer.json', json(TOKENIZER)],
  ]);
}

export function writeModel(folder: string, model: TrainedModel): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of modelFiles(model)) writeFileSync(join(folder, name), content);
}
