import { isModelsealError, ModelsealError } from '../../../core/errors/index.js';
import { isOnnx, type OnnxVisitor, walkOnnx } from '../../../core/formats/onnx.js';
import { ProtobufReader } from '../../../core/formats/protobuf.js';
import { MemorySource } from '../../../core/formats/source.js';

/** A tensor whose data the model leaves in another file. */
export interface ExternalTensor {
  readonly name: string;
  readonly location: string;
  readonly offset: string | undefined;
  readonly length: string | undefined;
}

/** Identifier at byte 4 of the runtime's own flatbuffer format, which it prefers over ONNX and we do not read. */
const ORT_FORMAT = Buffer.from('ORTM');

/** Field of NodeProto that names its operator. */
const OP_TYPE = 4;
/** No name of an operator is longer; a long one is not worth decoding. */
const MAX_OPERATOR = 64;
/** Operators through which a runtime opens files named by an attribute. */
const FILE_OPERATORS = new Set(['EPContext']);

/**
 * Finds every reference to external data in an ONNX model, without running or building anything.
 *
 * @throws {ModelsealError} `ERR_ONNX_MALFORMED`, `ERR_ONNX_FILE_OPERATOR`
 */
export function findExternalTensors(bytes: Uint8Array, file: string): ExternalTensor[] {
  const malformed = (problem: string, offset: number): never => {
    throw new ModelsealError('ERR_ONNX_MALFORMED', { file, problem, offset });
  };
  if (Buffer.from(bytes.subarray(4, 8)).equals(ORT_FORMAT)) malformed('it is in the ORT format, not ONNX', 4);
  const reader = new ProtobufReader(new MemorySource(bytes));
  const found: ExternalTensor[] = [];
  let sawGraph = false;
  const visitor: OnnxVisitor = {
    enter(message) {
      if (message === 'graph') sawGraph = true;
    },
    field(message, field) {
      if (message !== 'node' || field.number !== OP_TYPE || field.end - field.start > MAX_OPERATOR) return;
      const operator = reader.text(field, MAX_OPERATOR);
      if (FILE_OPERATORS.has(operator))
        throw new ModelsealError('ERR_ONNX_FILE_OPERATOR', { file, operator });
    },
    tensor({ name, at, external, broken }) {
      if (broken[0] !== undefined) malformed(`tensor ${name}: ${broken[0]}`, at.start);
      if (external === undefined) return;
      const [location = '', offset, length] = ['location', 'offset', 'length'].map((key) =>
        external.get(key),
      );
      found.push({ name, location, offset, length });
    },
    tooDeep: (at) => malformed('messages are nested too deep', at.start),
  };
  try {
    walkOnnx(reader, visitor);
  } catch (error) {
    if (!isModelsealError(error, 'ERR_PROTOBUF')) throw error;
    malformed(error.details.problem, error.details.offset);
  }
  if (!sawGraph) malformed('there is no graph', 0);
  return found;
}

/** True when the bytes are an ONNX model: cheap, the top level only. */
export const looksLikeOnnx = (bytes: Uint8Array): boolean => isOnnx(new MemorySource(bytes));
