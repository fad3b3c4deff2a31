import { type Command, passphraseOptions, passphraseSource, printable } from '../terminal/index.js';
import { homeOption } from './options.js';
import { Act } from './write.js';

const restore: Command = (context) =>
  Act.command(context, 'restore', {
    command: 'restore <file>',
    describe: 'Put an authority from a backup into an empty folder',
    builder: (yargs) =>
      passphraseOptions(homeOption(yargs))
        .positional('file', { type: 'string', demandOption: true, describe: 'What ca backup wrote' })
        .example(
          '$0 ca restore ca.backup --home ca --passphrase-file backup.pass',
          'after the home folder was lost',
        ),
    act: async (argv) => {
      const { restoreAuthority } = await import('../../ca/index.js');
      const { home, file } = argv;
      const passphrase = await passphraseSource(argv, context)(file);
      const done = await restoreAuthority({ home, file, passphrase, at: context.now() });
      const text = (): string =>
        [
          `${context.output.colors.green('restored')} ${printable(home)} as it was on ${done.created}`,
          'nothing is signed before it has seen the newest published lists:',
          `  modelseal ca recover --home ${printable(home)} --crl issuing.crl --crl root.crl --certificate …`,
        ].join('\n');
      return { record: { ...done, home }, result: { ...done, home }, text };
    },
  });

export default restore;
