import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { checkOptions, is, type OptionCheck, type OptionTable } from '../../core/options.js';
import { type Report, ReportBuilder } from '../../core/report/index.js';
import { borrow } from '../../core/model/lend.js';
import { detectRuntimeFormat, RUNTIME_FORMATS, type RuntimeFormat } from '../runtime/choose.js';
import { OnnxRuntime } from '../runtime/onnx/runtime.js';
import { isSafetensorsIndex, ShardedSafetensors, shardsOf } from '../runtime/safetensors/sharded.js';
import { SafetensorsFile, type SafeTensors } from '../runtime/safetensors/tensors.js';
import type { InputTensor, OutputTensor } from '../runtime/types.js';
import type { ScannedModel } from '../../scanner/scanned-model.js';
import { MatchedModel } from './matched-model.js';
import { checkLoadOptions, type LoadOptions } from './options.js';
import { scanModel } from './scan.js';
import { runVerification } from './verify.js';

const LIVE: OptionTable<Pick<LoadOptions, 'file' | 'engine'>> & { readonly [name: string]: OptionCheck } = {
  file: is.either(is.text, is.list(is.text)),
  engine: is.one('auto', 'wasm', 'native'),
};

/** A model in memory that was verified and scanned, ready for use. Nothing in it goes back to the path on disk. */
export class LiveModel {
  readonly format: RuntimeFormat;
  /** Name in the manifest of the file that was loaded, the first of several; of a sharded checkpoint, its index. */
  readonly file: string;
  /** The verified files: configuration, labels and tokenizers are read from here. */
  readonly model: MatchedModel;
  readonly onnx: OnnxRuntime | undefined;
  /** Every ONNX file that was asked for, by its name: encoder and decoder, for instance. */
  readonly sessions: ReadonlyMap<string, OnnxRuntime>;
  readonly safetensors: SafeTensors | undefined;

  private constructor(
    model: MatchedModel,
    loaded: readonly (readonly [string, OnnxRuntime | SafeTensors])[],
  ) {
    const [[file, first] = ['', undefined]] = loaded;
    this.file = file;
    this.model = model;
    this.sessions = new Map(loaded.flatMap(([name, it]) => (it instanceof OnnxRuntime ? [[name, it]] : [])));
    this.onnx = first instanceof OnnxRuntime ? first : undefined;
    this.safetensors = first instanceof OnnxRuntime ? undefined : first;
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
    options: Pick<LoadOptions, 'file' | 'engine'> = {},
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
    const chosen = await choose(model, options.file);
    const loaded: [string, OnnxRuntime | SafeTensors][] = [];
    try {
      for (const { file, format } of chosen)
        loaded.push([
          file,
          format === 'onnx'
            ? await OnnxRuntime.load(model, file, options.engine)
            : isSafetensorsIndex(file)
              ? await ShardedSafetensors.load(model, file, model.files)
              : await SafetensorsFile.load(model, file),
        ]);
    } catch (error) {
      for (const [, runtime] of loaded) await runtime.close();
      throw error;
    }
    return new LiveModel(model, loaded);
  }

  /**
   * One inference.
   *
   * @param file Which of several ONNX files; the first one without it.
   * @throws {ModelsealError} `ERR_NOT_RUNNABLE` for safetensors, and the codes of the runtime
   */
  run(
    inputs: Readonly<Record<string, InputTensor>>,
    file = this.file,
  ): Promise<Readonly<Record<string, OutputTensor>>> {
    const session = this.sessions.get(file);
    if (session) return session.run(inputs);
    if (file !== this.file)
      throw new ModelsealError('ERR_USAGE', { problem: `${file} is not among the files that were loaded` });
    throw new ModelsealError('ERR_NOT_RUNNABLE', { file, format: this.format });
  }

  /** Verified bytes of a file of the model, a copy. */
  read(name: string): Promise<Uint8Array> {
    return this.model.read(name);
  }

  async close(): Promise<void> {
    this.model.close();
    this.safetensors?.close();
    for (const session of this.sessions.values()) await session.close();
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
 * @example
 * const { live } = await loadModel('model', { trustRoots, at: new Date() });
 * const { y } = await live.run({ x: { type: 'float32', dims: [1, 2], data: [1, 1] } });
 * await live.close();
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

interface Chosen {
  readonly file: string;
  readonly format: RuntimeFormat;
}

async function choose(model: MatchedModel, wanted: LoadOptions['file']): Promise<readonly Chosen[]> {
  const names = typeof wanted === 'string' ? [wanted] : wanted;
  const found: Chosen[] = [];
  for (const file of names ?? model.files) {
    const format =
      names && isSafetensorsIndex(file) ? 'safetensors' : detectRuntimeFormat(await borrow(model, file));
    if (format) found.push({ file, format });
    else if (names) throw unknownFormat(file);
  }
  const [first] = found;
  if (!first) throw unknownFormat(model.name);
  if (found.length === 1) return found;
  if (names) {
    if (new Set(names).size === names.length && found.every(({ format }) => format === 'onnx')) return found;
    throw new ModelsealError('ERR_USAGE', {
      problem: 'several files are loaded together where each is ONNX',
    });
  }
  const index = await indexOf(model, found);
  if (index !== undefined) return [{ file: index, format: 'safetensors' }];
  throw new ModelsealError('ERR_MODEL_FILE_AMBIGUOUS', {
    model: model.name,
    files: found.map((f) => f.file),
  });
}

const unknownFormat = (model: string): ModelsealError =>
  new ModelsealError('ERR_MODEL_FORMAT_UNKNOWN', { model, formats: [...RUNTIME_FORMATS] });

/** The one index of a model that has nothing but safetensors to load. */
async function indexOf(model: MatchedModel, found: readonly Chosen[]): Promise<string | undefined> {
  const indexes = model.files.filter(isSafetensorsIndex);
  const [index] = indexes;
  if (index === undefined || indexes.length > 1 || found.some(({ format }) => format !== 'safetensors'))
    return undefined;
  const shards = await shardsOf(model, index);
  // A shard that it does not name is for its loading to refuse; an index of other files says nothing here.
  return [...shards.keys()].some((shard) => found.some(({ file }) => file === shard)) ? index : undefined;
}
