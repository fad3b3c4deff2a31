import { ModelsealError } from '../../core/errors/index.js';
import { type Command, passphraseOptions, printable } from '../terminal/index.js';
import { withAuthority } from './open.js';
import { homeOption } from './options.js';

/** A request about the 64 certificates that one may name, with a signature and a chain, stays under this. */
const MAX_REQUEST_FILE = 64 * 1024;
import { Act } from './write.js';

const ocsp: Command = (context) =>
  Act.command(context, 'ocsp', {
    command: 'ocsp [certificate]',
    describe: 'Sign an OCSP response, for a request or about one certificate',
    builder: (yargs) =>
      passphraseOptions(homeOption(yargs))
        .positional('certificate', { type: 'string', describe: 'Serial number or file' })
        .option('request', { type: 'string', describe: 'OCSP request (DER) to answer' })
        .option('out', { type: 'string', demandOption: true, describe: 'File for the response, replaced' })
        .option('issuer', {
          type: 'string',
          describe: 'Who answers a request: root, issuing, issuing-2, …; the CA that issues now without it',
        })
        .option('days', { type: 'number', default: 7, describe: 'Days that the answer may be relied upon' })
        .option('root-key', { type: 'string', describe: 'Root key, when it is not in --home' })
        .option('issuing-key', {
          type: 'string',
          describe: 'Key of the issuing CA, when it is not in --home',
        })
        .example('$0 ca ocsp ada/cert.pem --out ada.ocsp', 'evidence to ship along with a model'),
    act: async (argv, act) => {
      if ((argv.certificate === undefined) === (argv.request === undefined)) {
        throw new ModelsealError('ERR_USAGE', { problem: 'name either a certificate or a --request' });
      }
      const { resolveCertificate } = await import('../../ca/index.js');
      const { refuseOtherKind } = await import('../../ca/home.js');
      const { readBounded, writeAtomic } = await import('../../core/files.js');
      return withAuthority(context, argv, act, argv, async (authority) => {
        refuseOtherKind(argv.out, 'OCSP RESPONSE');
        const validity = { at: context.now(), days: argv.days };
        const made =
          argv.certificate === undefined
            ? await authority.answerOcsp(
                readBounded(argv.request ?? '', 'OCSP request', MAX_REQUEST_FILE),
                authority.issuer(argv.issuer ?? authority.issuing.id).id,
                validity,
              )
            : await authority.ocspFor(await resolveCertificate(authority, argv.certificate), validity);
        writeAtomic(argv.out, made.der, { overwrite: true });
        const result = {
          file: argv.out,
          statements: made.statements,
          thisUpdate: made.thisUpdate.toISOString(),
          nextUpdate: made.nextUpdate.toISOString(),
        };
        const text = (): string =>
          [
            ...made.statements.map(({ serial, status }) => `${serial}  ${status}`),
            `${context.output.colors.green('wrote')} ${printable(argv.out)}, good until ${result.nextUpdate}`,
          ].join('\n');
        return { record: result, result, text };
      });
    },
  });

export default ocsp;
