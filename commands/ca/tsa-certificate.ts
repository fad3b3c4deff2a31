import { summarizeCertificate } from '../../core/x509/index.js';
import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import { blocklistOption, clockOption, withAuthority } from './open.js';
import {
  developerProtection,
  homeOption,
  keyPassphraseOptions,
  keyTypeOption,
  plainOption,
} from './options.js';
import { Act } from './write.js';

/** `modelseal ca tsa-certificate` */
const tsaCertificate: Command = (context) =>
  Act.command(context, 'issue', {
    command: 'tsa-certificate',
    describe: 'Issue the certificate of a time-stamp authority (RFC 3161)',
    builder: (yargs) =>
      keyPassphraseOptions(
        blocklistOption(clockOption(plainOption(passphraseOptions(keyTypeOption(homeOption(yargs)))))),
      )
        .option('out', {
          type: 'string',
          demandOption: true,
          describe: 'Folder for cert.pem, chain.pem, key.pem',
        })
        .option('name', { type: 'string', default: 'Time-Stamp Authority', describe: 'Common name' })
        .option('days', {
          type: 'number',
          describe: 'Days of validity; as long as the issuing CA without it',
        })
        .option('issuing-key', {
          type: 'string',
          describe: 'Key of the issuing CA, when it is not in --home',
        })
        .example('$0 ca tsa-certificate --out tsa', 'key and certificate for tokens'),
    act: async (argv, act) => {
      const { issueTsaInto } = await import('../../ca/index.js');
      return withAuthority(context, argv, act, argv, async (authority) => {
        const { issued, files } = await issueTsaInto(authority, {
          out: argv.out,
          at: context.now(),
          name: argv.name,
          days: argv.days,
          keyType: argv.keyType,
          protection: developerProtection(argv.passphrase, argv, context),
        });
        const certificate = summarizeCertificate(issued.certificate);
        const { serialNumber, subject } = certificate;
        const text = (): string =>
          [
            `${context.output.colors.green('issued')} ${printable(certificate.subject)}`,
            `serial      ${certificate.serialNumber}`,
            `valid       ${certificate.notBefore} to ${certificate.notAfter}`,
            `SHA-256     ${certificate.fingerprint}`,
            ...files.map((file) => `wrote       ${printable(file)}`),
          ].join('\n');
        return {
          record: { serialNumber, subject, identities: [], fingerprint: certificate.fingerprint },
          result: { certificate, files, shortened: issued.shortened },
          text,
        };
      });
    },
  });

export default tsaCertificate;
