import { type Command, passphraseOptions, passphraseSource, printable } from '../terminal/index.js';
import { homeOption } from './options.js';
import { Act } from './write.js';

const backup: Command = (context) =>
  Act.command(context, 'backup', {
    command: 'backup <file>',
    describe: 'Write the whole authority into one encrypted file',
    builder: (yargs) =>
      passphraseOptions(homeOption(yargs))
        .positional('file', { type: 'string', demandOption: true, describe: 'New file; never replaced' })
        .example(
          '$0 ca backup /media/vault/ca.backup --passphrase-file backup.pass',
          'with a passphrase of its own, which is not that of a key',
        ),
    act: async (argv) => {
      const { backupAuthority } = await import('../../ca/index.js');
      const { home, file } = argv;
      const passphrase = await passphraseSource(argv, context)(file, true);
      const done = await backupAuthority({ home, file, passphrase, at: context.now() });
      const text = (): string =>
        [
          `${context.output.colors.green('wrote')} ${printable(done.file)}: ${done.files.join(', ')}`,
          ...(done.files.includes('root.key')
            ? []
            : ['the root key is not in it: it does not lie in the home folder']),
          'keep it and its passphrase in different places, and try out that it can be restored',
        ].join('\n');
      return { record: { ...done }, result: done, text };
    },
  });

export default backup;
