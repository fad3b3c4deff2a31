import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { ModelsealError } from '../errors/index.js';
import { isAlive } from '../process.js';

/** Long enough for any append by another process, short enough not to look like a hang. */
const WAIT_MS = 5000;
const POLL_MS = 10;

/**
 * Runs `work` while holding `file.lock`, which is created exclusively and holds the owner's process id.
 * A lock whose owner no longer runs (it was killed) is taken over.
 *
 * @throws {ModelsealError} `ERR_AUDIT_LOCKED`
 */
export function withLock<T>(file: string, work: () => T): T {
  const lock = `${file}.lock`;
  const deadline = performance.now() + WAIT_MS;
  let unowned = true;
  while (!tryLock(lock)) {
    const owner = ownerOf(lock);
    if (owner !== undefined && !isAlive(owner)) takeOver(lock, owner);
    else if (owner === undefined && unowned && performance.now() > deadline) {
      // Empty all this time: its file system lost what was in it.
      takeOver(lock, owner);
      unowned = false;
    } else if (performance.now() > deadline) {
      throw new ModelsealError('ERR_AUDIT_LOCKED', { file, owner: String(owner ?? 'unknown') });
    } else sleep(POLL_MS);
  }
  try {
    return work();
  } finally {
    remove(lock);
  }
}

/** Written aside and linked, so that no lock is ever seen without its owner: not after a kill, not on a full disk. */
function tryLock(lock: string): boolean {
  const aside = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(aside, String(process.pid), { mode: 0o600 });
    linkSync(aside, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    remove(aside);
  }
}

/**
 * Removes the lock of a dead owner. Only one process at a time may do so: two that saw the same dead owner could
 * otherwise remove each other's fresh lock.
 */
function takeOver(lock: string, dead: number | undefined): void {
  const marker = `${lock}.takeover`;
  if (!tryLock(marker)) {
    const owner = ownerOf(marker);
    if (owner !== undefined && !isAlive(owner)) remove(marker);
    sleep(POLL_MS);
    return;
  }
  try {
    if (ownerOf(lock) === dead) remove(lock);
  } finally {
    remove(marker);
  }
}

function ownerOf(lock: string): number | undefined {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function remove(lock: string): void {
  try {
    unlinkSync(lock);
  } catch {
    // Another process that found the owner dead was faster.
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
