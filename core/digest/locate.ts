import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Where the entry file of a worker lies, from this module. */
export interface WorkerFiles {
  readonly source: string;
  /** Its name as a bundle, which starts faster. */
  readonly bundle: string;
  readonly module: string;
  /** Megabytes for short-lived objects; Node's own choice without it. */
  readonly young?: number;
}

const DIGEST: WorkerFiles = {
  source: './worker.ts',
  bundle: 'worker',
  module: './worker.js',
  // Hashing makes little garbage, which needs no room.
  young: 4,
};

/**
 * The worker's entry file: beside this module as source; as a bundle beside this one or in `dist/bin`; or as a built
 * module.
 */
export function workerUrl({ source, bundle, module }: WorkerFiles = DIGEST): URL | undefined {
  const here = import.meta.url;
  const names = here.endsWith('.ts')
    ? [source]
    : [`./${bundle}.cjs`, `../../bin/${bundle}.cjs`, `./${bundle}.js`, module];
  return names.map((name) => new URL(name, here)).find((url) => url.protocol === 'file:' && existsSync(url));
}

/**
 * Starts the worker with its work, or idle without, or says by `undefined` that it cannot be found. Run from source,
 * Node cannot load TypeScript in a thread by itself: the loader that runs the main thread is registered there first.
 */
export function startWorker(workerData?: object, files: WorkerFiles = DIGEST): Worker | undefined {
  const url = workerUrl(files);
  if (!url) return undefined;
  if (!url.pathname.endsWith('.ts')) {
    const { young } = files;
    return new Worker(url, {
      workerData,
      ...(young === undefined ? {} : { resourceLimits: { maxYoungGenerationSizeMb: young } }),
    });
  }
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import('${url.href}'); })`;
  return new Worker(load, { eval: true, workerData });
}
