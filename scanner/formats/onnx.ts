import { type ProtobufField, ProtobufReader } from '../../core/protobuf.js';
import type { ByteSource } from '../source.js';
import type { FormatScanner } from '../types.js';
import { OnnxScan } from './onnx-scan.js';

/** Fields of ModelProto that are looked at to recognise one; every model has a graph and an operator set. */
const MODEL_FIELDS = new Set([1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26]);

/** ONNX has no magic: a message whose first fields are those of a model, and which contains a graph. */
export const onnxScanner: FormatScanner = {
  format: 'onnx',
  detect(head, source) {
    // ir_version as varint, or in odd files the graph or producer first.
    const first = head[0] ?? 0;
    if (![0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(first) || source.size < 8) return 'no';
    return isModel(source) ? 'certain' : 'no';
  },
  scan(source, context) {
    new OnnxScan(source, context).model();
  },
};

function isModel(source: ByteSource): boolean {
  const reader = new ProtobufReader(source);
  let graph: ProtobufField | undefined;
  let operators = false;
  try {
    let count = 0;
    for (const field of reader.fields()) {
      if (!MODEL_FIELDS.has(field.number) || ++count > 10_000) return false;
      if (field.number === 1 && field.wire !== 0) return false;
      if (field.number === 7 && field.wire === 2) graph ??= field;
      if (field.number === 8 && field.wire === 2) operators = true;
    }
    if (!graph) return false;
    for (const field of reader.fields(graph.start, graph.end)) {
      // GraphProto: node 1, name 2, initializer 5, doc 10, input 11, output 12, value_info 13, annotations 14, 15, 16.
      if (![1, 2, 5, 10, 11, 12, 13, 14, 15, 16].includes(field.number) || field.wire !== 2) return false;
    }
  } catch {
    // A damaged model is one if it got as far as its graph.
    return graph !== undefined && operators;
  }
  return true;
}
