import { join } from 'node:path';
import { hostName, userName } from '../../core/machine.js';
import { type Command, passphraseOptions, passphraseSource, printable } from '../terminal/index.js';
import { nameLeftovers } from './open.js';
import {
  homeOption,
  keyTypeOption,
  newAuthorityOf,
  newAuthorityOptions,
  rootPassphraseOptions,
  rootProtection,
} from './options.js';
import { Act } from './write.js';

const ceremony: Command = (context) =>
  Act.command(context, 'ceremony', {
    command: 'ceremony',
    describe: 'Make an authority before witnesses: keys on separate media, and a signed transcript to print',
    builder: (yargs) =>
      newAuthorityOptions(rootPassphraseOptions(passphraseOptions(keyTypeOption(homeOption(yargs)))))
        .option('root-out', {
          type: 'string',
          demandOption: true,
          describe: 'Folder for the root key, on a medium of its own',
        })
        .option('issuing-out', {
          type: 'string',
          demandOption: true,
          describe: 'Folder for the issuing key, on another medium',
        })
        .option('witness', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Who watches; once for each',
        })
        .option('place', { type: 'string', describe: 'Where it is held' })
        .option('allow-same-medium', {
          type: 'boolean',
          default: false,
          describe: 'For a rehearsal: accept folders of one file system',
        })
        .example(
          '$0 ca ceremony --name "Example Corp" --root-out /media/a --issuing-out /media/b --witness Ada --witness Bob',
          'the transcript lies in --home',
        ),
    act: async (argv) => {
      const { holdCeremony } = await import('../../ca/index.js');
      const { home, rootOut, issuingOut } = argv;
      const [rootFile, issuingFile] = [join(rootOut, 'root.key'), join(issuingOut, 'issuing.key')];
      await nameLeftovers(context, home, rootFile);
      const askRoot = rootProtection(true, argv, context);
      const askIssuing = passphraseSource(argv, context);
      const made = await holdCeremony({
        ...newAuthorityOf(argv),
        home,
        at: context.now(),
        rootOut,
        issuingOut,
        operator: `${userName()} at ${hostName()}`,
        witnesses: argv.witness,
        place: argv.place,
        allowSameMedium: argv.allowSameMedium,
        protection:
          askRoot === 'plain'
            ? askRoot
            : { root: await askRoot(rootFile), issuing: await askIssuing(issuingFile, true) },
      });
      const text = (): string =>
        [
          `${context.output.colors.green('created')} ${printable(made.home)}`,
          `root     ${printable(made.root.subject)}  until ${made.root.notAfter}`,
          `         SHA-256 ${made.root.fingerprint}`,
          `issuing  ${printable(made.issuing.subject)}  until ${made.issuing.notAfter}`,
          `         SHA-256 ${made.issuing.fingerprint}`,
          `root key: ${printable(made.rootKey)}`,
          `issuing key: ${printable(made.issuingKey)} (ca issue --issuing-key)`,
          `transcript: ${printable(made.transcript)}, signed by the root key in ${printable(made.signature)}`,
          `            SHA-256 ${made.transcriptSha256}`,
          `print ${printable(made.page)}, compare the SHA-256 values with this screen, and let all who are present sign it`,
        ].join('\n');
      const { root, issuing, transcriptSha256 } = made;
      return {
        record: {
          home,
          root: root.fingerprint,
          issuing: issuing.fingerprint,
          transcriptSha256,
          witnesses: argv.witness,
        },
        result: made,
        text,
      };
    },
  });

export default ceremony;
