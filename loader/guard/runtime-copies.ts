import { isTestedNative, NATIVE_RANGE } from '../runtime/onnx/versions.js';
import type { Catalogue } from './catalogue.js';
import type { Refuse } from './refuse.js';

/**
 * The method through which every copy of ONNX Runtime's JavaScript makes sessions. Property names survive bundlers,
 * so the word marks a copy. Written in two parts so that this file is not taken for one.
 */
const MARKER = ['createInferenceSession', 'Handler'].join('');

const RUNTIME_PACKAGES = new Set(['onnxruntime-common', 'onnxruntime-web', 'onnxruntime-node']);

/** Name under which the session check of the guarded thread is reached by {@link sessionTrailer}. */
export const SESSION_CHECK = 'modelseal.guard.sessions';

/**
 * True for a file of ONNX Runtime through which sessions are made.
 *
 * @throws {ModelsealError} `ERR_GUARD_RUNTIME_COPY` for a copy inside another package, whose sessions nobody could watch;
 *   `ERR_RUNTIME_VERSION` for a native build that may read the disk
 */
export function inspectSource(text: string, path: string, catalogue: Catalogue, refuse: Refuse): boolean {
  if (!text.includes(MARKER)) return false;
  const { name, version } = catalogue.packageOf(path) ?? {};
  if (!RUNTIME_PACKAGES.has(name ?? '')) refuse('ERR_GUARD_RUNTIME_COPY', { file: path });
  if (name === 'onnxruntime-node' && !isTestedNative(version))
    refuse('ERR_RUNTIME_VERSION', { version: version ?? 'without a version', range: NATIVE_RANGE });
  return true;
}

/**
 * Lines added behind an ES module of ONNX Runtime: the module imports itself and hands its exports to the guard,
 * before any module that depends on it runs.
 */
export function sessionTrailer(url: string): string {
  return (
    `\n;import * as __modelsealSelf from ${JSON.stringify(url)};` +
    `globalThis[Symbol.for(${JSON.stringify(SESSION_CHECK)})](__modelsealSelf);\n`
  );
}
