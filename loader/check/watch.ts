import { watch } from 'node:fs';
import { join, sep } from 'node:path';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import type { Report } from '../../core/report/index.js';
import { type CheckOptions, checkModel } from './check.js';
import { type FoundModel, findModels } from './find.js';

export interface WatchOptions {
  /** Options of each check, made anew every time: time, CRLs and policy may have changed. */
  readonly check: () => Promise<CheckOptions>;
  /** Milliseconds between full passes, whatever changed. */
  readonly interval: number;
  /** Milliseconds that a model must rest before it is judged: a copy in progress is not a model yet. */
  readonly settle: number;
  readonly signal: AbortSignal;
  readonly onReport: (report: Report, cause: 'start' | 'change' | 'schedule') => void | Promise<void>;
  /** Told when a pass itself fails, for instance because the folder went away; watching goes on. */
  readonly onError: (error: unknown) => void;
}

const WATCH: OptionTable<WatchOptions> = {
  check: is.call,
  interval: is.number,
  settle: is.number,
  signal: is.object,
  onReport: is.call,
  onError: is.call,
};

/**
 * Judges every model below a folder at the start, whatever changes afterwards, and everything again on a schedule,
 * until the signal ends it. Checks never overlap.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND` when the folder is not there at the start
 * @example
 * await watchFolder('models', {
 *   check: async () => ({ verify: { trustRoots, at: new Date() } }),
 *   interval: 3_600_000,
 *   settle: 2_000,
 *   signal: AbortSignal.timeout(86_400_000),
 *   onReport: ({ subject, verdict }) => console.log(subject, verdict),
 *   onError: console.error,
 * });
 */
export async function watchFolder(root: string, options: WatchOptions): Promise<void> {
  checkOptions('watchFolder', options, WATCH);
  findModels(root);
  const changed = new Map<string, number>();
  const wake = new Wakeup();
  const watcher = watch(root, { recursive: true }, (_event, name) => {
    changed.set(name === null ? root : join(root, name.toString()), Date.now());
    wake.now();
  });
  watcher.on('error', options.onError);
  const stop = (): void => wake.now();
  options.signal.addEventListener('abort', stop);
  try {
    let due = 0;
    let cause: 'start' | 'schedule' = 'start';
    while (!options.signal.aborted) {
      if (Date.now() >= due) {
        changed.clear();
        await pass(root, options, cause, () => true);
        cause = 'schedule';
        due = Date.now() + options.interval;
      }
      const ready = takeSettled(changed, options.settle);
      if (ready.length > 0)
        await pass(root, options, 'change', (model) => ready.some((path) => touches(model, path)));
      const next = changed.size > 0 ? options.settle : due - Date.now();
      if (!options.signal.aborted) await wake.within(Math.max(10, Math.min(next, due - Date.now())));
    }
  } finally {
    options.signal.removeEventListener('abort', stop);
    watcher.close();
  }
}

async function pass(
  root: string,
  options: WatchOptions,
  cause: 'start' | 'change' | 'schedule',
  wanted: (model: FoundModel) => boolean,
): Promise<void> {
  try {
    const check = await options.check();
    for (const model of findModels(root, check.skip, check.ignorePaths).models.filter(wanted)) {
      if (options.signal.aborted) return;
      await options.onReport(await checkModel(model, check), cause);
    }
  } catch (error) {
    options.onError(error);
  }
}

function takeSettled(changed: Map<string, number>, settle: number): string[] {
  const limit = Date.now() - settle;
  const ready = [...changed].filter(([, at]) => at <= limit).map(([path]) => path);
  for (const path of ready) changed.delete(path);
  return ready;
}

/** A change inside a model, of the model itself, or of a folder above it. */
const touches = (model: FoundModel, path: string): boolean =>
  path === model.path || path.startsWith(model.path + sep) || model.path.startsWith(path + sep);

/** Sleeps for a time, or until woken. */
class Wakeup {
  #wake: (() => void) | undefined;
  #woken = false;

  now(): void {
    this.#woken = true;
    this.#wake?.();
  }

  async within(ms: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#woken = false;
    this.#wake = undefined;
  }
}
