import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { ModelsealError } from '../../core/errors/index.js';
import type { CommandContext } from '../../core/terminal/index.js';
import type { CheckOptions } from '../check/index.js';
import type { Severity } from '../scan/types.js';
import { readVerifyOptions, type VerifyArguments } from './verify-options.js';

export const QUARANTINE_REASONS = ['signature', 'integrity', 'unsigned', 'threat', 'load'] as const;
export type QuarantineOn = (typeof QUARANTINE_REASONS)[number];

/** What `check` and `watch` are told on the command line. */
export interface CheckArguments {
  dir: string;
  trustRoot: string[] | undefined;
  publicKey: string | undefined;
  intermediates: string[] | undefined;
  crl: string[] | undefined;
  ocsp: string[] | undefined;
  revocation: 'require' | 'prefer' | 'off' | undefined;
  fetch: boolean | undefined;
  fetchPrivate: boolean | undefined;
  fetchCache: string | undefined;
  policy: string | undefined;
  identity: string | undefined;
  at: string | undefined;
  ci: boolean;
  allowUnsigned: boolean;
  allowUnparsed: boolean;
  failOn: Severity;
  disableRule: string[] | undefined;
  enableRule: string[] | undefined;
  knownDependency: string[] | undefined;
  records: boolean;
  trustedPath: string[] | undefined;
  quarantine: string | undefined;
  quarantineOn: QuarantineOn[];
}

const files = (describe: string) => ({ type: 'string', array: true, describe }) as const;
const text = (describe: string) => ({ type: 'string', describe }) as const;
const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

export function checkOptions(yargs: Argv): Argv<CheckArguments> {
  return yargs
    .positional('dir', { type: 'string', demandOption: true, describe: 'Folder that holds models' })
    .option('trust-root', files('Trust anchor: certificates in PEM or DER, or a folder of them'))
    .option('public-key', text('Key that must have signed: PEM, DER or JWK'))
    .option('intermediates', files('Certificates that may help to build the path; not trusted'))
    .option('crl', files('CRL in PEM or DER'))
    .option('ocsp', files('OCSP response in DER'))
    .option('revocation', {
      choices: ['require', 'prefer', 'off'] as const,
      describe: 'What must be known about revocation',
    })
    .option('fetch', flag('Fetch CRLs and OCSP responses from the addresses in the certificates'))
    .option('fetch-private', flag('With --fetch: allow private and loopback addresses'))
    .option('fetch-cache', text('With --fetch: folder to keep CRLs in'))
    .option('policy', text('Trust policy, YAML or JSON'))
    .option('identity', text('E-mail address or URI of the accepted signer, exactly'))
    .option('at', text('Time to judge validity at; now without it'))
    .option('ci', flag('Strict: every warning refuses, nothing is allowed unsigned or unread'))
    .option('allow-unsigned', flag('Models without a signature are accepted with a warning'))
    .option('allow-unparsed', flag('Files that could not be understood are accepted'))
    .option('fail-on', {
      choices: ['low', 'medium', 'high', 'critical'] as const,
      default: 'medium' as const,
      describe: 'Findings of this severity and above are threats',
    })
    .option('disable-rule', files('Rule whose findings are dropped'))
    .option('enable-rule', files('Rule that is off by default'))
    .option('known-dependency', files('Package that metadata may name besides the well-known ones'))
    .option(
      'records',
      flag('Hold unsigned files against metadata.json or FILE.sig.json, configured by MODEL_* variables'),
    )
    .option('trusted-path', files('Folder that models must lie in, after resolving links'))
    .option('quarantine', text('Move what is refused into this quarantine folder'))
    .option('quarantine-on', {
      choices: QUARANTINE_REASONS,
      array: true,
      default: ['integrity', 'threat'] as const,
      describe: 'What is quarantined',
    }) as unknown as Argv<CheckArguments>;
}

export async function readCheckOptions(argv: CheckArguments, context: CommandContext): Promise<CheckOptions> {
  if (argv.ci && (argv.allowUnsigned || argv.allowUnparsed)) {
    throw new ModelsealError('ERR_USAGE', {
      problem: '--ci is strict: it excludes --allow-unsigned and --allow-unparsed',
    });
  }
  const { recordSettings } = await import('../../core/records/index.js');
  const settings = argv.records ? recordSettings(context.env) : undefined;
  const { ruleIds } = await import('../scan/policy.js');
  const { requireTrustedStorage } = await import('../store/index.js');
  requireTrustedStorage(argv.dir, [...(argv.trustedPath ?? []), ...(settings?.trustedPaths ?? [])]);
  const verify: VerifyArguments = {
    model: argv.dir,
    'trust-root': argv.trustRoot,
    'public-key': argv.publicKey,
    intermediates: argv.intermediates,
    crl: argv.crl,
    ocsp: argv.ocsp,
    revocation: argv.revocation,
    fetch: argv.fetch,
    'fetch-private': argv.fetchPrivate,
    'fetch-cache': argv.fetchCache,
    policy: argv.policy,
    identity: argv.identity,
    at: argv.at,
  };
  return {
    verify: await readVerifyOptions(verify, context),
    scan: {
      policy: {
        failOn: argv.failOn,
        allowUnparsed: argv.allowUnparsed,
        disable: ruleIds(argv.disableRule ?? []),
        enable: ruleIds(argv.enableRule ?? []),
      },
    },
    knownDependencies: argv.knownDependency,
    allowUnsigned: argv.allowUnsigned,
    records: settings?.policy,
    strict: argv.ci,
    skip: argv.quarantine === undefined ? [] : [resolved(argv.quarantine)],
    observer: context.observer,
  };
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
