import { Writable } from 'node:stream';
import yargs from 'yargs';
import { type ErrorRecord, isModelsealError } from '../../core/errors/index.js';
import type { RunCommand } from '../../demo/index.js';
import type { CommandContext, CommandList } from './command.js';
import { Output } from './output.js';

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs commands in this process, with `--json`: the command that the demonstration shows is the one that runs. */
export const inProcess =
  (commands: CommandList): RunCommand =>
  async (args, now) => {
    const known = commands.find(({ name }) => name === args[0]);
    if (!known) throw new Error(`there is no command ${args[0]}`);
    const stdout = new Sink();
    const output = new Output({ json: true, quiet: true, color: false }, { stdout, stderr: new Sink() });
    const context: CommandContext = {
      output,
      env: {},
      now,
      finish: () => {},
      passOn: () => {},
      record: async () => {},
      act: (_act, work) => work(),
      observer: undefined,
    };
    const { default: command } = await known.load();
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
  };
