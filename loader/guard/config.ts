import { z } from 'zod';
import { ModelsealError } from '../../core/errors/index.js';

/** Larger than any list of folders and trust roots; a longer value was put there by mistake. */
const MAX_CONFIG = 256 * 1024;

const files = z.array(z.string().min(1));

const schema = z.strictObject({
  /** Signed folders: the application with its node_modules, and the models it may load. */
  signed: z
    .array(z.strictObject({ folder: z.string().min(1), signature: z.string().min(1).optional() }))
    .min(1),
  trustRoots: files.min(1),
  intermediates: files.optional(),
  crls: files.optional(),
  /** Anchors of time-stamp authorities. */
  tsaRoots: files.min(1).optional(),
  ocsp: files.optional(),
  revocation: z.enum(['require', 'prefer', 'off']).optional(),
  policy: z.string().min(1).optional(),
  /** Whose code may run, and whose models may be opened; without one of them, the common policy counts for that use. */
  codePolicy: z.string().min(1).optional(),
  modelPolicy: z.string().min(1).optional(),
  /** The accepted signers, compared by kind and exactly; a policy file can narrow further. */
  identity: z.union([z.string().min(1), files.min(1)]).optional(),
  /** ISO 8601; the clock of the machine without it. */
  at: z.iso.datetime().optional(),
  allowEval: z.boolean().optional(),
  allowEmbeddedWasm: z.boolean().optional(),
  reportFd: z.int().min(1).max(1024).optional(),
});

export type GuardConfig = z.infer<typeof schema>;

/** @throws {ModelsealError} `ERR_GUARD_NOT_CONFIGURED`, `ERR_GUARD_CONFIG` */
export function parseGuardConfig(text: string | undefined): GuardConfig {
  if (!text) throw new ModelsealError('ERR_GUARD_NOT_CONFIGURED', {});
  if (text.length > MAX_CONFIG) throw new ModelsealError('ERR_GUARD_CONFIG', { problem: 'it is too long' });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ModelsealError('ERR_GUARD_CONFIG', { problem: 'it is not JSON' });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ModelsealError('ERR_GUARD_CONFIG', {
    problem: `${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'invalid'}`,
  });
}
