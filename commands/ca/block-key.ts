import { type Command, printable } from '../terminal/index.js';
import { clockOption, withAuthority } from './open.js';
import { homeOption } from './options.js';
import { howToPublish, named, recordJson } from './record.js';
import { Act } from './write.js';

const blockKey: Command = (context) =>
  Act.command(context, 'block-key', {
    command: 'block-key <file>',
    describe: 'Block a compromised key for good, and revoke its certificates',
    builder: (yargs) =>
      clockOption(homeOption(yargs))
        .positional('file', {
          type: 'string',
          demandOption: true,
          describe: 'Public key, certificate or request that holds the key',
        })
        .option('invalidity-date', {
          type: 'string',
          describe: 'Since when the key is thought to be compromised',
        })
        .example('$0 ca block-key found-on-the-web.pem', 'a key that was published'),
    act: async (argv, act) => {
      const { readKeyOf } = await import('../../ca/key-of.js');
      const { invalidityDate: parseDate } = await import('../../ca/reasons.js');
      const publicKey = readKeyOf(argv.file);
      const invalidityDate = argv.invalidityDate === undefined ? undefined : parseDate(argv.invalidityDate);
      return withAuthority(context, argv, act, undefined, async (authority) => {
        const { publicKeyFingerprint } = await import('../../core/keys/index.js');
        const fingerprint = publicKeyFingerprint(publicKey);
        const revoked = await authority.blockKey({ publicKey, at: context.now(), invalidityDate });
        return {
          record: { keyFingerprint: fingerprint, revoked: revoked.map(named) },
          result: { fingerprint, revoked: revoked.map(recordJson) },
          text: () =>
            [
              `${context.output.colors.yellow('blocked')} key ${fingerprint}`,
              ...revoked.map(({ serial, subject }) => `revoked ${serial}  ${printable(subject)}`),
              ...howToPublish(revoked, authority.issuing.id),
            ].join('\n'),
        };
      });
    },
  });

export default blockKey;
