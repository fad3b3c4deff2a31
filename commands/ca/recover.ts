import type { Command } from '../terminal/index.js';
import { clockOption, withAuthority } from './open.js';
import { homeOption } from './options.js';
import { Act } from './write.js';

const recover: Command = (context) =>
  Act.command(context, 'recover', {
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
    act: (argv, act) =>
      withAuthority(context, argv, act, undefined, async (authority) => {
        const { crl: crls, certificate: certificates } = argv;
        const found = await authority.recover({ crls, certificates, at: context.now() });
        const text = (): string =>
          [
            `${context.output.colors.green('taken in')} ${found.certificates} certificates and ${found.revocations} revocations`,
            ...Object.entries(found.crlNumbers).map(
              ([issuer, number]) => `the next CRL of the ${issuer} CA has number ${number + 1}`,
            ),
            'publish it with: modelseal ca crl (--issuer for each)',
          ].join('\n');
        return { record: { ...found }, result: found, text };
      }),
  });

export default recover;
