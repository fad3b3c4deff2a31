import { summarizeCertificate } from '../../core/x509/index.js';
import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import { clockOption, withAuthority } from './open.js';
import { homeOption, plainOption, protectionOf, rootPassphraseOptions } from './options.js';
import { Act } from './write.js';

const rollover: Command = (context) =>
  Act.command(context, 'rollover', {
    command: 'rollover',
    describe: 'Make the next issuing CA under the same root; the one before goes on signing its CRL',
    builder: (yargs) =>
      rootPassphraseOptions(plainOption(passphraseOptions(clockOption(homeOption(yargs)))))
        .option('root-key', { type: 'string', describe: 'Root key, when it is not in --home' })
        .example('$0 ca rollover --root-key /media/vault/root.key', 'before the issuing CA runs out'),
    act: async (argv, act) => {
      const root = { passphraseFile: argv.rootPassphraseFile, passphraseEnv: argv.rootPassphraseEnv };
      const protection = protectionOf(argv.passphrase, argv, context);
      return withAuthority(context, argv, act, root, async (authority) => {
        const { issuer, previous, files } = await authority.rollover({ at: context.now(), protection });
        const certificate = summarizeCertificate(issuer.certificate);
        const { serialNumber, subject, fingerprint } = certificate;
        const until = previous.certificate.notAfter.toISOString();
        const text = (): string =>
          [
            `${context.output.colors.green('made')} ${issuer.id}  ${printable(subject)}  until ${certificate.notAfter}`,
            `      SHA-256 ${fingerprint}`,
            ...files.map((file) => `wrote ${printable(file)}`),
            'it issues from now on; what was issued before stays good',
            `publish its list beside the others, and go on renewing that of ${previous.id} until ${until}:`,
            `  modelseal ca crl --issuer ${previous.id}`,
          ].join('\n');
        return {
          record: { issuer: issuer.id, serialNumber, subject, fingerprint, previous: previous.id },
          result: {
            issuer: issuer.id,
            certificate,
            files,
            previous: { issuer: previous.id, notAfter: until },
          },
          text,
        };
      });
    },
  });

export default rollover;
