import { writeSync } from 'node:fs';

/** A report that could not be written ends the process with 70, unless whoever read it had enough and closed the pipe. */
export function failWithOutput(): void {
  let failed: NodeJS.ErrnoException | undefined;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') failed ??= error;
    });
  }
  process.on('exit', () => {
    if (failed === undefined) return;
    process.exitCode = 70;
    try {
      writeSync(2, `error: the output cannot be written: ${failed.code} [ERR_FILE_UNWRITABLE]\n`);
    } catch {
      // Nobody is left to be told but by the exit code.
    }
  });
}
