import { join } from 'node:path';
import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import {
  homeOption,
  keyTypeOption,
  newAuthorityOf,
  newAuthorityOptions,
  plainOption,
  protectionOf,
  rootPassphraseOptions,
  rootProtection,
} from './options.js';
import { nameLeftovers } from './open.js';
import { Act } from './write.js';

const init: Command = (context) =>
  Act.command(context, 'init', {
    command: 'init',
    describe: 'Create a root and an issuing CA',
    builder: (yargs) =>
      newAuthorityOptions(
        rootPassphraseOptions(plainOption(passphraseOptions(keyTypeOption(homeOption(yargs))))),
      )
        .option('root-out', {
          type: 'string',
          describe: 'Folder for the root key, on a medium to be taken away',
        })
        .example(
          '$0 ca init --name "Example Corp" --root-out /media/vault',
          'root key on a medium of its own',
        ),
    act: async (argv) => {
      const { createAuthority } = await import('../../ca/index.js');
      const { homePaths } = await import('../../ca/home.js');
      const { home } = argv;
      const paths = homePaths(home);
      await nameLeftovers(context, home, argv.rootOut && join(argv.rootOut, 'root.key'));
      const root = rootProtection(argv.passphrase, argv, context);
      const issuing = protectionOf(argv.passphrase, argv, context);
      const made = await createAuthority({
        home,
        at: context.now(),
        ...newAuthorityOf(argv),
        rootOut: argv.rootOut,
        protection:
          root === 'plain' || issuing === 'plain'
            ? 'plain'
            : {
                root: await root(argv.rootOut === undefined ? paths.rootKey : join(argv.rootOut, 'root.key')),
                issuing: await issuing(paths.issuingKey),
              },
      });
      const text = (): string =>
        [
          `${context.output.colors.green('created')} ${printable(made.home)}`,
          `root     ${printable(made.root.subject)}  until ${made.root.notAfter}`,
          `         SHA-256 ${made.root.fingerprint}`,
          `issuing  ${printable(made.issuing.subject)}  until ${made.issuing.notAfter}`,
          `         SHA-256 ${made.issuing.fingerprint}`,
          `trust anchor for verifiers: ${printable(made.trustAnchor)}`,
          `root key: ${printable(made.rootKey)}${argv.rootOut === undefined ? ' (move it to a medium that you can take away; issuing goes on without it)' : ''}`,
          ...(issuing === 'plain' ? ['the private keys are NOT encrypted'] : []),
        ].join('\n');
      return {
        record: { home: made.home, root: made.root.fingerprint, issuing: made.issuing.fingerprint },
        result: made,
        text,
      };
    },
  });

export default init;
