import { type ProtobufField, ProtobufReader } from './protobuf.js';
import type { ByteSource } from './source.js';

/** Messages of onnx.proto that a reader of models meets. */
export type OnnxMessage =
  | 'model'
  | 'training'
  | 'graph'
  | 'function'
  | 'node'
  | 'attribute'
  | 'sparse'
  | 'tensor'
  | 'property';

/** Which fields of which message hold which message: everything through which a tensor or a text is reached. */
const CHILDREN: { readonly [M in OnnxMessage]: { readonly [field: number]: OnnxMessage } } = {
  model: { 7: 'graph', 14: 'property', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse', 16: 'property' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute', 9: 'property' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: {},
  property: {},
};

/**
 * Graphs hold nodes, nodes hold graphs (If, Loop, Scan). Real models nest two or three deep; Protocol Buffers stops
 * at 100 messages, which is about 33 graphs.
 */
export const MAX_ONNX_DEPTH = 100;

/** The longest text of a model that says anything. */
const MAX_TEXT = 1 << 20;

const LENGTH_DELIMITED = 2;
const VARINT = 0;

/** Told of each message and its fields, in the order of the file: a message after those inside of it. */
export interface OnnxVisitor {
  /** A field that holds no message of {@link OnnxMessage}. */
  field?(message: OnnxMessage, field: ProtobufField): void;
  enter?(message: OnnxMessage, field: ProtobufField): void;
  leave?(message: OnnxMessage, field: ProtobufField): void;
  tensor?(tensor: OnnxTensor): void;
  /** Messages nest deeper than any model; what lies inside is not read. */
  tooDeep(field: ProtobufField): void;
  /** Asked before each message and field; false ends the reading of the message. */
  spend?(units: number): boolean;
}

/**
 * Walks a whole model: main and training graphs, functions, sub-graphs of attributes, sparse tensors. A field that
 * occurs twice counts twice, since parsers merge such messages. Weights stay where they are.
 *
 * @throws {ModelsealError} `ERR_PROTOBUF`
 */
export function walkOnnx(reader: ProtobufReader, visitor: OnnxVisitor): void {
  const message = (kind: OnnxMessage, at: ProtobufField, depth: number): void => {
    if (depth > MAX_ONNX_DEPTH) {
      visitor.tooDeep(at);
      return;
    }
    if (kind === 'tensor') {
      visitor.tensor?.(readTensor(reader, at));
      return;
    }
    visitor.enter?.(kind, at);
    const children = CHILDREN[kind];
    for (const field of reader.fields(at.start, at.end)) {
      if (visitor.spend?.(4) === false) return;
      const child = field.wire === LENGTH_DELIMITED ? children[field.number] : undefined;
      if (child === undefined) visitor.field?.(kind, field);
      else message(child, field, depth + 1);
    }
    visitor.leave?.(kind, at);
  };
  message('model', { number: 0, wire: LENGTH_DELIMITED, value: 0n, start: 0, end: reader.size }, 0);
}

/** Bits of one element by TensorProto.DataType; texts (8) have no fixed size. */
const TYPE_BITS: { readonly [type: number]: number } = {
  1: 32,
  2: 8,
  3: 8,
  4: 16,
  5: 16,
  6: 32,
  7: 64,
  9: 8,
  10: 16,
  11: 64,
  12: 32,
  13: 64,
  14: 64,
  15: 128,
  16: 16,
  17: 8,
  18: 8,
  19: 8,
  20: 8,
  21: 4,
  22: 4,
  23: 4,
  24: 8,
  25: 2,
  26: 2,
};

/** A TensorProto without its data. */
export interface OnnxTensor {
  readonly name: string;
  readonly at: ProtobufField;
  /** Where its data lie, when the model leaves them in another file: keys and values as they stand there. */
  readonly external: ReadonlyMap<string, string> | undefined;
  /** What keeps a reader from taking it. */
  readonly broken: readonly string[];
  /** What does not fit together, although a runtime may take it. */
  readonly odd: readonly string[];
}

function readTensor(reader: ProtobufReader, at: ProtobufField): OnnxTensor {
  let [name, type, elements, raw, external] = ['', 0, 1, -1, false];
  const broken: string[] = [];
  const odd: string[] = [];
  const entries = new Map<string, string>();
  for (const field of reader.fields(at.start, at.end)) {
    const { number, wire } = field;
    if (number === 1) elements = dimensions(reader, field, elements);
    else if (number === 2 && wire === VARINT) type = Number(field.value);
    else if (number === 8 && wire === LENGTH_DELIMITED) name = text(reader, field, broken).slice(0, 100);
    else if (number === 9) raw = field.end - field.start;
    // Any value but DEFAULT (0): a runtime may cut a 64-bit value down to EXTERNAL (1).
    else if (number === 14 && wire === VARINT && field.value !== 0n) external = true;
    else if (number === 13 && wire === LENGTH_DELIMITED) {
      external = true;
      const [key, value] = readProperty(reader, field, broken);
      if (entries.has(key)) broken.push(`it names its ${key.slice(0, 60)} twice`);
      entries.set(key, value);
    }
  }
  if (external && !entries.has('location')) broken.push('it is external and names no file');
  const bits = TYPE_BITS[type];
  if (elements < 0 || !Number.isSafeInteger(elements)) odd.push(`its shape multiplies to ${elements}`);
  else if (!external && raw >= 0 && bits !== undefined && raw !== Math.ceil((elements * bits) / 8)) {
    odd.push(`it has ${raw} bytes where its shape needs ${Math.ceil((elements * bits) / 8)}`);
  }
  return { name, at, external: external ? entries : undefined, broken, odd };
}

/** Key and value of a StringStringEntryProto. */
function readProperty(
  reader: ProtobufReader,
  at: ProtobufField,
  broken: string[],
): readonly [key: string, value: string] {
  let [key, value] = ['', ''];
  for (const field of reader.fields(at.start, at.end)) {
    if (field.wire !== LENGTH_DELIMITED) continue;
    if (field.number === 1) key = text(reader, field, broken);
    if (field.number === 2) value = text(reader, field, broken);
  }
  return [key, value];
}

function text(reader: ProtobufReader, field: ProtobufField, broken: string[]): string {
  const bytes = reader.bytes(field, MAX_TEXT);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    broken.push('a text of it is not UTF-8');
    return new TextDecoder().decode(bytes);
  }
}

/** Dimensions come packed or one by one; a negative one makes the product negative for good. */
function dimensions(reader: ProtobufReader, field: ProtobufField, product: number): number {
  const times = (before: number, value: bigint): number => {
    const n = Number(BigInt.asIntN(64, value));
    return n < 0 || before < 0 ? -1 : before * n;
  };
  if (field.wire === VARINT) return times(product, field.value);
  if (field.wire !== LENGTH_DELIMITED) return product;
  // Packed varints look like no fields; they are few, so they are decoded here.
  let out = product;
  let value = 0n;
  let shift = 0n;
  for (const byte of reader.bytes(field, 4096)) {
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte >= 128) continue;
    out = times(out, value);
    value = 0n;
    shift = 0n;
  }
  return out;
}

/** Fields of ModelProto that are looked at to recognise one; every model has a graph and an operator set. */
const MODEL_FIELDS = new Set([1, 2, 3, 4, 5, 6, 7, 8, 14, 20, 25, 26]);
/** GraphProto: node 1, name 2, initializer 5, doc 10, input 11, output 12, value_info 13, annotations 14, 15, 16. */
const GRAPH_FIELDS = new Set([1, 2, 5, 10, 11, 12, 13, 14, 15, 16]);
/** More top-level fields than any model has. */
const MAX_MODEL_FIELDS = 10_000;

/**
 * ONNX has no magic: a message whose first fields are those of a model, and which contains a graph. A damaged model is
 * one if it got as far as its graph.
 */
export function isOnnx(source: ByteSource): boolean {
  const reader = new ProtobufReader(source);
  let graph: ProtobufField | undefined;
  let operators = false;
  try {
    let count = 0;
    for (const field of reader.fields()) {
      if (!MODEL_FIELDS.has(field.number) || ++count > MAX_MODEL_FIELDS) return false;
      if (field.number === 1 && field.wire !== VARINT) return false;
      if (field.number === 7 && field.wire === LENGTH_DELIMITED) graph ??= field;
      if (field.number === 8 && field.wire === LENGTH_DELIMITED) operators = true;
    }
    if (!graph) return false;
    for (const field of reader.fields(graph.start, graph.end)) {
      if (!GRAPH_FIELDS.has(field.number) || field.wire !== LENGTH_DELIMITED) return false;
    }
  } catch {
    return graph !== undefined && operators;
  }
  return true;
}
