import type { ErrorRecord } from '../../core/errors/index.js';

/** What a command of the command line ended with: its JSON result, or its error. */
export interface CommandResult {
  readonly result: Readonly<Record<string, unknown>> | undefined;
  readonly error: ErrorRecord | undefined;
}

/** Runs a command as it would be typed, without the name of the program. Whoever starts the demonstration brings it. */
export type RunCommand = (args: readonly string[], now: () => Date) => Promise<CommandResult>;
