import { ModelsealError } from '../../../core/errors/index.js';
import { type Field, fields, Wire, WireError } from './wire.js';

/** A tensor whose data the model leaves in another file. */
export interface ExternalTensor {
  readonly name: string;
  readonly location: string;
  readonly offset: string | undefined;
  readonly length: string | undefined;
}

/**
 * Graphs hold nodes, nodes hold graphs (If, Loop, Scan). Real models nest two or three deep; Protocol Buffers stops
 * at 100 messages, which is about 33 graphs.
 */
const MAX_DEPTH = 100;

/** Identifier at byte 4 of the runtime's own flatbuffer format, which it prefers over ONNX and we do not read. */
const ORT_FORMAT = Buffer.from('ORTM');

/** Field of NodeProto that names its operator. */
const OP_TYPE = 4;
const MAX_OPERATOR = 64;
/** Operators through which a runtime opens files named by an attribute. */
const FILE_OPERATORS = new Set(['EPContext']);

type Message = 'model' | 'training' | 'graph' | 'function' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Which fields of which message hold which message: everything in onnx.proto through which a tensor is reached. */
const CHILDREN: Readonly<Record<Exclude<Message, 'tensor'>, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  function: { 7: 'node', 11: 'attribute' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};

/**
 * Finds every reference to external data in an ONNX model, without running or building anything. The whole message
 * is walked: main and training graphs, functions, sub-graphs of attributes, sparse tensors. A field that occurs twice
 * counts twice, since parsers merge such messages.
 *
 * @throws {ModelsealError} `ERR_ONNX_MALFORMED`, `ERR_ONNX_FILE_OPERATOR`, `ERR_ONNX_EXTERNAL_PATH`
 */
export function findExternalTensors(bytes: Uint8Array, file: string): ExternalTensor[] {
  if (Buffer.from(bytes.subarray(4, 8)).equals(ORT_FORMAT)) {
    throw new ModelsealError('ERR_ONNX_MALFORMED', {
      file,
      problem: 'it is in the ORT format, not ONNX',
      offset: 4,
    });
  }
  const walk = new Walk(bytes, file);
  try {
    walk.message('model', 0, bytes.length, 0);
    if (!walk.sawGraph) throw new WireError('there is no graph', 0);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new ModelsealError('ERR_ONNX_MALFORMED', { file, problem: error.message, offset: error.offset });
  }
  return walk.external;
}

/** True when the bytes are one whole protobuf message that has an ONNX version and a graph: cheap, top level only. */
export function looksLikeOnnx(bytes: Uint8Array): boolean {
  let version = false;
  let graph = false;
  try {
    for (const field of fields(bytes, 0, bytes.length)) {
      if (field.number > 100) return false;
      if (field.number === 1 && field.wire === Wire.VARINT) version = true;
      if (field.number === 7 && field.wire === Wire.LEN) graph = true;
    }
  } catch {
    return false;
  }
  return version && graph;
}

class Walk {
  readonly external: ExternalTensor[] = [];
  sawGraph = false;
  readonly #bytes: Uint8Array;
  readonly #file: string;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#file = file;
  }

  message(kind: Message, start: number, end: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new WireError(`messages are nested more than ${MAX_DEPTH} deep`, start);
    if (kind === 'graph') this.sawGraph = true;
    if (kind === 'tensor') {
      this.#tensor(start, end);
      return;
    }
    const children = CHILDREN[kind];
    for (const field of fields(this.#bytes, start, end)) {
      if (field.wire !== Wire.LEN) continue;
      if (kind === 'node' && field.number === OP_TYPE) this.#operator(field);
      const child = children[field.number];
      if (child !== undefined) this.message(child, field.start, field.end, depth + 1);
    }
  }

  #operator(field: Field): void {
    // No such name is long; a long one is not worth decoding.
    if (field.end - field.start > MAX_OPERATOR) return;
    const operator = this.#text(field);
    if (FILE_OPERATORS.has(operator)) {
      throw new ModelsealError('ERR_ONNX_FILE_OPERATOR', { file: this.#file, operator });
    }
  }

  #tensor(start: number, end: number): void {
    let name = '';
    let external = false;
    const entries = new Map<string, string>();
    for (const field of fields(this.#bytes, start, end)) {
      if (field.number === 8 && field.wire === Wire.LEN) name = this.#text(field);
      // Any value but DEFAULT (0): a runtime may cut a 64-bit value down to EXTERNAL (1).
      if (field.number === 14 && field.wire === Wire.VARINT && field.value !== 0) external = true;
      if (field.number !== 13 || field.wire !== Wire.LEN) continue;
      external = true;
      const { key, value } = this.#entry(field);
      if (entries.has(key)) throw new WireError(`tensor ${name} names its ${key} twice`, field.start);
      entries.set(key, value);
    }
    if (!external) return;
    const location = entries.get('location');
    if (location === undefined) throw new WireError(`tensor ${name} is external and names no file`, start);
    this.external.push({ name, location, offset: entries.get('offset'), length: entries.get('length') });
  }

  #entry(outer: Field): { key: string; value: string } {
    let key = '';
    let value = '';
    for (const field of fields(this.#bytes, outer.start, outer.end)) {
      if (field.wire !== Wire.LEN) continue;
      if (field.number === 1) key = this.#text(field);
      if (field.number === 2) value = this.#text(field);
    }
    return { key, value };
  }

  #text(field: Field): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.#bytes.subarray(field.start, field.end),
      );
    } catch {
      throw new WireError('a text is not UTF-8', field.start);
    }
  }
}
