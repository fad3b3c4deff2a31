import { parentPort, workerData } from 'node:worker_threads';
import { isModelsealError } from '../errors/index.js';
import { openHash } from './algorithms.js';
import { Control, drain, type SharedWork } from './shared.js';

// The second thread of a digest run: takes jobs from the shared counter like the first, and says how it ended.
const work = workerData as SharedWork;
try {
  await drain(work, await openHash(work.algorithm), 1, () => undefined);
  parentPort?.postMessage({ ended: true });
} catch (error) {
  if (isModelsealError(error)) {
    Atomics.store(work.control, Control.stop, 1);
    parentPort?.postMessage({ code: error.code, details: error.details });
  } else {
    // Not about a file: the main thread does what is left undone here, and meets the problem itself if it is real.
    parentPort?.postMessage({ problem: error instanceof Error ? error.message : String(error) });
  }
}
