import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import { identityOptions, keyTypeOption, plainOption, protectionOf } from './options.js';
import { Act } from './write.js';

const request: Command = (context) =>
  Act.command(context, 'request', {
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
    act: async (argv) => {
      const { requestInto } = await import('../../ca/index.js');
      const files = await requestInto({
        out: argv.out,
        name: argv.name,
        emails: argv.email,
        uris: argv.uri,
        keyType: argv.keyType,
        protection: protectionOf(argv.passphrase, argv, context),
      });
      const text = (): string =>
        [
          `${context.output.colors.green('made')} ${printable(files.request)}: send it to the authority`,
          `the key ${printable(files.key)} stays with you`,
        ].join('\n');
      return { record: { ...files }, result: files, text };
    },
  });

export default request;
