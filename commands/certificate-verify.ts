import type { InferredOptionTypes } from 'yargs';
import { ModelsealError } from '../core/errors/index.js';
import { type Command, type CommandContext, command, parseTime } from './terminal/index.js';
import { PURPOSES, type Purpose } from '../loader/path/purposes.js';
import { flag, list, needed, type OptionTable } from './options/table.js';
import { FETCH, PATH } from './options/trust.js';
import { fetcher } from './options/verification.js';

const OPTIONS = {
  ...PATH,
  ...FETCH,
  'trust-root': needed(PATH['trust-root']),
  purpose: {
    choices: PURPOSES,
    default: 'code-signing' as Purpose,
    describe: 'What the certificate shall be for',
  },
  'policy-set': list('Accepted certificate policy, an OID; any without it'),
  'explicit-policy': flag('Demand a certificate policy that holds for the whole path'),
  'inhibit-policy-mapping': flag('Do not follow policy mappings'),
  'inhibit-any-policy': flag('Do not take anyPolicy for every policy'),
  strict: flag(
    'Refuse also what RFC 5280 forbids CAs and lets relying parties accept, as a missing key identifier',
  ),
} as const satisfies OptionTable;

type Arguments = InferredOptionTypes<typeof OPTIONS> & { readonly leaf: string };

/** `modelseal certificate verify LEAF` */
const verify: Command = (context) =>
  command({
    command: 'verify <leaf>',
    describe: 'Judge a certificate by RFC 5280: path, every rule, revocation',
    builder: (yargs) =>
      yargs
        .positional('leaf', {
          type: 'string',
          demandOption: true,
          describe: 'Certificate in PEM or DER; further certificates in the file serve as intermediates',
        })
        .options(OPTIONS)
        .example(
          '$0 certificate verify cert.pem --trust-root root.pem --intermediates issuing.pem --crl issuing.crl',
          'everything from files, nothing is fetched',
        )
        .example(
          '$0 certificate verify tsa.pem --trust-root roots/ --purpose time-stamping --at 2026-03-01',
          'a time-stamping certificate at a past time',
        ),
    handler: (argv) => run(argv, context),
  });

export default verify;

const OID = /^[0-2](\.(0|[1-9]\d{0,38})){1,32}$/;

async function run(argv: Arguments, context: CommandContext): Promise<void> {
  for (const oid of argv['policy-set'] ?? []) {
    if (!OID.test(oid))
      throw new ModelsealError('ERR_USAGE', { problem: `--policy-set ${oid} is not an OID` });
  }
  const at = argv.at === undefined ? context.now() : parseTime(argv.at, '--at');
  const [{ judgeCertificateFile }, { renderCertificateReport }] = await Promise.all([
    import('./certificate-judge.js'),
    import('./certificate-text.js'),
  ]);
  const outcome = await judgeCertificateFile({
    leaf: argv.leaf,
    trustRoots: argv['trust-root'],
    intermediates: argv.intermediates ?? [],
    crls: argv.crl ?? [],
    ocsp: argv.ocsp ?? [],
    at,
    purpose: argv.purpose,
    policySet: argv['policy-set'],
    explicitPolicy: argv['explicit-policy'],
    inhibitPolicyMapping: argv['inhibit-policy-mapping'],
    inhibitAnyPolicy: argv['inhibit-any-policy'],
    strict: argv.strict,
    revocation: argv.revocation,
    fetch: await fetcher(argv, at, context),
  });
  context.output.result(outcome.report, () => renderCertificateReport(outcome.report, context.output));
  context.finish(outcome.kind);
}
