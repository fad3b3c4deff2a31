import { writeSync } from 'node:fs';
import { type ErrorCode, type ErrorDetails, ModelsealError } from '../../core/errors/index.js';
import { printable } from '../../core/printable.js';

/** Throws, and leaves a trace that the program cannot swallow by catching the error. */
export type Refuse = <C extends ErrorCode>(code: C, details: ErrorDetails<C>) => never;

export function refuser(reportFd: number | undefined): Refuse {
  return (code, details) => {
    const error = new ModelsealError(code, details);
    // The way through the guard says nothing about the program that was refused.
    error.stack = `${error.name}: ${error.message} [${code}]`;
    tell(error, reportFd);
    throw error;
  };
}

/** Written directly: process.stderr of a hooks thread or worker passes through the event loop of the main thread. */
export function tell(error: ModelsealError, reportFd: number | undefined): void {
  const line =
    reportFd === undefined
      ? `modelseal guard: ${printable(error.message)} [${error.code}]\nhint: ${error.hint}\n`
      : `${JSON.stringify(error.toJSON())}\n`;
  try {
    writeSync(reportFd ?? 2, line);
  } catch {
    // The reader has gone; the refusal itself does not depend on being heard.
  }
}
