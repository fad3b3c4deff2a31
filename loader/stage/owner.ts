import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAlive } from '../../core/process.js';

/** A process, told apart from a later one that has the same number. */
export interface Owner {
  /** The machine, its start, and the set of processes in which the number counts (containers have their own). */
  readonly machine: string;
  readonly pid: number;
  /** When it started, as the kernel counts; empty where the system does not say. */
  readonly started: string;
}

export const ownerOf = (pid: number): Owner => ({ machine: machine(), pid, started: startOf(pid) });

/** Whether a process surely no longer runs; nothing is known of those of another machine. */
export function isGone({ machine: where, pid, started }: Owner): boolean {
  if (where !== machine()) return false;
  return !isAlive(pid) || startOf(pid) !== started;
}

let known: string | undefined;

function machine(): string {
  known ??= createHash('sha256')
    .update(
      [
        hostname(),
        attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
        pidNamespace(),
      ].join('\n'),
    )
    .digest('hex')
    .slice(0, 16);
  return known;
}

const pidNamespace = (): string => attempt(() => readlinkSync('/proc/self/ns/pid'));

/**
 * Field 22 of `/proc/PID/stat`; the name before it, in parentheses, may hold anything. A process that has ended and that
 * nobody has asked after yet (state Z) has no start any more.
 */
function startOf(pid: number): string {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' ? '' : (fields[18] ?? '');
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
