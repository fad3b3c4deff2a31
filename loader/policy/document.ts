import { z } from 'zod';
import { MAX_SIGNERS } from '../../core/bundle/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { parseIdentity } from '../../core/x509/identity.js';
import { strictYaml } from '../yaml.js';
import { TrustPolicy } from './policy.js';

/** A policy is written by hand; this is a book. */
const MAX_POLICY = 1024 * 1024;

const FINGERPRINT = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .refine((text) => /^[0-9a-f]{64}$/.test(text), 'not a SHA-256 fingerprint');

const RULE = z
  .strictObject({
    identity: z.string().min(1).exactOptional(),
    key: FINGERPRINT.exactOptional(),
    certificate: FINGERPRINT.exactOptional(),
  })
  .refine((rule) => Object.keys(rule).length > 0, 'the rule names nothing');

/** Every field a policy may have; an unknown one is an error, since a misspelt demand would be no demand. */
const POLICY = z.strictObject({
  version: z.literal(1),
  signers: z.array(RULE).min(1).optional(),
  revocation: z.enum(['require', 'prefer', 'off']).optional(),
  manifestIgnores: z.enum(['allow', 'refuse']).optional(),
  signatures: z.enum(['all', 'any']).optional(),
  legacy: z.enum(['allow', 'refuse']).optional(),
  threshold: z.int().min(1).max(MAX_SIGNERS).optional(),
  distinctRoots: z.boolean().optional(),
});

/**
 * Parses a policy document, YAML or JSON.
 *
 * @param file Names it in errors.
 * @throws {ModelsealError} `ERR_POLICY_INVALID`
 */
export function parsePolicy(text: string, file: string): TrustPolicy {
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_POLICY_INVALID', { file, problem });
  };
  const result = POLICY.safeParse(strictYaml(text, fail));
  if (!result.success) {
    const [issue] = result.error.issues;
    const where = issue?.path.join('.') ?? '';
    return fail(`${where === '' ? '' : `${where}: `}${issue?.message ?? 'it does not fit'}`);
  }
  const { signers, revocation, manifestIgnores, signatures, legacy, threshold, distinctRoots } = result.data;
  for (const { identity } of signers ?? []) if (identity !== undefined) readable(identity, fail);
  return TrustPolicy.of({
    signers: signers ? [signers] : [],
    revocation,
    manifestIgnores,
    signatures,
    legacy,
    threshold,
    distinctRoots,
  });
}

function readable(identity: string, fail: (problem: string) => never): void {
  try {
    parseIdentity(identity);
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    fail(error.message);
  }
}

/** @throws {ModelsealError} `ERR_POLICY_INVALID`, `ERR_FILE_…` */
export function readPolicy(file: string): TrustPolicy {
  return parsePolicy(new TextDecoder().decode(readBounded(file, 'trust policy', MAX_POLICY)), file);
}
