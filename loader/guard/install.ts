import module, { syncBuiltinESMExports } from 'node:module';
import { Catalogue } from './catalogue.js';
import { guardEval, guardWasm } from './codegen.js';
import { guardCommonJs } from './commonjs.js';
import { guardFiles } from './files.js';
import { addonLoader } from './native.js';
import { guardProcess, takeDebugSignal } from './process.js';
import { refuser } from './refuse.js';
import { sessionGuard } from './sessions.js';
import type { GuardState } from './state.js';
import { endQuietly } from './uncaught.js';
import { guardWorkers } from './workers.js';

/**
 * Puts the guard into this thread. Everything that the guard itself imports must be loaded by now: afterwards only
 * signed code is.
 *
 * @param entry URL of the module that workers import to come under the guard as well.
 */
export function install(state: GuardState, entry: string): void {
  const refuse = refuser(state.report);
  const catalogue = new Catalogue(state.folders, refuse);
  // Node compiles the WebAssembly of its own HTTP client when fetch is first touched; touched now, it is not asked for.
  void globalThis.Headers;
  module.register(new URL('./hooks.js', import.meta.url), { data: JSON.stringify(state) });
  const addons = addonLoader(catalogue, refuse);
  guardCommonJs({
    catalogue,
    refuse,
    loadAddon: addons.dlopen,
    guardSessions: sessionGuard(catalogue, refuse, state.report),
  });
  guardFiles(catalogue, refuse);
  guardWorkers(state, entry, catalogue, refuse);
  if (!state.allowEval) guardEval(refuse);
  if (!state.allowEmbeddedWasm) guardWasm(catalogue, refuse);
  guardProcess(refuse, addons.dlopen as (...args: unknown[]) => void);
  takeDebugSignal();
  endQuietly();
  syncBuiltinESMExports();
}
