import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import {
  BUFFER_BYTES,
  changedFile,
  type HashEngine,
  OPEN_FLAGS,
  type OpenFile,
  openListed,
} from '../../core/digest/index.js';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError } from '../../core/files.js';
import type { ModelFile } from '../../core/model/index.js';
import type { OnBlock } from '../pipeline/hold.js';

interface Job {
  readonly file: ModelFile;
  readonly target: string;
  readonly ends: readonly number[];
  readonly engine: HashEngine;
  readonly onBlock: OnBlock;
}

/**
 * Copies files and hashes what it copies: through one buffer, so that memory stays flat at any size. Where the file
 * system can share blocks, the copy is made first and then hashed, which costs one reading and no writing. Either way
 * the digests are of the bytes of the copy.
 */
export class Copier {
  readonly #durable: boolean;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** A file system that cannot share blocks once cannot the next time. */
  #canShare = process.platform === 'linux';

  /** @param durable The copies survive a loss of power. */
  constructor(durable: boolean) {
    this.#durable = durable;
  }

  /**
   * @param target Does not exist, in a folder that nobody else can enter.
   * @param ends Ends of the ranges to hash, the last one being the size.
   * @returns The digest of each range of the copy.
   * @throws {ModelsealError} `ERR_MODEL_MOVED`, `ERR_FILE_CHANGED_WHILE_READ`, `ERR_FILE_UNREADABLE`,
   *   `ERR_FILE_UNWRITABLE`
   */
  async copy(
    file: ModelFile,
    target: string,
    ends: readonly number[],
    engine: HashEngine,
    onBlock: OnBlock,
  ): Promise<Uint8Array[]> {
    const source = openListed(file);
    const job = { file, target, ends, engine, onBlock };
    try {
      if (this.#share(source, target)) return await this.#hashShared(job);
      return await this.#copyBytes(job, source);
    } finally {
      closeSync(source.fd);
    }
  }

  /** By the open descriptor: the path may lead to a pipe by now. */
  #share({ fd, size }: OpenFile, target: string): boolean {
    if (!this.#canShare || size === 0) return false;
    try {
      copyFileSync(`/proc/self/fd/${fd}`, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
      return true;
    } catch {
      this.#canShare = false;
      try {
        unlinkSync(target);
      } catch {
        // It was not made.
      }
      return false;
    }
  }

  async #hashShared(job: Job): Promise<Uint8Array[]> {
    const { file, target } = job;
    const fd = openTarget(target, OPEN_FLAGS);
    try {
      const { size } = fstatSync(fd);
      if (size !== file.size) throw changedFile(file.name, file.size, size);
      const digests = await this.#run(job, fd);
      if (this.#durable) fsyncSync(fd);
      return digests;
    } finally {
      closeSync(fd);
    }
  }

  async #copyBytes(job: Job, source: OpenFile): Promise<Uint8Array[]> {
    const { file, target } = job;
    const out = openTarget(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
    try {
      const digests = await this.#run(job, source.fd, out);
      const after = fstatSync(source.fd);
      if (after.size !== file.size) throw changedFile(file.name, file.size, after.size);
      if (this.#durable) fsyncSync(out);
      return digests;
    } catch (error) {
      throw error instanceof ModelsealError ? error : unwritable(error, target);
    } finally {
      closeSync(out);
    }
  }

  async #run({ file, target, ends, engine, onBlock }: Job, from: number, to?: number): Promise<Uint8Array[]> {
    const digests: Uint8Array[] = [];
    let at = 0;
    for (const end of ends) {
      const running = engine.start();
      while (at < end) {
        const n = read(file, from, this.#buffer, Math.min(this.#buffer.length, end - at), at);
        if (n === 0) throw changedFile(file.name, file.size, at);
        const block = this.#buffer.subarray(0, n);
        running.update(block);
        if (to !== undefined) write(to, block, target);
        at += n;
        const pause = onBlock(n);
        if (pause) await pause;
      }
      digests.push(running.digest());
    }
    return digests;
  }
}

function read({ name }: ModelFile, fd: number, buffer: Buffer, length: number, at: number): number {
  try {
    return readSync(fd, buffer, 0, length, at);
  } catch (error) {
    throw ioError(error, name, 'model file');
  }
}

function write(fd: number, block: Buffer, target: string): void {
  try {
    for (let at = 0; at < block.length; ) at += writeSync(fd, block, at);
  } catch (error) {
    throw unwritable(error, target);
  }
}

function openTarget(target: string, flags: number): number {
  try {
    return openSync(target, flags, 0o600);
  } catch (error) {
    throw unwritable(error, target);
  }
}

/** Also for a full disk. */
export function unwritable(error: unknown, file: string): ModelsealError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  return new ModelsealError('ERR_FILE_UNWRITABLE', { file, reason }, { cause: error });
}
