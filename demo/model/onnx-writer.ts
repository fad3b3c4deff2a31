import type { Network } from './network.js';

// A writer for the few messages of onnx.proto that a small classifier needs. Field numbers are those of onnx.proto3.

type Field = Uint8Array;

const IR_VERSION = 8;
const OPSET = 13;
const FLOAT = 1;

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    out.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return out;
}

const integer = (field: number, value: number): Field =>
  Uint8Array.from([...varint(field * 8), ...varint(value)]);

function bytes(field: number, value: Uint8Array): Field {
  return Buffer.concat([Uint8Array.from([...varint(field * 8 + 2), ...varint(value.length)]), value]);
}

const text = (field: number, value: string): Field => bytes(field, Buffer.from(value));
const message = (field: number, fields: readonly Field[]): Field => bytes(field, Buffer.concat(fields));

/** ValueInfoProto: a float matrix whose first dimension is the batch. */
function matrix(field: number, name: string, columns: number): Field {
  const shape = message(2, [message(1, [text(2, 'batch')]), message(1, [integer(1, columns)])]);
  return message(field, [text(1, name), message(2, [message(1, [integer(1, FLOAT), shape])])]);
}

/** TensorProto with little-endian raw data. */
function tensor(name: string, dims: readonly number[], data: Float32Array): Field {
  const raw = new Uint8Array(data.length * 4);
  const view = new DataView(raw.buffer);
  data.forEach((value, i) => {
    view.setFloat32(i * 4, value, true);
  });
  return message(5, [...dims.map((d) => integer(1, d)), integer(2, FLOAT), text(8, name), bytes(9, raw)]);
}

function node(operator: string, inputs: readonly string[], output: string): Field {
  return message(1, [...inputs.map((i) => text(1, i)), text(2, output), text(3, output), text(4, operator)]);
}

/** The network as an ONNX model: Gemm, Relu, Gemm, Softmax. Input `features`, output `probabilities`. */
export function encodeOnnx(net: Network): Uint8Array {
  const graph = message(7, [
    node('Gemm', ['features', 'w1', 'b1'], 'hidden'),
    node('Relu', ['hidden'], 'active'),
    node('Gemm', ['active', 'w2', 'b2'], 'logits'),
    node('Softmax', ['logits'], 'probabilities'),
    text(2, 'document-classifier'),
    tensor('w1', [net.inputs, net.hidden], net.w1),
    tensor('b1', [net.hidden], net.b1),
    tensor('w2', [net.hidden, net.outputs], net.w2),
    tensor('b2', [net.outputs], net.b2),
    matrix(11, 'features', net.inputs),
    matrix(12, 'probabilities', net.outputs),
  ]);
  return new Uint8Array(
    Buffer.concat([
      integer(1, IR_VERSION),
      text(2, 'modelseal-demo'),
      graph,
      message(8, [text(1, ''), integer(2, OPSET)]),
    ]),
  );
}
