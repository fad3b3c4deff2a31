import { hostname, userInfo } from 'node:os';

// Facts about the machine that a process may not get: a container has users without an entry in the password file, and
// Node throws for them. This is the one door, and each fact has its fallback.

/** Name of the user that this process runs as. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}

/** Name of this machine. */
export function hostName(): string {
  try {
    return hostname() || 'an unnamed host';
  } catch {
    return 'an unnamed host';
  }
}
