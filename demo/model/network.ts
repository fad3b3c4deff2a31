/** A perceptron with one hidden layer; matrices are row-major, `[input, output]`. */
export interface Network {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  readonly w1: Float32Array;
  readonly b1: Float32Array;
  readonly w2: Float32Array;
  readonly b2: Float32Array;
}

/** Hidden activations and class probabilities of one input. The reference that the ONNX file is tested against. */
export function forward(
  net: Network,
  input: Float32Array,
): { hidden: Float64Array; probabilities: Float64Array } {
  const hidden = Float64Array.from(net.b1);
  for (let i = 0; i < net.inputs; i++) {
    const x = input[i] ?? 0;
    if (x === 0) continue;
    for (let h = 0; h < net.hidden; h++) hidden[h] = at(hidden, h) + x * at(net.w1, i * net.hidden + h);
  }
  for (let h = 0; h < net.hidden; h++) hidden[h] = Math.max(0, at(hidden, h));
  const logits = Float64Array.from(net.b2);
  for (let h = 0; h < net.hidden; h++) {
    for (let o = 0; o < net.outputs; o++) {
      logits[o] = at(logits, o) + at(hidden, h) * at(net.w2, h * net.outputs + o);
    }
  }
  return { hidden, probabilities: softmax(logits) };
}

function softmax(logits: Float64Array): Float64Array {
  const top = Math.max(...logits);
  const powers = logits.map((v) => Math.exp(v - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((v) => v / sum);
}

/** Indexing that the compiler knows to be a number; out of range is a defect here, not a missing value. */
export function at(values: Float32Array | Float64Array, index: number): number {
  return values[index] as number;
}
