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

const renew: Command = (context) =>
  Act.command(context, 'issue', {
    command: 'renew <certificate>',
    describe: 'Issue the successor of a certificate, for the same name and identities',
    builder: (yargs) =>
      keyPassphraseOptions(
        blocklistOption(clockOption(plainOption(passphraseOptions(keyTypeOption(homeOption(yargs)))))),
      )
        .positional('certificate', { type: 'string', demandOption: true, describe: 'Serial number or file' })
        .option('out', {
          type: 'string',
          demandOption: true,
          describe: 'Folder for cert.pem, chain.pem, key.pem',
        })
        .option('days', { type: 'number', describe: 'Days of validity; as long as before without it' })
        .option('csr', { type: 'string', describe: 'Certify the key of this request; a fresh key otherwise' })
        .option('reuse-key', {
          type: 'boolean',
          default: false,
          describe: 'Certify the old key again; with --csr, a key that has a certificate',
        })
        .option('issuing-key', {
          type: 'string',
          describe: 'Key of the issuing CA, when it is not in --home',
        })
        .example('$0 ca renew ada/cert.pem --csr ada-2.csr --out ada-2', 'the developer made a new key')
        .example('$0 ca renew ada/cert.pem --out ada-2', 'with a fresh key'),
    act: async (argv, act) => {
      const { readRequest, renewInto, resolveCertificate } = await import('../../ca/index.js');
      const csr = argv.csr === undefined ? undefined : readRequest(argv.csr);
      if (csr !== undefined && argv.csr !== undefined) {
        const { requireSecondReader } = await import('../../ca/csr/second-reader.js');
        await requireSecondReader(csr, argv.csr);
      }
      return withAuthority(context, argv, act, argv, async (authority) => {
        const { serial } = await resolveCertificate(authority, argv.certificate);
        const { issued, files, replaces } = await renewInto(authority, {
          serial,
          out: argv.out,
          at: context.now(),
          days: argv.days,
          csr,
          reuseKey: argv.reuseKey,
          keyType: argv.keyType,
          protection: developerProtection(argv.passphrase, argv, context),
        });
        const certificate = summarizeCertificate(issued.certificate);
        const { serialNumber, subject, identities, fingerprint } = certificate;
        const ends = replaces.notAfter.toISOString();
        if (issued.shortened) context.output.note('the validity was shortened to that of the issuing CA');
        const text = (): string =>
          [
            `${context.output.colors.green('issued')} ${printable(subject)}`,
            `serial      ${serialNumber}`,
            ...(identities.length === 0 ? [] : [`identities  ${printable(identities.join(', '))}`]),
            `valid       ${certificate.notBefore} to ${certificate.notAfter}`,
            `follows     ${serial}, which stays good until ${ends}`,
            ...files.map((file) => `wrote       ${printable(file)}`),
          ].join('\n');
        return {
          record: { serialNumber, subject, identities, fingerprint, replaces: serial },
          result: { certificate, files, shortened: issued.shortened, replaces: { serial, notAfter: ends } },
          text,
        };
      });
    },
  });

export default renew;
