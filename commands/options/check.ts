import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { InferredOptionTypes } from 'yargs';
import { belowModel } from '../../core/below.js';
import { ModelsealError } from '../../core/errors/index.js';
import type { Arguments, CommandContext } from '../terminal/command.js';
import type { CheckOptions } from '../../loader/check/index.js';
import { quarantineOptions } from './quarantine.js';
import { RECORD, recordPolicy, requireTrusted, trustedPaths } from './records.js';
import { SCAN, scanPolicy } from './scan.js';
import { flag, list, needed, type OptionTable, text } from './table.js';
import { TRUST } from './trust.js';
import { readVerifyOptions } from './verification.js';

/** What `check` and `watch` are told. */
export const CHECK = {
  ...TRUST,
  ...SCAN,
  ...quarantineOptions('Move what is refused into this quarantine folder', ['integrity', 'threat']),
  ci: flag('Strict: every warning refuses, nothing is allowed unsigned or unread'),
  'allow-unsigned': flag('Models without a signature are accepted with a warning'),
  'known-dependency': list('Package that metadata may name besides the well-known ones'),
  records: flag('Hold unsigned files against metadata.json or FILE.sig.json'),
  'ignore-paths': list('Path below the folder that is not looked at, inside a model as well'),
  ...RECORD,
} as const satisfies OptionTable;

export const DIR = needed(text('Folder that holds models'));

export type CheckArguments = Arguments<InferredOptionTypes<typeof CHECK> & { readonly dir: string }>;

export async function readCheckOptions(argv: CheckArguments, context: CommandContext): Promise<CheckOptions> {
  if (argv.ci && (argv.allowUnsigned || argv.allowUnparsed)) {
    throw new ModelsealError('ERR_USAGE', {
      problem: '--ci is strict: it excludes --allow-unsigned and --allow-unparsed',
    });
  }
  if (!argv.records && (argv.recordChecksum !== undefined || argv.recordHmac !== undefined))
    throw new ModelsealError('ERR_USAGE', { problem: '--record-checksum and --record-hmac need --records' });
  const { DEFAULT_STORE } = await import('../../loader/store/index.js');
  await requireTrusted(argv.dir, argv, context.env);
  return {
    verify: await readVerifyOptions({ ...argv, model: argv.dir, 'ignore-paths': undefined }, context),
    ignorePaths: argv.ignorePaths?.map((path) => belowModel(argv.dir, path)),
    scan: { policy: await scanPolicy(argv) },
    knownDependencies: argv.knownDependency,
    allowUnsigned: argv.allowUnsigned,
    records: argv.records ? recordPolicy(argv, context.env) : undefined,
    trustedPaths: trustedPaths(argv, context.env),
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
