import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A Python that has a package: of the environment that MODELSEAL_PEERS names, or the one of the system. */
const found = new Map<string, string | undefined>();

function python(importable: string): string | undefined {
  if (found.has(importable)) return found.get(importable);
  const { MODELSEAL_PEERS: peers } = process.env;
  const candidates = [...(peers ? [join(peers, 'bin', 'python')].filter(existsSync) : []), 'python3'];
  const works = (command: string): boolean => spawnSync(command, ['-c', `import ${importable}`]).status === 0;
  const command = candidates.find(works);
  found.set(importable, command);
  return command;
}

/** Skips the test, with the reason on the console, where no Python has the package. */
export function needPython(context: Mocha.Context, importable: string): string {
  const command = python(importable);
  if (command === undefined) {
    console.log(
      `      skipped: no Python with ${importable} (set MODELSEAL_PEERS to a virtual environment that has it)`,
    );
    return context.skip();
  }
  return command;
}

/** Runs a Python program given as text. */
export function runPython(
  command: string,
  program: string,
  args: readonly string[],
): { status: number; output: string } {
  const run = spawnSync(command, ['-c', program, ...args], { encoding: 'utf8' });
  if (run.error) throw run.error;
  return { status: run.status ?? -1, output: `${run.stdout}${run.stderr}` };
}
