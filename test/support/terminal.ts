import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PTY = fileURLToPath(new URL('terminal.py', import.meta.url));

/** Whether a command can be run on a terminal of its own here; Python brings one. */
export const hasTerminal = (): boolean => spawnSync('python3', ['-c', 'import pty']).status === 0;

/**
 * Runs a command on a terminal and types.
 *
 * @param answers Pairs: what must appear first, then the keys that are pressed.
 */
export function onTerminal(
  command: readonly string[],
  answers: readonly (readonly [seen: string, keys: string])[],
): SpawnSyncReturns<string> {
  return spawnSync('python3', [PTY, JSON.stringify(answers), ...command], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}
