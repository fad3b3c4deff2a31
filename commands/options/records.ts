import { createSecretKey } from 'node:crypto';
import { ModelsealError } from '../../core/errors/index.js';
import type { RecordPolicy } from '../../core/records/index.js';
import type { ReportBuilder } from '../../core/report/index.js';
import { type Environment, flagVariable, listVariable, textVariable } from './environment.js';
import { list, type OptionTable, type Values } from './table.js';

export const TRUSTED_PATH = {
  'trusted-path': list('Folder that models must lie in, after resolving links (also MODEL_TRUSTED_PATHS)'),
} as const satisfies OptionTable;

/** What configures the older practice, the same for every command that holds files against records. */
export const RECORD = {
  ...TRUSTED_PATH,
  'record-checksum': {
    type: 'boolean',
    describe: 'Checksums of records count, which is the default (also MODEL_VERIFY_CHECKSUM)',
  },
  'record-hmac': {
    type: 'boolean',
    describe: 'HMACs of records count, under the key in MODEL_SIGNATURE_KEY (also MODEL_VERIFY_SIGNATURE)',
  },
} as const satisfies OptionTable;

type TrustedPath = Values<typeof TRUSTED_PATH>;

/** Folders that models must lie in; none means everywhere. Options win over the variable. */
export const trustedPaths = (argv: TrustedPath, env: Environment): readonly string[] =>
  argv['trusted-path'] ?? listVariable(env, 'MODEL_TRUSTED_PATHS') ?? [];

/**
 * The resolved path of a model, which must lie in one of the trusted folders where there are any.
 *
 * @param report Takes the refusal, where there is one.
 * @throws {ModelsealError} `ERR_STORAGE_UNTRUSTED`, `ERR_FILE_NOT_FOUND`
 */
export async function requireTrusted(
  model: string,
  argv: TrustedPath,
  env: Environment,
  report?: ReportBuilder,
): Promise<string> {
  const trusted = trustedPaths(argv, env);
  // Without them nothing is looked at here: whoever reads the model says what is wrong with its path.
  if (trusted.length === 0) return model;
  const { requireTrustedStorage } = await import('../../loader/store/storage.js');
  const resolve = (): string => requireTrustedStorage(model, trusted);
  return report ? report.step('storage', resolve) : resolve();
}

/**
 * How files are held against their records.
 *
 * @throws {ModelsealError} `ERR_USAGE`, `ERR_RECORD_KEY_MISSING`
 */
export function recordPolicy(argv: Values<typeof RECORD>, env: Environment): RecordPolicy {
  const checksum = argv['record-checksum'] ?? flagVariable(env, 'MODEL_VERIFY_CHECKSUM') ?? true;
  const hmac = argv['record-hmac'] ?? flagVariable(env, 'MODEL_VERIFY_SIGNATURE') ?? false;
  const key = textVariable(env, 'MODEL_SIGNATURE_KEY');
  if (!checksum && !hmac) {
    throw new ModelsealError('ERR_USAGE', {
      problem: 'neither checksums nor HMACs of records count: nothing would be verified',
    });
  }
  if (!hmac) return { checksum };
  if (key === undefined)
    throw new ModelsealError('ERR_RECORD_KEY_MISSING', { variable: 'MODEL_SIGNATURE_KEY' });
  return { checksum, hmacKey: createSecretKey(Buffer.from(key, 'utf8')) };
}
