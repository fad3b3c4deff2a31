import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { checkOptions, is, type OptionCheck, type OptionTable } from '../../core/options.js';
import { type Report, ReportBuilder } from '../../core/report/index.js';
import { borrow } from '../../core/model/lend.js';
import { detectRuntimeFormat, RUNTIME_FORMATS, type RuntimeFormat } from '../runtime/choose.js';
import type { EngineChoice } from '../runtime/onnx/engine.js';
import { OnnxRuntime } from '../runtime/onnx/runtime.js';
import { SafetensorsFile } from '../runtime/safetensors/tensors.js';
import type { InputTensor, OutputTensor } from '../runtime/types.js';
import type { ScannedModel } from '../../scanner/scanned-model.js';
import { MatchedModel } from './match.js';
import { checkLoadOptions, type LoadOptions } from './options.js';
import { scanModel } from './scan.js';
import { runVerification } from './verify.js';

const LIVE: OptionTable<Pick<LoadOptions, 'file' | 'engine'>> & { readonly [name: string]: OptionCheck } = {
  file: is.text,
  engine: is.one('auto', 'node', 'wasm'),
};

/** A model in memory that was verified and scanned, ready for use. Nothing in it goes back to the path on disk. */
export class LiveModel {
  readonly format: RuntimeFormat;
  /** Name in the manifest of the file that was loaded. */
  readonly file: string;
  /** The verified files: configuration, labels and tokenizers are read from here. */
  readonly model: MatchedModel;
  readonly onnx: OnnxRuntime | undefined;
  readonly safetensors: SafetensorsFile | undefined;

  private constructor(file: string, model: MatchedModel, runtime: OnnxRuntime | SafetensorsFile) {
    this.file = file;
    this.model = model;
    this.onnx = runtime instanceof OnnxRuntime ? runtime : undefined;
    this.safetensors = runtime instanceof SafetensorsFile ? runtime : undefined;
    this.format = this.onnx ? 'onnx' : 'safetensors';
  }

  /**
   * Hands the bytes of a scanned model to the runtime that its content asks for.
   *
   * @param scanned Only a model that was verified, matched with its bytes held, and scanned.
   * @throws {ModelsealError} `ERR_MODEL_NOT_HELD`, `ERR_MODEL_FILE_NOT_SIGNED`, `ERR_MODEL_FILE_AMBIGUOUS`,
   *   `ERR_MODEL_FORMAT_UNKNOWN`, and the codes of the runtimes
   */
  static async from(
    scanned: ScannedModel<MatchedModel>,
    options: { readonly file?: string | undefined; readonly engine?: EngineChoice | undefined } = {},
  ): Promise<LiveModel> {
    checkOptions('LiveModel.from', options, LIVE);
    const scan = await import('../../scanner/scanned-model.js');
    if (!(scanned instanceof scan.ScannedModel) || !(scanned.model instanceof MatchedModel)) {
      throw new ModelsealError('ERR_USAGE', {
        problem: 'load needs the result of the scan of a verified model',
      });
    }
    const { model } = scanned;
    if (!model.held) throw new ModelsealError('ERR_MODEL_NOT_HELD', { model: model.name });
    const { file, format } = await choose(model, options.file);
    const runtime =
      format === 'onnx'
        ? await OnnxRuntime.load(model, file, options.engine)
        : await SafetensorsFile.load(model, file);
    return new LiveModel(file, model, runtime);
  }

  /**
   * One inference.
   *
   * @throws {ModelsealError} `ERR_NOT_RUNNABLE` for safetensors, and the codes of the runtime
   */
  run(inputs: Readonly<Record<string, InputTensor>>): Promise<Readonly<Record<string, OutputTensor>>> {
    if (!this.onnx) throw new ModelsealError('ERR_NOT_RUNNABLE', { file: this.file, format: this.format });
    return this.onnx.run(inputs);
  }

  /** Verified bytes of a file of the model, a copy. */
  read(name: string): Promise<Uint8Array> {
    return this.model.read(name);
  }

  async close(): Promise<void> {
    this.model.close();
    this.safetensors?.close();
    await this.onnx?.close();
  }
}

/** A live model and the account of everything that was checked before it came to life. */
export interface LoadedModel {
  readonly live: LiveModel;
  readonly report: Report;
}

/**
 * Verifies a signed model, scans it for threats and loads it, all from one reading of its files: what was hashed is
 * what is scanned and what runs.
 *
 * @throws {ModelsealError} The cause of the refusal. `options.report` then holds everything that was checked.
 */
export async function loadModel(path: string, options: LoadOptions): Promise<LoadedModel> {
  checkLoadOptions('loadModel', options);
  const report = options.report ?? new ReportBuilder(path, options.at);
  const model = await runVerification(path, { ...options, hold: true }, report);
  const scanned = await scanModel(model, path, { scan: options.scan }, report);
  let live: LiveModel;
  try {
    live = await report.step('load', () =>
      LiveModel.from(scanned, { file: options.file, engine: options.engine }),
    );
  } catch (error) {
    if (isModelsealError(error) && error.kind === 'unchecked' && error.code !== 'ERR_INTERNAL')
      report.provenAll('not loaded');
    throw error;
  }
  report.passed('load', `${live.file}, ${live.format}${live.onnx ? `, ${live.onnx.engine}` : ''}`);
  return { live, report: report.build() };
}

async function choose(
  model: MatchedModel,
  wanted: string | undefined,
): Promise<{ file: string; format: RuntimeFormat }> {
  const found: { file: string; format: RuntimeFormat }[] = [];
  for (const file of wanted === undefined ? model.files : [wanted]) {
    const format = detectRuntimeFormat(await borrow(model, file));
    if (format) found.push({ file, format });
  }
  const [first] = found;
  if (!first) {
    throw new ModelsealError('ERR_MODEL_FORMAT_UNKNOWN', {
      model: wanted ?? model.name,
      formats: [...RUNTIME_FORMATS],
    });
  }
  if (found.length > 1) {
    throw new ModelsealError('ERR_MODEL_FILE_AMBIGUOUS', {
      model: model.name,
      files: found.map((f) => f.file),
    });
  }
  return first;
}
