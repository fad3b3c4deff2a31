import { type Command, command } from '../terminal/index.js';
import { clockOption, withAuthority } from './open.js';
import { homeOption } from './options.js';

const recover: Command = (context) =>
  command({
    command: 'recover',
    describe: 'Bring restored records up to what is published: lists and certificates of our own keys',
    builder: (yargs) =>
      clockOption(homeOption(yargs))
        .option('crl', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'The newest published CRL, of the issuing CA and of the root',
        })
        .option('certificate', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Certificates that were issued since the backup',
        })
        .example(
          '$0 ca recover --crl issuing.crl --certificate ada/cert.pem',
          'after restoring a backup of ca.db',
        ),
    handler: (argv) =>
      withAuthority(context, argv, 'write', undefined, async (authority) => {
        const { crl: crls, certificate: certificates } = argv;
        const found = await authority.recover({ crls, certificates, at: context.now() });
        await context.record('recover', 'accepted', {
          certificates: found.certificates,
          revocations: found.revocations,
        });
        context.output.result(found, () =>
          [
            `${context.output.colors.green('taken in')} ${found.certificates} certificates and ${found.revocations} revocations`,
            `the next CRL of the issuing CA has number ${found.crlNumbers.issuing + 1}, of the root ${found.crlNumbers.root + 1}`,
            'publish it with: modelseal ca crl',
          ].join('\n'),
        );
      }),
  });

export default recover;
