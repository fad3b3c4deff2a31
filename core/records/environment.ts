import { createSecretKey } from 'node:crypto';
import { ModelsealError } from '../errors/index.js';
import type { RecordPolicy } from './verify.js';

/** The settings of the older practice, parsed once. */
export interface RecordSettings {
  readonly policy: RecordPolicy;
  /** Folders that models must lie in, after resolving links; empty means everywhere. */
  readonly trustedPaths: readonly string[];
}

/**
 * Reads `MODEL_VERIFY_CHECKSUM` (default true), `MODEL_VERIFY_SIGNATURE` (default false), `MODEL_SIGNATURE_KEY` and
 * `MODEL_TRUSTED_PATHS` (comma-separated) from the given variables.
 *
 * @throws {ModelsealError} `ERR_USAGE` for a value that is neither true nor false, `ERR_RECORD_KEY_MISSING`
 */
export function recordSettings(env: Readonly<Record<string, string | undefined>>): RecordSettings {
  const checksum = flag(env, 'MODEL_VERIFY_CHECKSUM', true);
  const signature = flag(env, 'MODEL_VERIFY_SIGNATURE', false);
  const key = env.MODEL_SIGNATURE_KEY;
  if (signature && !key)
    throw new ModelsealError('ERR_RECORD_KEY_MISSING', { variable: 'MODEL_SIGNATURE_KEY' });
  if (!checksum && !signature) {
    throw new ModelsealError('ERR_USAGE', {
      problem: 'MODEL_VERIFY_CHECKSUM and MODEL_VERIFY_SIGNATURE are both off: nothing would be verified',
    });
  }
  return {
    policy: { checksum, ...(signature && key ? { hmacKey: createSecretKey(Buffer.from(key, 'utf8')) } : {}) },
    trustedPaths: (env.MODEL_TRUSTED_PATHS ?? '')
      .split(',')
      .map((path) => path.trim())
      .filter((path) => path !== ''),
  };
}

function flag(env: Readonly<Record<string, string | undefined>>, name: string, fallback: boolean): boolean {
  const value = env[name]?.trim().toLowerCase();
  if (value === undefined || value === '') return fallback;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new ModelsealError('ERR_USAGE', { problem: `${name} is "${value}", expected true or false` });
}
