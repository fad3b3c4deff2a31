import type { CommandModule } from 'yargs';
import { type Command, type CommandContext, command } from './terminal/index.js';

/** Loads every command, and names the options that all of them take. */
export type AllCommands = (context: CommandContext) => Promise<{
  readonly modules: readonly CommandModule[];
  readonly options: readonly string[];
}>;

/** `modelseal completion bash|zsh` */
export const completion =
  (all: AllCommands): Command =>
  (context) =>
    command({
      command: 'completion <shell>',
      describe: 'A script for bash or zsh that completes commands, options and their values',
      builder: (yargs) =>
        yargs
          .positional('shell', {
            choices: ['bash', 'zsh'] as const,
            demandOption: true,
            describe: 'The shell',
          })
          .example('source <($0 completion bash)', 'for this session; in ~/.bashrc for every one'),
      handler: async ({ shell }) => {
        const { completionScript, wordsOf } = await import('./terminal/completion.js');
        const { modules, options } = await all(context);
        const script = completionScript(shell, wordsOf(modules), options);
        context.output.result({ shell, script }, script);
      },
    });
