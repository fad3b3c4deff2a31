import { parentPort, workerData } from 'node:worker_threads';
import type { SharedResult, SharedScan } from './parallel.js';
import { scanFound } from './scan.js';

// The second thread of a scan: takes files from the shared counter like the first. What it cannot read is left for the
// first to say.
const { found, options, next } = workerData as SharedScan;
for (;;) {
  const index = Atomics.add(next, 0, 1);
  const file = found[index];
  if (!file) break;
  try {
    parentPort?.postMessage({ index, scan: scanFound(file, options, () => {}) } satisfies SharedResult);
  } catch {
    // It stays undone.
  }
}
