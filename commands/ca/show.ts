import { type Command, command, printable } from '../terminal/index.js';
import { withAuthority } from './open.js';
import { homeOption } from './options.js';
import { recordJson } from './record.js';

const show: Command = (context) =>
  command({
    command: 'show <certificate>',
    describe: 'Show what the authority knows about one certificate',
    builder: (yargs) =>
      homeOption(yargs)
        .positional('certificate', { type: 'string', demandOption: true, describe: 'Serial number or file' })
        .option('pem', {
          type: 'boolean',
          default: false,
          describe: 'Print the certificate with its chain as PEM',
        })
        .example('$0 ca show ada/cert.pem', 'is it revoked?')
        .example('$0 ca show 5f3c… --pem', 'get a certificate again'),
    handler: async (argv) => {
      const { resolveCertificate } = await import('../../ca/index.js');
      const { secondReading } = await import('../../ca/second-reading.js');
      await withAuthority(context, argv, 'read', undefined, async (authority) => {
        const record = await resolveCertificate(authority, argv.certificate);
        const pem = authority.chainPemOf(record);
        const reading = record.der === undefined ? undefined : await secondReading(record.der);
        context.output.result(
          { ...recordJson(record), ...reading, ...(pem === undefined ? {} : { pem }) },
          () => {
            if (argv.pem) return (pem ?? '').trimEnd();
            const { revocation } = record;
            return [
              `serial      ${record.serial}`,
              `state       ${record.state === 'pending' ? 'pending: issuing was interrupted, no certificate left' : record.state}`,
              ...(revocation
                ? [
                    `revoked     ${revocation.revokedAt.toISOString()} (${revocation.reason})`,
                    ...(revocation.invalidityDate
                      ? [`invalid     since ${revocation.invalidityDate.toISOString()}`]
                      : []),
                  ]
                : []),
              `subject     ${printable(record.subject)}`,
              `identities  ${printable(record.identities.join(', '))}`,
              `valid       ${record.notBefore.toISOString()} to ${record.notAfter.toISOString()}`,
              `key         SHA-256 ${record.keyFingerprint}`,
              ...(reading
                ? [
                    `SHA-256     ${reading.fingerprint}`,
                    `extensions  ${printable(reading.extensions.join(', '))}`,
                  ]
                : []),
            ].join('\n');
          },
        );
      });
    },
  });

export default show;
