import { z } from 'zod';
import { MAX_SIGNERS } from '../../core/bundle/index.js';
import { HASH_NAMES } from '../../core/digest/index.js';
import { LEVELS, POLICY_CHECKS } from './fields.js';
import { FORMATS } from './formats.js';

/** More than an organisation has kinds of models; each pair of them is compared. */
const MAX_RULES = 256;

const FINGERPRINT = z
  .string()
  .transform((text) => text.replaceAll(':', '').toLowerCase())
  .refine((text) => /^[0-9a-f]{64}$/.test(text), 'not a SHA-256 fingerprint');

const text = z.string().min(1);
const names = z.array(text).min(1);
const oids = z.array(z.string().regex(/^[0-2](?:\.(?:0|[1-9]\d*))+$/, 'not an object identifier')).min(1);
const word = z.enum(['allow', 'refuse']);
const count = z.int().min(0);

const SIGNER = z
  .strictObject({
    identity: text.exactOptional(),
    identityPattern: text.exactOptional(),
    key: FINGERPRINT.exactOptional(),
    certificate: FINGERPRINT.exactOptional(),
  })
  .refine((rule) => Object.keys(rule).length > 0, 'the rule names nothing');

/** What a policy or one of its rules may demand. */
const DEMANDS = {
  signers: z.array(SIGNER).min(1).exactOptional(),
  anchors: names.exactOptional(),
  timestampAnchors: names.exactOptional(),
  timestampPolicies: oids.exactOptional(),
  timestamp: z.enum(['require', 'allow']).exactOptional(),
  extendedKeyUsages: oids.exactOptional(),
  certificatePolicies: oids.exactOptional(),
  minRsaBits: count.exactOptional(),
  minEcBits: count.exactOptional(),
  minHashBits: count.exactOptional(),
  hashes: z.array(z.enum(HASH_NAMES)).min(1).exactOptional(),
  revocation: z.enum(['require', 'prefer', 'off']).exactOptional(),
  threshold: z.int().min(1).max(MAX_SIGNERS).exactOptional(),
  distinctRoots: z.boolean().exactOptional(),
  formats: z.array(z.enum(FORMATS)).min(1).exactOptional(),
  maxFiles: count.exactOptional(),
  maxBytes: count.exactOptional(),
  storage: names.exactOptional(),
  minimumVersion: text.exactOptional(),
  manifestIgnores: word.exactOptional(),
  ignorePaths: z.array(text).exactOptional(),
  unsignedFiles: word.exactOptional(),
  signatures: z.enum(['all', 'any']).exactOptional(),
  legacy: word.exactOptional(),
};
export type DemandsText = z.infer<ReturnType<typeof z.strictObject<typeof DEMANDS>>>;

const LEVEL = {
  level: z.enum(LEVELS).exactOptional(),
  checks: z.partialRecord(z.enum(POLICY_CHECKS), z.enum(['enforce', 'report'])).exactOptional(),
};

const SCOPE = z
  .strictObject({
    model: text.exactOptional(),
    modelPrefix: text.exactOptional(),
    path: text.exactOptional(),
    pathPrefix: text.exactOptional(),
    reference: text.exactOptional(),
    referencePrefix: text.exactOptional(),
  })
  .refine(
    (scope) =>
      !(scope.model && scope.modelPrefix) &&
      !(scope.path && scope.pathPrefix) &&
      !(scope.reference && scope.referencePrefix),
    'of a field and its prefix, one is given',
  );
export type ScopeText = z.infer<typeof SCOPE>;

const RULE = z.strictObject({ name: text, scope: SCOPE, ...LEVEL, ...DEMANDS });

/** Every field a policy may have; an unknown one is an error, since a misspelt demand would be no demand. */
export const POLICY = z.strictObject({
  version: z.literal(1),
  ...LEVEL,
  ...DEMANDS,
  rules: z.array(RULE).min(1).max(MAX_RULES).exactOptional(),
});

/** What a policy may say as a JSON Schema, for editors and for whoever makes policies. */
export function policySchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(POLICY, { io: 'input' });
  return { $schema, $id: 'urn:modelseal:policy:v1', title: 'modelseal.policy.yaml', ...rest };
}
