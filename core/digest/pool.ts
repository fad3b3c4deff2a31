import type { Worker } from 'node:worker_threads';
import { type ErrorCode, type ErrorDetails, isModelsealError, ModelsealError } from '../errors/index.js';
import type { ProgressSink } from '../progress.js';
import { type HashName, openHash } from './algorithms.js';
import { drain, Hand } from './drain.js';
import { startWorker } from './locate.js';
import { amount, Control, Done, type JobList, type SharedWork, share } from './shared.js';

/** A second thread costs about 30 ms to start; below these amounts of work it would finish after the first. */
const PARALLEL_BYTES = 64 * 1024 * 1024;
export const PARALLEL_FILES = 500;
/** The event loop gets a turn this often, so that timers and signals of the host program are served. */
const TURN_MS = 50;

export interface DigestOptions {
  readonly algorithm: HashName;
  readonly progress?: ProgressSink | undefined;
  /** 1 keeps everything on the calling thread; without it, two threads where the work is worth it. */
  readonly threads?: 1 | 2 | undefined;
}

/** What was read, in the order of the jobs. */
export interface Digested {
  /** Packed one after the other. */
  readonly digests: Uint8Array;
  /** Where each range ended, for the jobs that left it open. */
  readonly ends: Float64Array;
  /** Jobs whose file has another size than they demand, ascending; they have no digest. */
  readonly otherSize: readonly number[];
}

/**
 * Hashes ranges of files, in any order, on the calling thread and, where it pays, one worker thread.
 *
 * @throws {ModelsealError} the first job's error, see `hashLarge`
 */
export async function digestJobs(jobs: JobList, options: DigestOptions): Promise<Digested> {
  const engine = await openHash(options.algorithm);
  const order = schedule(jobs);
  const work = share(jobs, order, options.algorithm, engine.size);
  const { total, open } = amount(work);
  const report = reporter(work, { total, open, files: jobs.length }, options.progress);
  const helper =
    jobs.length > 1 && parallel(jobs.length, total, options.threads) ? startHelper(work) : undefined;
  try {
    await drain(work, engine, 0, report.between);
    // A worker that came too late to take a job is not waited for.
    if (helper && work.done.includes(Done.not)) await whileReporting(helper.ended, report.now);
    await finish(work, engine);
  } catch (error) {
    // Interrupted by the worker's stop: its message, which says why, may still be on the way.
    if (isModelsealError(error, 'ERR_INTERRUPTED')) await helper?.ended;
    Atomics.store(work.control, Control.stop, 1);
    await helper?.stop();
    throw helper?.failure() ?? error;
  }
  const failure = helper?.failure();
  helper?.stop().catch(() => {});
  if (failure) throw failure;
  // A digest that was not computed must never be taken for one that was.
  if (work.done.includes(Done.not))
    throw new ModelsealError('ERR_INTERNAL', { problem: 'a file was left unhashed' });
  report.now();
  return unshuffle(work, order, engine.size);
}

function parallel(count: number, total: number, threads: 1 | 2 | undefined): boolean {
  return threads === undefined ? total >= PARALLEL_BYTES || count > PARALLEL_FILES : threads === 2;
}

/** Beyond this many jobs the last one is a small part of the whole, and their order no longer matters. */
const SORT_UP_TO = 1000;

/** Largest first: the last job to end must be a small one. */
function schedule(jobs: JobList): Uint32Array {
  const order = new Uint32Array(jobs.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (jobs.length > SORT_UP_TO) return order;
  const length = (i: number): number => {
    const job = jobs.at(i);
    return job ? job.end - job.start : 0;
  };
  return order.sort((a, b) => length(b) - length(a) || a - b);
}

function unshuffle(work: SharedWork, order: Uint32Array, size: number): Digested {
  const otherSize: number[] = [];
  work.done.forEach((done, i) => {
    if (done === Done.otherSize) otherSize.push(order[i] as number);
  });
  otherSize.sort((a, b) => a - b);
  if (order.length > SORT_UP_TO) return { digests: work.digests, ends: work.ends, otherSize };
  const digests = new Uint8Array(work.digests.length);
  const ends = new Float64Array(work.ends.length);
  order.forEach((to, from) => {
    digests.set(work.digests.subarray(from * size, (from + 1) * size), to * size);
    ends[to] = work.ends[from] as number;
  });
  return { digests, ends, otherSize };
}

interface Helper {
  /** Settles when the worker has ended, however it ended. */
  readonly ended: Promise<void>;
  /** What a job of the worker threw. */
  failure(): ModelsealError | undefined;
  stop(): Promise<void>;
}

type Message = { ended: true } | { code: ErrorCode; details: ErrorDetails<ErrorCode> } | { problem: string };

let spare: Worker | undefined;

let alone = false;

/** For a process in which threads of ours have no place, such as a guarded one: everything is hashed in this thread. */
export function stayAlone(): void {
  alone = true;
}

/**
 * Starts the second thread ahead of the work, while the model is still being listed. It does not keep the process
 * alive, and ends by itself when no work comes.
 */
export function warmUp(): void {
  if (spare || alone) return;
  try {
    spare = startWorker();
  } catch {
    return;
  }
  const forget = (): void => {
    spare = undefined;
  };
  spare?.once('error', forget).once('exit', forget).unref();
}

/** Hands the work to the thread that waits for it, or starts one. */
function thread(work: SharedWork): Worker | undefined {
  if (alone) return undefined;
  const waiting = spare;
  if (!waiting) return startWorker(work);
  spare = undefined;
  waiting.ref();
  waiting.postMessage(work);
  return waiting;
}

/** Starts the second thread. A worker that cannot start, or dies, leaves its jobs to the main thread. */
function startHelper(work: SharedWork): Helper | undefined {
  let worker: Worker | undefined;
  try {
    worker = thread(work);
  } catch {
    return undefined;
  }
  if (!worker) return undefined;
  const helper = worker;
  let failure: ModelsealError | undefined;
  const ended = new Promise<void>((resolve) => {
    helper.on('message', (message: Message) => {
      if ('code' in message) failure = new ModelsealError(message.code, message.details);
      resolve();
    });
    helper.on('error', () => resolve());
    helper.on('exit', () => resolve());
  });
  return {
    ended,
    failure: () => (failure?.code === 'ERR_INTERRUPTED' ? undefined : failure),
    stop: async () => {
      await helper.terminate();
    },
  };
}

/** Does what a worker claimed and did not finish. */
async function finish(work: SharedWork, engine: Awaited<ReturnType<typeof openHash>>): Promise<void> {
  if (Atomics.load(work.control, Control.stop) !== 0) return;
  let hand: Hand | undefined;
  for (let index = work.done.indexOf(Done.not); index >= 0; index = work.done.indexOf(Done.not, index + 1)) {
    hand ??= new Hand(work, engine);
    await hand.hash(index, () => undefined);
  }
}

async function whileReporting(ended: Promise<void>, now: () => void): Promise<void> {
  const timer = setInterval(now, 100);
  try {
    await ended;
  } finally {
    clearInterval(timer);
  }
}

interface Reporter {
  between(): Promise<void> | undefined;
  now(): void;
}

function reporter(
  work: SharedWork,
  { total, open, files: totalFiles }: { total: number; open: boolean; files: number },
  sink: ProgressSink | undefined,
): Reporter {
  let last = performance.now();
  const now = (): void => {
    const [a = 0, b = 0, c = 0, d = 0] = work.tally;
    const [bytes, files] = [a + c, b + d];
    // Files that are measured when they are opened: the rest is expected to be like what was read.
    const expected = files > 0 ? Math.round((bytes / files) * totalFiles) : 0;
    sink?.({ bytes, total: Math.max(total, bytes, open ? expected : 0), files, totalFiles });
  };
  return {
    now,
    between: () => {
      const time = performance.now();
      if (time - last < TURN_MS) return undefined;
      last = time;
      now();
      return new Promise((resolve) => setImmediate(resolve));
    },
  };
}
