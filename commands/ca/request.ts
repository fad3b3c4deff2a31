import { type Command, command, passphraseOptions, printable } from '../terminal/index.js';
import { identityOptions, keyTypeOption, plainOption, protectionOf } from './options.js';

const request: Command = (context) =>
  command({
    command: 'request',
    describe: 'Make a key and a certificate request for it, to send to an authority',
    builder: (yargs) =>
      plainOption(passphraseOptions(keyTypeOption(identityOptions(yargs))))
        .option('name', { type: 'string', demandOption: true, describe: 'Your display name' })
        .option('out', { type: 'string', demandOption: true, describe: 'Folder for request.csr and key.pem' })
        .example(
          '$0 ca request --name "Ada" --email ada@example.org --out ada',
          'the key never leaves this machine',
        ),
    handler: async (argv) => {
      const { requestInto } = await import('../../ca/index.js');
      const files = await requestInto({
        out: argv.out,
        name: argv.name,
        emails: argv.email,
        uris: argv.uri,
        keyType: argv.keyType,
        protection: protectionOf(argv.passphrase, argv, context),
      });
      context.output.result(files, () =>
        [
          `${context.output.colors.green('made')} ${printable(files.request)}: send it to the authority`,
          `the key ${printable(files.key)} stays with you`,
        ].join('\n'),
      );
    },
  });

export default request;
