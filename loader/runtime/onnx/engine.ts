import type * as Ort from 'onnxruntime-web';
import { ModelsealError } from '../../../core/errors/index.js';
import { isTestedNative, NATIVE_RANGE } from './versions.js';

/** `auto` takes the native engine when a tested release of it is installed, else the WASM build. */
export type EngineChoice = 'auto' | 'wasm' | 'native';

export interface Engine {
  readonly name: 'onnxruntime-web' | 'onnxruntime-node';
  readonly ort: typeof Ort;
  readonly options: Ort.InferenceSession.SessionOptions;
}

/**
 * Imports an ONNX Runtime. The WASM build comes from the installed package, needs no network and runs on one thread,
 * so that it leaves no worker behind.
 *
 * @throws {ModelsealError} `ERR_OPTIONAL_PART_MISSING` when the native engine is asked for and absent,
 *   `ERR_RUNTIME_VERSION` when it is asked for and not a tested release
 */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  if (choice !== 'wasm') {
    const native = await importNative();
    if (native && isTestedNative(native.env.versions.node))
      return { name: 'onnxruntime-node', ort: native, options: { executionProviders: ['cpu'] } };
    if (choice === 'native') {
      throw native
        ? new ModelsealError('ERR_RUNTIME_VERSION', {
            version: String(native.env.versions.node),
            range: NATIVE_RANGE,
          })
        : new ModelsealError('ERR_OPTIONAL_PART_MISSING', {
            part: 'onnxruntime-node',
            needed: 'the native ONNX engine',
          });
    }
  }
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  return { name: 'onnxruntime-web', ort, options: { executionProviders: ['wasm'], logSeverityLevel: 3 } };
}

async function importNative(): Promise<typeof Ort | undefined> {
  // A variable keeps the compiler and the bundler from demanding a package that is optional.
  const name: string = 'onnxruntime-node';
  try {
    const module = (await import(name)) as { default?: typeof Ort } & typeof Ort;
    return module.InferenceSession ? module : module.default;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return undefined;
    throw new ModelsealError(
      'ERR_OPTIONAL_PART_MISSING',
      { part: 'a working onnxruntime-node', needed: 'the native ONNX engine' },
      { cause: error },
    );
  }
}
