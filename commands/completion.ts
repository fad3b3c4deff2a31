import yargs from 'yargs';
import { GLOBAL } from './options/global.js';
import { type Command, type CommandList, command } from './terminal/index.js';
import { optionWords, wordsOf } from './terminal/known-words.js';

/** `modelseal completion bash|zsh` */
export const completion =
  (commands: CommandList): Command =>
  (context) =>
    command({
      command: 'completion <shell>',
      describe: 'A script for bash or zsh that completes commands, options and their values',
      builder: (argv) =>
        argv
          .positional('shell', {
            choices: ['bash', 'zsh'] as const,
            demandOption: true,
            describe: 'The shell',
          })
          .example('source <($0 completion bash)', 'for this session; in ~/.bashrc for every one'),
      handler: async ({ shell }) => {
        const { completionScript } = await import('./terminal/completion.js');
        const modules = await Promise.all(commands.map(async ({ load }) => (await load()).default(context)));
        const options = [...optionWords(yargs().options(GLOBAL)), 'help'];
        const script = completionScript(shell, wordsOf(modules), options);
        context.output.result({ shell, script }, script);
      },
    });
