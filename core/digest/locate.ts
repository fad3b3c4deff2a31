import { existsSync } from 'node:fs';

/**
 * Where the worker's entry file lies: beside this module as source or as built module, or, for the bundled command
 * line in `dist/bin` and `dist/bin/chunks`, among the built modules.
 */
export function workerUrl(): URL | undefined {
  const here = import.meta.url;
  const names = here.endsWith('.ts')
    ? ['./worker.ts']
    : ['./worker.js', '../core/digest/worker.js', '../../core/digest/worker.js'];
  return names.map((name) => new URL(name, here)).find((url) => url.protocol === 'file:' && existsSync(url));
}
