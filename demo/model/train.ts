import { type Example, LABELS } from '../corpus/index.js';
import { features, TOKENIZER } from './features.js';
import { at, forward, type Network } from './network.js';
import { seeded } from './random.js';

interface TrainingOptions {
  readonly seed: number;
  readonly hidden: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Pulls weights towards zero: 320 sentences are few for so many weights. */
  readonly decay: number;
}

export const TRAINING_OPTIONS: TrainingOptions = {
  seed: 20260101,
  hidden: 16,
  epochs: 20,
  learningRate: 0.3,
  decay: 1e-4,
};

/** Trains by stochastic gradient descent on the cross-entropy. The same examples and options give the same bytes. */
export function train(examples: readonly Example[], options: TrainingOptions = TRAINING_OPTIONS): Network {
  const random = seeded(options.seed);
  const { hidden } = options;
  const inputs = TOKENIZER.dimension;
  const outputs = LABELS.length;
  const uniform = (size: number, scale: number): Float32Array =>
    Float32Array.from({ length: size }, () => (random() * 2 - 1) * scale);
  const net: Network = {
    inputs,
    hidden,
    outputs,
    w1: uniform(inputs * hidden, 0.3),
    b1: new Float32Array(hidden),
    w2: uniform(hidden * outputs, 0.3),
    b2: new Float32Array(outputs),
  };
  const data = examples.map((e) => ({ input: features(e.text), target: LABELS.indexOf(e.label) }));
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    // A falling rate lets the last epochs settle instead of jumping about.
    const rate = options.learningRate * (1 - epoch / options.epochs);
    for (const { input, target } of shuffled(data, random)) step(net, input, target, rate, options.decay);
  }
  return net;
}

/** One example: forward, then the gradient of the cross-entropy through softmax and ReLU. */
function step(net: Network, input: Float32Array, target: number, rate: number, decay: number): void {
  const { hidden, probabilities } = forward(net, input);
  const errors = probabilities.map((p, o) => p - (o === target ? 1 : 0));
  const back = new Float64Array(net.hidden);
  for (let h = 0; h < net.hidden; h++) {
    for (let o = 0; o < net.outputs; o++) {
      const k = h * net.outputs + o;
      back[h] = at(back, h) + at(errors, o) * at(net.w2, k);
      net.w2[k] = at(net.w2, k) * (1 - rate * decay) - rate * at(errors, o) * at(hidden, h);
    }
    if (at(hidden, h) <= 0) back[h] = 0;
  }
  for (let o = 0; o < net.outputs; o++) net.b2[o] = at(net.b2, o) - rate * at(errors, o);
  for (let h = 0; h < net.hidden; h++) net.b1[h] = at(net.b1, h) - rate * at(back, h);
  for (let i = 0; i < net.inputs; i++) {
    const x = at(input, i);
    if (x === 0) continue;
    for (let h = 0; h < net.hidden; h++) {
      const k = i * net.hidden + h;
      net.w1[k] = at(net.w1, k) * (1 - rate * decay) - rate * at(back, h) * x;
    }
  }
}

/** Fisher-Yates with the seeded generator. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}
