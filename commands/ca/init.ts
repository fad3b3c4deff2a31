import { join } from 'node:path';
import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import {
  homeOption,
  keyTypeOption,
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
      rootPassphraseOptions(plainOption(passphraseOptions(keyTypeOption(homeOption(yargs)))))
        .option('name', {
          type: 'string',
          default: 'Modelseal',
          describe: 'Organisation, as certificates name it',
        })
        .option('root-out', {
          type: 'string',
          describe: 'Folder for the root key, on a medium to be taken away',
        })
        .option('crl-url', {
          type: 'string',
          describe: 'Address under which root.crl and issuing.crl are published',
        })
        .option('ocsp-url', { type: 'string', describe: 'Address of the OCSP responder' })
        .option('permit-email-domain', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe:
            'The issuing CA certifies mailboxes of this host only; .example.org means every host below it',
        })
        .option('crl-days', { type: 'number', default: 30, describe: 'Days until the next CRL is due' })
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
        organization: argv.name,
        keyType: argv.keyType,
        rootOut: argv.rootOut,
        crlUrl: argv.crlUrl,
        ocspUrl: argv.ocspUrl,
        crlDays: argv.crlDays,
        emailDomains: argv.permitEmailDomain,
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
