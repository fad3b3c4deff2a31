import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import { clockOption, withAuthority } from './open.js';
import { homeOption } from './options.js';
import { Act } from './write.js';

const crl: Command = (context) =>
  Act.command(context, 'crl', {
    command: 'crl',
    describe: 'Make a new full CRL and publish it',
    builder: (yargs) =>
      clockOption(passphraseOptions(homeOption(yargs)))
        .option('issuer', {
          type: 'string',
          describe: 'Whose CRL: root, issuing, issuing-2, …; of the CA that issues now without it',
        })
        .option('out', {
          type: 'string',
          describe: 'File for the CRL, replaced; HOME/issuing.crl, HOME/root.crl, …',
        })
        .option('published', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Further copies that are out there: the new list must go beyond them',
        })
        .option('days', { type: 'number', describe: 'Days until the next CRL is due' })
        .option('format', { choices: ['der', 'pem'] as const, default: 'der' as const, describe: 'Encoding' })
        .option('root-key', { type: 'string', describe: 'Root key, when it is not in --home' })
        .option('issuing-key', {
          type: 'string',
          describe: 'Key of the issuing CA, when it is not in --home',
        })
        .example('$0 ca crl', 'after every revocation, and before the last CRL runs out'),
    act: (argv, act) =>
      withAuthority(context, argv, act, argv, async (authority) => {
        const { days, published } = argv;
        const issuer = authority.issuer(argv.issuer ?? authority.issuing.id).id;
        const made = await authority.publishCrl({
          issuer,
          at: context.now(),
          days,
          file: argv.out,
          encoding: argv.format,
          published,
        });
        const { file, number, entries } = made;
        const thisUpdate = made.thisUpdate.toISOString();
        const nextUpdate = made.nextUpdate.toISOString();
        const result = { file, issuer, number, entries, thisUpdate, nextUpdate };
        return {
          record: result,
          result,
          text: () =>
            [
              `${context.output.colors.green('wrote')} ${printable(file)}: CRL ${number} with ${entries} entries`,
              `next one due ${nextUpdate}`,
            ].join('\n'),
        };
      }),
  });

export default crl;
