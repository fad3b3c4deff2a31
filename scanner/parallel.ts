import type { Worker } from 'node:worker_threads';
import { startWorker, type WorkerFiles } from '../core/digest/locate.js';
import { checkScanOptions, type ScanOptions } from './options.js';
import { acceptSidecars, type FileScan, type ScanResult, scanFound, summarize } from './scan.js';
import { type FoundFile, findFiles } from './walk.js';

const WORKER: WorkerFiles = {
  source: '../../scanner/worker.ts',
  bundle: 'scan-worker',
  module: '../../scanner/worker.js',
};
/** A thread costs about 100 ms to start; below these amounts of work it would come too late. */
const PARALLEL_BYTES = 32 << 20;
const PARALLEL_FILES = 500;
/** What the other thread has found is received, and shown, this often. */
const TURN_MS = 50;

/** What the second thread is given. */
export interface SharedScan {
  readonly found: readonly FoundFile[];
  readonly options: Pick<ScanOptions, 'policy' | 'limits'>;
  /** The next file that nobody has taken. */
  readonly next: Int32Array;
}

/** What it answers, one file at a time. */
export interface SharedResult {
  readonly index: number;
  readonly scan: FileScan;
}

/**
 * As `scanPaths`, on two threads where the work is worth it. The result is the same, in the same order: a file that the
 * second thread could not do, or did not come to, is scanned by this one.
 *
 * @param threads 2 whatever the work.
 * @throws {ModelsealError} as `scanPaths`
 */
export async function scanPathsOnAllCores(
  paths: readonly string[],
  options: ScanOptions = {},
  threads?: 2,
): Promise<ScanResult> {
  checkScanOptions('scanPathsOnAllCores', options);
  const { policy = {}, limits, scanners } = options;
  const omitted: string[] = [];
  const found = paths.flatMap((path) => findFiles(path, omitted));
  const total = found.reduce((sum, { size }) => sum + size, 0);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const scans = new Array<FileScan | undefined>(found.length);
  let [bytes, files] = [0, 0];
  const report = (reached = 0): void =>
    options.progress?.({ bytes: Math.min(total, bytes + reached), total, files, totalFiles: found.length });
  const done = (index: number, scan: FileScan): void => {
    if (scans[index]) return;
    scans[index] = scan;
    files++;
    bytes += found[index]?.size ?? 0;
    report();
  };

  const worth = threads === 2 || total >= PARALLEL_BYTES || found.length >= PARALLEL_FILES;
  // Scanners are code, which no message carries to another thread.
  const shared: SharedScan = { found, options: { policy, ...(limits ? { limits } : {}) }, next };
  const helper = worth && found.length > 1 && !scanners ? start(shared, done) : undefined;
  try {
    let turn = performance.now();
    for (;;) {
      const index = helper ? Atomics.add(next, 0, 1) : files;
      const file = found[index];
      if (!file) break;
      done(index, scanFound(file, options, report));
      if (!helper || performance.now() - turn < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turn = performance.now();
    }
    await helper?.ended;
  } finally {
    void helper?.stop();
  }
  found.forEach((file, index) => {
    if (!scans[index]) done(index, scanFound(file, options, report));
  });
  return summarize(acceptSidecars(scans as FileScan[], policy), policy, omitted);
}

/** Starts the second thread; one that cannot start, or dies, leaves its files to this one. */
function start(
  shared: SharedScan,
  done: (index: number, scan: FileScan) => void,
): { readonly ended: Promise<void>; stop(): Promise<unknown> } | undefined {
  let worker: Worker | undefined;
  try {
    worker = startWorker(shared, WORKER);
  } catch {
    return undefined;
  }
  if (!worker) return undefined;
  const thread = worker;
  const ended = new Promise<void>((resolve) => {
    thread.on('message', ({ index, scan }: SharedResult) => done(index, scan));
    thread.on('error', () => resolve());
    thread.on('exit', () => resolve());
  });
  return { ended, stop: () => thread.terminate() };
}
