import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import { summarizeCertificate } from '../../core/x509/index.js';
import { blocklistOption, clockOption, withAuthority } from './open.js';
import {
  developerProtection,
  homeOption,
  identityOptions,
  keyPassphraseOptions,
  keyTypeOption,
  plainOption,
} from './options.js';
import { Act } from './write.js';

const issue: Command = (context) =>
  Act.command(context, 'issue', {
    command: 'issue',
    describe: 'Issue a developer certificate',
    builder: (yargs) =>
      keyPassphraseOptions(
        blocklistOption(
          clockOption(plainOption(passphraseOptions(keyTypeOption(identityOptions(homeOption(yargs)))))),
        ),
      )
        .option('out', {
          type: 'string',
          demandOption: true,
          describe: 'Folder for cert.pem, chain.pem, key.pem',
        })
        .option('name', { type: 'string', describe: 'Display name of the developer' })
        .option('days', { type: 'number', default: 90, describe: 'Days of validity' })
        .option('csr', { type: 'string', describe: 'Certify the key of this request; a fresh key otherwise' })
        .option('accept-csr-identities', {
          type: 'boolean',
          default: false,
          describe: 'Take name and identities from the request where none are given here',
        })
        .option('reuse-key', {
          type: 'boolean',
          default: false,
          describe: 'Certify the key of a request again that has a certificate of the same identities',
        })
        .option('issuing-key', {
          type: 'string',
          describe: 'Key of the issuing CA, when it is not in --home',
        })
        .example('$0 ca issue --name "Ada" --email ada@example.org --out ada', 'fresh key and certificate')
        .example(
          '$0 ca issue --csr ada.csr --name "Ada" --email ada@example.org --out ada',
          'from a request',
        ),
    act: async (argv, act) => {
      const { issueInto, readRequest } = await import('../../ca/index.js');
      const csr = argv.csr === undefined ? undefined : readRequest(argv.csr);
      if (csr !== undefined && argv.csr !== undefined) {
        const { requireSecondReader } = await import('../../ca/csr/second-reader.js');
        await requireSecondReader(csr, argv.csr);
      }
      return withAuthority(context, argv, act, argv, async (authority) => {
        const { issued, files, ignored } = await issueInto(authority, {
          out: argv.out,
          at: context.now(),
          name: argv.name,
          emails: argv.email,
          uris: argv.uri,
          days: argv.days,
          csr,
          acceptCsrIdentities: argv.acceptCsrIdentities,
          reuseKey: argv.reuseKey,
          keyType: argv.keyType,
          protection: developerProtection(argv.passphrase, argv, context),
        });
        const certificate = summarizeCertificate(issued.certificate);
        const { serialNumber, subject, identities } = certificate;
        for (const wish of ignored)
          context.output.note(`not taken over from the request: ${printable(wish)}`);
        if (issued.shortened) context.output.note('the validity was shortened to that of the issuing CA');
        const text = (): string =>
          [
            `${context.output.colors.green('issued')} ${printable(certificate.subject)}`,
            `serial      ${certificate.serialNumber}`,
            `identities  ${printable(certificate.identities.join(', '))}`,
            `valid       ${certificate.notBefore} to ${certificate.notAfter}`,
            `SHA-256     ${certificate.fingerprint}`,
            ...files.map((file) => `wrote       ${printable(file)}`),
          ].join('\n');
        return {
          record: { serialNumber, subject, identities, fingerprint: certificate.fingerprint },
          result: { certificate, files, ignored, shortened: issued.shortened },
          text,
        };
      });
    },
  });

export default issue;
