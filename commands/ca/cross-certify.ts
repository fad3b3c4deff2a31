import { summarizeCertificate } from '../../core/x509/index.js';
import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import { clockOption, withAuthority } from './open.js';
import { homeOption } from './options.js';
import { Act } from './write.js';

const crossCertify: Command = (context) =>
  Act.command(context, 'issue', {
    command: 'cross-certify <certificate>',
    describe:
      'Certify the issuing CA of another authority by this root, for the time in which both roots are trusted',
    builder: (yargs) =>
      passphraseOptions(clockOption(homeOption(yargs)))
        .positional('certificate', {
          type: 'string',
          demandOption: true,
          describe: 'Certificate of the other issuing CA',
        })
        .option('out', { type: 'string', demandOption: true, describe: 'New file for the cross-certificate' })
        .option('root-key', { type: 'string', describe: 'Root key, when it is not in --home' })
        .example(
          '$0 ca cross-certify new/issuing.pem --home old --out cross.pem',
          'who trusts the old root accepts new signatures',
        ),
    act: async (argv, act) => {
      const { crossCertifyInto } = await import('../../ca/index.js');
      return withAuthority(context, argv, act, argv, async (authority) => {
        const { certificate: file, out } = argv;
        const certificate = summarizeCertificate(
          await crossCertifyInto(authority, { certificate: file, out, at: context.now() }),
        );
        const { serialNumber, subject, issuer, fingerprint } = certificate;
        const text = (): string =>
          [
            `${context.output.colors.green('issued')} ${printable(subject)}`,
            `by          ${printable(issuer)}`,
            `serial      ${serialNumber}`,
            `valid       ${certificate.notBefore} to ${certificate.notAfter}`,
            `wrote       ${printable(out)}: give it to verifiers (--intermediates) or to signers (--certificate-chain)`,
          ].join('\n');
        return {
          record: { serialNumber, subject, issuer, fingerprint },
          result: { certificate, file: out },
          text,
        };
      });
    },
  });

export default crossCertify;
