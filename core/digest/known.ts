import { ModelsealError } from '../errors/index.js';
import type { CachePass } from './cache.js';
import { DIGEST_SIZE } from './algorithms.js';
import { type Digested, type DigestOptions, digestJobs } from './pool.js';
import type { DigestJob } from './read.js';

/** Looking up takes microseconds, having a file written back may take more: others get their turn this often. */
const TURN_MS = 50;

/**
 * {@link digestJobs} for files of which some were hashed before.
 *
 * @param jobs Of files that were looked up: size, device and inode are known.
 * @param accept Whether a digest that was found may be taken.
 */
export async function digestUnknown(
  jobs: readonly DigestJob[],
  pass: CachePass,
  accept: (job: DigestJob, digest: string) => boolean,
  options: DigestOptions,
): Promise<Digested> {
  const size = DIGEST_SIZE[options.algorithm];
  const digests = Buffer.alloc(jobs.length * size);
  const unknown: number[] = [];
  let last = performance.now();
  for (const [i, job] of jobs.entries()) {
    const found = pass.find(job, (digest) => digest.length === size * 2 && accept(job, digest));
    if (found === undefined) unknown.push(i);
    else digests.write(found, i * size, 'hex');
    if (performance.now() - last < TURN_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    last = performance.now();
  }
  if (unknown.length > 0) {
    const read = await digestJobs(
      unknown.map((i) => jobs[i] as DigestJob),
      options,
    );
    if (read.otherSize.length > 0)
      throw new ModelsealError('ERR_INTERNAL', { problem: 'a file of known size was taken for another' });
    unknown.forEach((i, k) => {
      const digest = Buffer.from(read.digests.subarray(k * size, (k + 1) * size));
      digest.copy(digests, i * size);
      pass.learn(jobs[i] as DigestJob, digest.toString('hex'));
    });
  }
  return { digests, ends: Float64Array.from(jobs, ({ end }) => end), otherSize: [] };
}
