import { malformed } from '../../core/formats/malformed.js';
import { type ByteSource, copyOf } from '../../core/formats/source.js';
import type { FormatScanner } from '../types.js';

/** Operators of TensorFlow ("flex") that touch files or run Python when they are delegated to. */
const DANGEROUS_FLEX =
  /^Flex(?:ReadFile|WriteFile|MatchingFiles|PyFunc|PyFuncStateless|EagerPyFunc|.*Dataset.*|.*Reader.*|.*Summary.*)$/;
/** Custom operators of TensorFlow Lite and MediaPipe themselves. */
const KNOWN_CUSTOM =
  /^(?:Flex\w+|TFLite_Detection_PostProcess|Convolution2DTransposeBias|MaxPoolingWithArgmax2D|MaxUnpooling2D|TransformLandmarks|TransformTensorBilinear|Landmarks2TransformMatrix|FusedBatchNormV3|AudioSpectrogram|Mfcc|edgetpu-custom-op|ethos-u|KmeansEmbeddingLookup|SentencepieceTokenizeOp|TFSentencepieceTokenizeOp|RaggedTensorToTensor|NGrams|WhitespaceTokenize\w*)$/;
const MAX_OPERATORS = 100_000;

/** TensorFlow Lite (FlatBuffers): the table of operators is read, the data are inert. */
export const tfliteScanner: FormatScanner = {
  format: 'tflite',
  detect: (head) => (Buffer.from(head.subarray(4, 8)).toString('latin1') === 'TFL3' ? 'certain' : 'no'),
  scan(source, context) {
    const reader = new FlatReader(source);
    const codes = reader.vector(reader.root(), 1);
    for (let i = 0; i < codes.length; i++) {
      if (!context.spend(16)) return;
      const name = reader.text(reader.indirect(codes.at + 4 * i), 1);
      if (name === undefined) continue;
      if (DANGEROUS_FLEX.test(name)) {
        context.report('TF-OPERATOR', `the operator ${name.slice(0, 100)} touches files or Python`, codes.at);
      } else if (!KNOWN_CUSTOM.test(name)) {
        context.report('TFLITE-CUSTOM', `it needs the operator ${name.slice(0, 100)}`, codes.at);
      }
    }
  },
};

/** As much of FlatBuffers as one table of one vector needs. */
class FlatReader {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  root(): number {
    return this.indirect(0);
  }

  /** Follows the unsigned offset at `at`. */
  indirect(at: number): number {
    return at + this.#bytes(at, 4).readUInt32LE(0);
  }

  vector(table: number, field: number): { at: number; length: number } {
    const at = this.#field(table, field);
    if (at === undefined) return { at: 0, length: 0 };
    const start = this.indirect(at);
    const length = this.#bytes(start, 4).readUInt32LE(0);
    if (length > MAX_OPERATORS) throw malformed('TFLite', `it declares ${length} operators`, start);
    return { at: start + 4, length };
  }

  text(table: number, field: number): string | undefined {
    const at = this.#field(table, field);
    if (at === undefined) return undefined;
    const start = this.indirect(at);
    const length = this.#bytes(start, 4).readUInt32LE(0);
    if (length > 4096) throw malformed('TFLite', 'the name of an operator is too long', start);
    return this.#bytes(start + 4, length).toString('utf8');
  }

  /** Where a field of a table lies: the table starts with the signed distance back to its list of fields. */
  #field(table: number, field: number): number | undefined {
    const list = table - this.#bytes(table, 4).readInt32LE(0);
    const size = this.#bytes(list, 2).readUInt16LE(0);
    const slot = 4 + 2 * field;
    const offset = slot + 2 <= size ? this.#bytes(list + slot, 2).readUInt16LE(0) : 0;
    return offset === 0 ? undefined : table + offset;
  }

  #bytes(at: number, length: number): Buffer {
    const bytes = copyOf(this.#source, at, length);
    if (!bytes) throw malformed('TFLite', 'an offset points outside the file', 0);
    return bytes;
  }
}
