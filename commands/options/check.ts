import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Argv } from 'yargs';
import { ModelsealError } from '../../core/errors/index.js';
import type { CommandContext } from '../terminal/index.js';
import type { CheckOptions } from '../../loader/check/index.js';
import type { Severity } from '../../scanner/types.js';
import { files, flag, type TrustArguments, text, trustOptions } from './trust.js';
import { readVerifyOptions } from './verification.js';

export const QUARANTINE_REASONS = ['signature', 'integrity', 'unsigned', 'threat', 'load'] as const;
export type QuarantineOn = (typeof QUARANTINE_REASONS)[number];

/** What `check` and `watch` are told on the command line. */
export interface CheckArguments extends TrustArguments {
  dir: string;
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

export function checkOptions(yargs: Argv): Argv<CheckArguments> {
  return trustOptions(yargs)
    .positional('dir', { type: 'string', demandOption: true, describe: 'Folder that holds models' })
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
  const { ruleIds } = await import('../../scanner/policy.js');
  const { DEFAULT_STORE, requireTrustedStorage } = await import('../../loader/store/index.js');
  requireTrustedStorage(argv.dir, [...(argv.trustedPath ?? []), ...(settings?.trustedPaths ?? [])]);
  return {
    verify: await readVerifyOptions({ ...argv, model: argv.dir }, context),
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
    // What is quarantined was judged already, and is not in use.
    skip: [argv.quarantine ?? DEFAULT_STORE.quarantine, join(argv.dir, DEFAULT_STORE.quarantine)].map(
      resolved,
    ),
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
