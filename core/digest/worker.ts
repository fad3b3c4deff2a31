import { parentPort, workerData } from 'node:worker_threads';
import { isModelsealError } from '../errors/index.js';
import { openHash } from './algorithms.js';
import { drain } from './drain.js';
import { Control, type SharedWork } from './shared.js';

/** A thread that was started ahead of the work ends by itself when none comes. */
const IDLE_MS = 10_000;

// The second thread of a digest run: takes jobs from the shared counter like the first, and says how it ended.
// The work comes with the start, or, where the thread was started ahead, as its first message.
if (workerData) {
  run(workerData as SharedWork).catch(fail);
} else {
  const idle = setTimeout(() => parentPort?.close(), IDLE_MS);
  parentPort?.once('message', (work: SharedWork) => {
    clearTimeout(idle);
    run(work)
      .catch(fail)
      .finally(() => parentPort?.close());
  });
}

async function run(work: SharedWork): Promise<void> {
  try {
    await drain(work, await openHash(work.algorithm), 1, () => undefined);
    parentPort?.postMessage({ ended: true });
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    Atomics.store(work.control, Control.stop, 1);
    parentPort?.postMessage({ code: error.code, details: error.details });
  }
}

/** Not about a file: the main thread does what is left undone here, and meets the problem itself if it is real. */
function fail(error: unknown): void {
  parentPort?.postMessage({ problem: error instanceof Error ? error.message : String(error) });
}
