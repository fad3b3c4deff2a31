import { type Command, command, printable } from '../terminal/index.js';
import { homeOption } from './options.js';
import { neverAsk, recordJson } from './record.js';

const revoke: Command = (context) =>
  command({
    command: 'revoke <certificate>',
    describe: 'Revoke a certificate for good; `ca crl` publishes it',
    builder: (yargs) =>
      homeOption(yargs)
        .positional('certificate', { type: 'string', demandOption: true, describe: 'Serial number or file' })
        .option('reason', {
          type: 'string',
          default: 'unspecified',
          describe: 'Reason of RFC 5280 §5.3.1, such as keyCompromise or superseded',
        })
        .option('invalidity-date', {
          type: 'string',
          describe: 'Since when the key is thought to be compromised',
        })
        .example(
          '$0 ca revoke ada/cert.pem --reason keyCompromise --invalidity-date 2026-11-01',
          'a stolen key',
        ),
    handler: async (argv) => {
      const { openAuthority, resolveCertificate, revocationReason } = await import('../../ca/index.js');
      const { invalidityDate } = await import('../../ca/reasons.js');
      const reason = revocationReason(argv.reason);
      const since = argv.invalidityDate === undefined ? undefined : invalidityDate(argv.invalidityDate);
      const authority = await openAuthority(argv.home, neverAsk);
      try {
        const { serial } = await resolveCertificate(authority, argv.certificate);
        const record = await authority.revoke({ serial, reason, at: context.now(), invalidityDate: since });
        await context.record('revoke', 'accepted', {
          serialNumber: record.serial,
          subject: record.subject,
          reason,
        });
        context.output.result(recordJson(record), () =>
          [
            `${context.output.colors.yellow('revoked')} ${record.serial}  ${printable(record.subject)}  (${reason})`,
            'publish it with: modelseal ca crl',
          ].join('\n'),
        );
      } finally {
        await authority.close();
      }
    },
  });

export default revoke;
