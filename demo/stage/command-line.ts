import { Writable } from 'node:stream';
import yargs from 'yargs';
import { type ErrorRecord, isModelsealError } from '../../core/errors/index.js';
import { type Command, type CommandContext, Output } from '../../commands/terminal/index.js';

/** What a command of the command line ended with: its JSON result, or its error. */
interface CommandResult {
  readonly result: Readonly<Record<string, unknown>> | undefined;
  readonly error: ErrorRecord | undefined;
}

const COMMANDS: Readonly<Record<string, () => Promise<{ default: Command }>>> = {
  ca: () => import('../../commands/ca/index.js'),
  sign: () => import('../../commands/sign.js'),
  verify: () => import('../../commands/verify.js'),
};

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs a command of Modelseal in this process, with `--json`: the command on the screen is the one that runs. */
export async function runCommand(args: readonly string[], now: () => Date): Promise<CommandResult> {
  const load = COMMANDS[args[0] ?? ''];
  if (!load) throw new Error(`the demonstration does not know the command ${args[0]}`);
  const stdout = new Sink();
  const output = new Output({ json: true, quiet: true, color: false }, { stdout, stderr: new Sink() });
  const context: CommandContext = {
    output,
    env: {},
    now,
    finish: () => {},
    record: async () => {},
    observer: undefined,
  };
  const { default: command } = await load();
  try {
    await yargs()
      .parserConfiguration({
        'greedy-arrays': false,
        'parse-numbers': false,
        'parse-positional-numbers': false,
      })
      .strict()
      .exitProcess(false)
      .fail((message, error) => {
        throw error ?? new Error(message);
      })
      .command(command(context))
      .parseAsync([...args]);
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return { result: undefined, error: error.toJSON() };
  }
  const result = JSON.parse(stdout.text) as Record<string, unknown>;
  const [error] = Array.isArray(result.errors) ? (result.errors as ErrorRecord[]) : [];
  return { result, error };
}
