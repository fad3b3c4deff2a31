import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/**
 * Where the worker's entry file lies: beside this module as source; as a bundle, which starts faster, in `dist/bin`;
 * or as a built module.
 */
export function workerUrl(): URL | undefined {
  const here = import.meta.url;
  const names = here.endsWith('.ts')
    ? ['./worker.ts']
    : ['./worker.cjs', '../../bin/worker.cjs', './worker.js'];
  return names.map((name) => new URL(name, here)).find((url) => url.protocol === 'file:' && existsSync(url));
}

/**
 * Starts the worker with its work, or idle without, or says by `undefined` that it cannot be found. Run from source,
 * Node cannot load TypeScript in a thread by itself: the loader that runs the main thread is registered there first.
 */
export function startWorker(workerData?: object): Worker | undefined {
  const url = workerUrl();
  if (!url) return undefined;
  if (!url.pathname.endsWith('.ts'))
    // Hashing makes little garbage, which needs no room.
    return new Worker(url, { workerData, resourceLimits: { maxYoungGenerationSizeMb: 4 } });
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import('${url.href}'); })`;
  return new Worker(load, { eval: true, workerData });
}
