import { constants as limits } from 'node:buffer';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { ModelsealError } from '../errors/index.js';
import { ioError } from '../files.js';
import { digestOnce, type HashEngine } from './algorithms.js';
import { BUFFER_BYTES, changedFile, type ListedJob, type OnBytes, openListed } from './read.js';

/** Bytes in memory with the digests of exactly these bytes, one per range asked for. */
export interface HeldFile {
  readonly bytes: Uint8Array;
  readonly digests: readonly Uint8Array[];
}

/**
 * Reads a whole file into one buffer and hashes it on the way, block by block while it is in the cache: what is
 * handed on is what was hashed, and no one looks at the path again.
 *
 * @param ends Ends of the ranges to hash, ascending, the last one being the size: one for the method `files`, several
 *   for `shards`.
 * @throws {ModelsealError} `ERR_FILE_TOO_LARGE_TO_HOLD`, and like `openListed`
 */
export async function holdFile(
  job: ListedJob,
  ends: readonly number[],
  engine: HashEngine,
  onBytes: OnBytes = () => undefined,
): Promise<HeldFile> {
  if (job.size > limits.MAX_LENGTH) {
    throw new ModelsealError('ERR_FILE_TOO_LARGE_TO_HOLD', {
      file: job.name,
      size: job.size,
      limit: limits.MAX_LENGTH,
    });
  }
  const { fd, mtimeMs } = openListed(job);
  try {
    const bytes = Buffer.allocUnsafeSlow(job.size);
    const digests: Uint8Array[] = [];
    let at = 0;
    for (const end of ends) {
      const running = engine.start();
      while (at < end) {
        const n = readSync(fd, bytes, at, Math.min(BUFFER_BYTES, end - at), at);
        if (n === 0) throw changedFile(job.name, job.size, at);
        running.update(bytes.subarray(at, at + n));
        at += n;
        const pause = onBytes(n);
        if (pause) await pause;
      }
      digests.push(running.digest());
    }
    const after = fstatSync(fd);
    if (at !== job.size || after.size !== job.size || after.mtimeMs !== mtimeMs)
      throw changedFile(job.name, job.size, after.size);
    return { bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), digests };
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, job.name, 'model file');
  } finally {
    closeSync(fd);
  }
}

/** Digests of ranges of bytes that are in memory already. */
export function digestBytes(bytes: Uint8Array, ends: readonly number[], engine: HashEngine): Uint8Array[] {
  let at = 0;
  return ends.map((end) => {
    const digest = digestOnce(engine, bytes.subarray(at, end));
    at = end;
    return digest;
  });
}
