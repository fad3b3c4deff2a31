import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { ModelsealError } from '../../../core/errors/index.js';
import { borrow } from '../../../core/model/lend.js';
import type { InputTensor, ModelRuntime, OutputTensor, TensorShape, VerifiedFiles } from '../types.js';
import { type Engine, type EngineChoice, openEngine } from './engine.js';
import { supplyExternalData } from './external.js';
import { findExternalTensors } from './model.js';
import { inputParts, outputTensor } from './tensors.js';

/**
 * An ONNX model in ONNX Runtime. The session is made from verified bytes: the model file itself and, where it
 * refers to external data, the files of the signed manifest. No path ever reaches the runtime.
 */
export class OnnxRuntime implements ModelRuntime {
  readonly inputs: readonly TensorShape[];
  readonly outputs: readonly TensorShape[];
  readonly #engine: Engine;
  readonly #file: string;
  #session: InferenceSession | undefined;

  private constructor(engine: Engine, session: InferenceSession, file: string) {
    this.#engine = engine;
    this.#session = session;
    this.#file = file;
    this.inputs = shapes(session.inputNames, session.inputMetadata);
    this.outputs = shapes(session.outputNames, session.outputMetadata);
  }

  get engine(): string {
    return this.#engine.name;
  }

  /**
   * @param file Name in the manifest of the ONNX file to load.
   * @throws {ModelsealError} `ERR_ONNX_MALFORMED`, `ERR_ONNX_FILE_OPERATOR`, `ERR_ONNX_EXTERNAL_PATH`,
   *   `ERR_ONNX_EXTERNAL_UNSIGNED`, `ERR_ONNX_EXTERNAL_RANGE`: all before a session exists;
   *   `ERR_OPTIONAL_PART_MISSING`, `ERR_RUNTIME_REFUSED`
   */
  static async load(files: VerifiedFiles, file: string, choice: EngineChoice = 'auto'): Promise<OnnxRuntime> {
    const bytes = await borrow(files, file);
    const external = await supplyExternalData(file, findExternalTensors(bytes, file), files);
    const engine = await openEngine(choice);
    try {
      const session = await engine.ort.InferenceSession.create(bytes, {
        ...engine.options,
        ...(external.length > 0 ? { externalData: external } : {}),
      });
      return new OnnxRuntime(engine, session, file);
    } catch (error) {
      throw new ModelsealError(
        'ERR_RUNTIME_REFUSED',
        { file, engine: engine.name, problem: words(error) },
        { cause: error },
      );
    }
  }

  /**
   * One inference.
   *
   * @throws {ModelsealError} `ERR_INPUT_NAMES`, `ERR_INPUT_TENSOR`, `ERR_INFERENCE_FAILED`, `ERR_MODEL_CLOSED`
   */
  async run(inputs: Readonly<Record<string, InputTensor>>): Promise<Readonly<Record<string, OutputTensor>>> {
    const session = this.#session;
    if (!session) throw new ModelsealError('ERR_MODEL_CLOSED', { model: this.#file });
    const given = Object.keys(inputs);
    const expected = this.inputs.map((i) => i.name);
    if (given.length !== expected.length || expected.some((name) => !Object.hasOwn(inputs, name))) {
      throw new ModelsealError('ERR_INPUT_NAMES', { expected, given });
    }
    const engine = this.#engine.ort;
    const feeds: Record<string, Tensor> = {};
    for (const [name, tensor] of Object.entries(inputs)) {
      const { type, data, dims } = inputParts(name, tensor);
      feeds[name] = new engine.Tensor(type, data as never, dims);
    }
    try {
      const results = await session.run(feeds);
      return Object.fromEntries(Object.entries(results).map(([name, t]) => [name, outputTensor(t)]));
    } catch (error) {
      throw new ModelsealError(
        'ERR_INFERENCE_FAILED',
        { file: this.#file, problem: words(error) },
        { cause: error },
      );
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }
}

function shapes(
  names: readonly string[],
  metadata: readonly InferenceSession.ValueMetadata[],
): TensorShape[] {
  return names.map((name, i) => {
    const value = metadata[i];
    return value?.isTensor
      ? { name, type: value.type, dims: [...value.shape] }
      : { name, type: 'not a tensor', dims: [] };
  });
}

/** The runtime's own words, one line, without its source paths. */
function words(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text
    .replace(/\s+/g, ' ')
    .replace(/\S*\/onnxruntime\/\S+\s*/g, '')
    .slice(0, 300);
}
