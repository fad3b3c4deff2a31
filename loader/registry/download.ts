import { createHash } from 'node:crypto';
import { closeSync, constants, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { ModelsealError } from '../../core/errors/index.js';
import { unwritable } from '../stage/copy.js';
import type { RegistryFile } from './artifact.js';
import type { RegistryClient } from './client.js';
import { type Answer, failed } from './http.js';

/** A connection that was cut is taken up again where it ended, unless nothing came this often. */
const TRIES = 4;
const PAUSE_MS = 200;
/** A server that sends a byte now and then would otherwise hold us for ever. */
const WINDOW_MS = 60_000;
const LEAST_IN_WINDOW = 64 * 1024;

/**
 * Downloads the file of a layer and hashes it on the way: never more bytes than the manifest says, and only bytes of
 * its digest stay.
 *
 * @param target Does not exist, in a folder that nobody else can enter.
 * @throws {ModelsealError} `ERR_REGISTRY_SIZE`, `ERR_REGISTRY_DIGEST`, `ERR_REGISTRY_FAILED`, `ERR_FILE_UNWRITABLE`
 */
export async function downloadFile(
  client: RegistryClient,
  file: RegistryFile,
  target: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const fd = open(target);
  try {
    await new Download(client, file, fd, target, onBytes, signal).run();
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

class Download {
  readonly #client: RegistryClient;
  readonly #file: RegistryFile;
  readonly #fd: number;
  readonly #target: string;
  readonly #onBytes: (bytes: number) => void;
  readonly #signal: AbortSignal;
  #hash = createHash('sha256');
  #at = 0;

  constructor(
    client: RegistryClient,
    file: RegistryFile,
    fd: number,
    target: string,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ) {
    this.#client = client;
    this.#file = file;
    this.#fd = fd;
    this.#target = target;
    this.#onBytes = onBytes;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { name, size, digest } = this.#file;
    for (let idle = 0; this.#at < size || idle === 0; ) {
      const before = this.#at;
      let lost: unknown;
      try {
        await this.#receive(await this.#client.openBlob(digest, this.#at));
      } catch (error) {
        if (error instanceof ModelsealError && error.code !== 'ERR_REGISTRY_FAILED') throw error;
        lost = error;
      }
      this.#requireWanted();
      if (this.#at === size) break;
      idle = this.#at > before ? 1 : idle + 1;
      if (idle >= TRIES)
        throw (
          lost ??
          new ModelsealError('ERR_REGISTRY_SIZE', {
            file: name,
            expected: size,
            found: `only ${this.#at} came`,
          })
        );
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * idle));
    }
    const found = `sha256:${this.#hash.digest('hex')}`;
    if (found !== digest)
      throw new ModelsealError('ERR_REGISTRY_DIGEST', { what: name, expected: digest, found });
  }

  async #receive(answer: Answer): Promise<void> {
    const { name, size } = this.#file;
    // A server that cannot begin in the middle begins anew.
    if (answer.status === 200 && this.#at > 0) {
      this.#onBytes(-this.#at);
      ftruncateSync(this.#fd, 0);
      this.#hash = createHash('sha256');
      this.#at = 0;
    }
    if (answer.status === 206 && !String(answer.headers['content-range']).startsWith(`bytes ${this.#at}-`))
      throw failed(answer.url, 'it sends another part than was asked for');
    const onAbort = (): void => void answer.body.destroy();
    this.#signal.addEventListener('abort', onAbort);
    let window = performance.now();
    let inWindow = 0;
    try {
      for await (const chunk of answer.body as AsyncIterable<Buffer>) {
        this.#requireWanted();
        if (this.#at + chunk.length > size)
          throw new ModelsealError('ERR_REGISTRY_SIZE', { file: name, expected: size, found: 'more came' });
        this.#write(chunk);
        inWindow += chunk.length;
        if (performance.now() - window < WINDOW_MS) continue;
        if (inWindow < LEAST_IN_WINDOW) throw failed(answer.url, 'it sends next to nothing');
        window = performance.now();
        inWindow = 0;
      }
    } catch (error) {
      throw error instanceof ModelsealError ? error : failed(answer.url, 'the download was cut off', error);
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
      answer.body.destroy();
    }
  }

  #requireWanted(): void {
    if (this.#signal.aborted) throw new ModelsealError('ERR_INTERRUPTED', { work: 'downloading the model' });
  }

  #write(chunk: Buffer): void {
    this.#hash.update(chunk);
    try {
      for (let done = 0; done < chunk.length; )
        done += writeSync(this.#fd, chunk, done, chunk.length - done, this.#at + done);
    } catch (error) {
      throw unwritable(error, this.#target);
    }
    this.#at += chunk.length;
    this.#onBytes(chunk.length);
  }
}

function open(target: string): number {
  try {
    return openSync(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    throw unwritable(error, target);
  }
}
