import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import workers, { SHARE_ENV, setEnvironmentData, type WorkerOptions } from 'node:worker_threads';
import type { Catalogue } from './catalogue.js';
import { lock, replace } from './lock.js';
import type { Refuse } from './refuse.js';
import type { GuardState } from './state.js';

/** Under this key a worker finds the verified state of its parent. */
export const STATE_KEY = 'modelseal.guard.state';

/** Makes every worker start under the guard, from a signed file. */
export function guardWorkers(state: GuardState, entry: string, catalogue: Catalogue, refuse: Refuse): void {
  const { Worker } = workers;
  setEnvironmentData(STATE_KEY, state as never);
  const set = workers.setEnvironmentData;
  replace(workers, 'setEnvironmentData', (key: unknown, value: unknown) => {
    if (key === STATE_KEY) refuse('ERR_GUARD_WORKER_OPTION', { option: `environment data ${STATE_KEY}` });
    return set(key as never, value as never);
  });
  const guarded = new Proxy(Worker, {
    construct: (target, [script, given], newTarget) => {
      const options: WorkerOptions = { ...(given as WorkerOptions | undefined) };
      if (options.eval) refuse('ERR_GUARD_WORKER_EVAL', {});
      if (options.execArgv?.length) refuse('ERR_GUARD_WORKER_OPTION', { option: 'execArgv' });
      // Node reads NODE_OPTIONS for a worker again, and what it requires would run before the guard.
      if (options.env === SHARE_ENV) {
        if (process.env.NODE_OPTIONS)
          refuse('ERR_GUARD_WORKER_OPTION', { option: 'SHARE_ENV with NODE_OPTIONS' });
      } else {
        if (options.env?.NODE_OPTIONS) refuse('ERR_GUARD_WORKER_OPTION', { option: 'env.NODE_OPTIONS' });
        const { NODE_OPTIONS: _, ...env } = options.env ?? process.env;
        options.env = env as NodeJS.ProcessEnv;
      }
      // The worker checks again when it imports the file; here the refusal reaches the line that asked.
      const file = scriptPath(script, refuse);
      catalogue.read(file);
      return Reflect.construct(
        target,
        [file, { ...options, eval: false, execArgv: ['--import', entry] }],
        newTarget,
      );
    },
  });
  lock(Worker.prototype, 'constructor', guarded);
  replace(workers, 'Worker', guarded);
}

function scriptPath(script: unknown, refuse: Refuse): string {
  if (script instanceof URL) {
    if (script.protocol !== 'file:') refuse('ERR_GUARD_URL', { url: script.href.slice(0, 80) });
    return fileURLToPath(script);
  }
  const text = String(script);
  return isAbsolute(text) ? text : resolve(text);
}
