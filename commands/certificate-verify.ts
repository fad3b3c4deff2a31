import type { Argv } from 'yargs';
import { ModelsealError } from '../core/errors/index.js';
import { type Command, type CommandContext, command, parseTime } from './terminal/index.js';
import { PURPOSES, type Purpose } from '../loader/path/purposes.js';
import type { RevocationMode } from '../loader/revocation/index.js';
import { fetcher } from './options/verification.js';

interface Arguments {
  readonly leaf: string;
  readonly 'trust-root': string[];
  readonly intermediates?: string[] | undefined;
  readonly crl?: string[] | undefined;
  readonly ocsp?: string[] | undefined;
  readonly at?: string | undefined;
  readonly purpose: Purpose;
  readonly 'policy-set'?: string[] | undefined;
  readonly 'explicit-policy': boolean;
  readonly 'inhibit-policy-mapping': boolean;
  readonly 'inhibit-any-policy': boolean;
  readonly revocation?: RevocationMode | undefined;
  readonly strict: boolean;
  readonly fetch: boolean;
  readonly 'fetch-private': boolean;
  readonly 'fetch-cache'?: string | undefined;
}

const files = (describe: string) => ({ type: 'string', array: true, describe }) as const;
const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

/** `modelseal certificate verify LEAF` */
const verify: Command = (context) =>
  command<Arguments>({
    command: 'verify <leaf>',
    describe: 'Judge a certificate by RFC 5280: path, every rule, revocation',
    builder: (yargs) =>
      yargs
        .positional('leaf', {
          type: 'string',
          demandOption: true,
          describe: 'Certificate in PEM or DER; further certificates in the file serve as intermediates',
        })
        .option('trust-root', {
          ...files('Trust anchor: certificates in PEM or DER, or a folder of them'),
          demandOption: true,
        })
        .option('intermediates', files('CA certificates in any order, or a folder of them; not trusted'))
        .option('crl', files('CRL in PEM or DER'))
        .option('ocsp', files('OCSP response in DER'))
        .option('at', {
          type: 'string',
          describe: 'Time to judge at: ISO 8601, a date, or seconds since 1970; now without it',
        })
        .option('purpose', {
          choices: PURPOSES,
          default: 'code-signing' as Purpose,
          describe: 'What the certificate shall be for',
        })
        .option('policy-set', files('Accepted certificate policy, an OID; any without it'))
        .option('explicit-policy', flag('Demand a certificate policy that holds for the whole path'))
        .option('inhibit-policy-mapping', flag('Do not follow policy mappings'))
        .option('inhibit-any-policy', flag('Do not take anyPolicy for every policy'))
        .option(
          'strict',
          flag(
            'Refuse also what RFC 5280 forbids CAs and lets relying parties accept, as a missing key identifier',
          ),
        )
        .option('revocation', {
          choices: ['require', 'prefer', 'off'] as const,
          describe:
            'What must be known about revocation; without it required where a certificate names an address or evidence was given',
        })
        .option('fetch', flag('Fetch CRLs and OCSP responses from the addresses in the certificates'))
        .option('fetch-private', flag('With --fetch: allow private and loopback addresses'))
        .option('fetch-cache', { type: 'string', describe: 'With --fetch: folder to keep CRLs in' })
        .example(
          '$0 certificate verify cert.pem --trust-root root.pem --intermediates issuing.pem --crl issuing.crl',
          'everything from files, nothing is fetched',
        )
        .example(
          '$0 certificate verify tsa.pem --trust-root roots/ --purpose time-stamping --at 2026-03-01',
          'a time-stamping certificate at a past time',
        ) as unknown as Argv<Arguments>,
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
    fetch: await fetcher(argv, at),
  });
  context.output.result(outcome.report, () => renderCertificateReport(outcome.report, context.output.colors));
  context.finish(outcome.kind);
}
