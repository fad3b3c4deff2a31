import { encodePem } from '../../core/pem.js';
import { type Command, command, passphraseOptions, passphraseSource, printable } from '../terminal/index.js';
import { homeOption } from './options.js';

const crl: Command = (context) =>
  command({
    command: 'crl',
    describe: 'Make a new full CRL',
    builder: (yargs) =>
      passphraseOptions(homeOption(yargs))
        .option('issuer', {
          choices: ['issuing', 'root'] as const,
          default: 'issuing' as const,
          describe: 'Whose CRL',
        })
        .option('out', {
          type: 'string',
          describe: 'File for the CRL, replaced; HOME/issuing.crl or HOME/root.crl',
        })
        .option('days', { type: 'number', describe: 'Days until the next CRL is due' })
        .option('format', { choices: ['der', 'pem'] as const, default: 'der' as const, describe: 'Encoding' })
        .option('root-key', { type: 'string', describe: 'Root key, when it is not in --home' })
        .option('issuing-key', {
          type: 'string',
          describe: 'Key of the issuing CA, when it is not in --home',
        })
        .example('$0 ca crl', 'after every revocation, and before the last CRL runs out'),
    handler: async (argv) => {
      const { openAuthority } = await import('../../ca/index.js');
      const { refuseOtherKind } = await import('../../ca/home.js');
      const { writeAtomic } = await import('../../core/files.js');
      const authority = await openAuthority(argv.home, passphraseSource(argv, context), {
        rootKey: argv.rootKey,
        issuingKey: argv.issuingKey,
      });
      try {
        const { rootCrl, issuingCrl } = authority.paths;
        const file = argv.out ?? (argv.issuer === 'root' ? rootCrl : issuingCrl);
        refuseOtherKind(file, 'X509 CRL');
        const made = await authority.crl({ issuer: argv.issuer, at: context.now(), days: argv.days });
        writeAtomic(file, argv.format === 'pem' ? encodePem('X509 CRL', made.der) : made.der, {
          overwrite: true,
        });
        const { number, entries } = made;
        const thisUpdate = made.thisUpdate.toISOString();
        const nextUpdate = made.nextUpdate.toISOString();
        context.output.result({ file, issuer: argv.issuer, number, entries, thisUpdate, nextUpdate }, () =>
          [
            `${context.output.colors.green('wrote')} ${printable(file)}: CRL ${number} with ${entries} entries`,
            `next one due ${nextUpdate}`,
          ].join('\n'),
        );
      } finally {
        await authority.close();
      }
    },
  });

export default crl;
