import { basename, dirname, join } from 'node:path';
import { realpathSync } from 'node:fs';
import { decodeStatement, UnverifiedBundle } from '../../core/bundle/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { TrustAnchors } from '../path/anchor.js';
import type { Demands, PolicyCheck } from '../policy/fields.js';
import type { TrustPolicy } from '../policy/policy.js';
import { type PolicySubject, scopeSentence } from '../policy/scope.js';
import type { ListedModel } from './listed-model.js';
import type { VerifyOptions } from './options.js';
import { readSignature, signaturePath } from './signature-file.js';

/** What is demanded of one model. */
export interface ChosenPolicy {
  readonly policy: TrustPolicy;
  /** The claimed name that a rule was chosen by; undefined where there are no rules. */
  readonly model: string | undefined;
  /** Which rules, for the report. */
  readonly rule: string | undefined;
}

/**
 * The policy with the rules that fit a model. Its name is taken from a statement that is not verified yet, chooses a rule
 * and nothing else, and is held against the signed name afterwards: a liar is judged by the rule for the name that he
 * signs.
 *
 * @param bytes Reads the first signature.
 * @throws {ModelsealError} `ERR_POLICY_NO_RULE`, `ERR_POLICY_AMBIGUOUS`, `ERR_USAGE`, the codes of bundle and statement
 */
export function choosePolicy(
  path: string,
  bytes: () => Uint8Array,
  said: TrustPolicy,
  options: Pick<VerifyOptions, 'reference' | 'trustRoots'>,
): ChosenPolicy {
  const chosen = ((): ChosenPolicy => {
    if (said.rules.length === 0) return { policy: said, model: undefined, rule: undefined };
    const bundle = UnverifiedBundle.parse(bytes());
    const model = decodeStatement(bundle.payload).manifest.modelName;
    const subject = { model, path: realPlace(path), reference: options.reference };
    return { policy: said.for(subject), model, rule: rulesText(said, subject) };
  })();
  // A key, or one Sigstore identity, is one signer.
  if (chosen.policy.threshold > 1 && !options.trustRoots) {
    const problem = 'several signers are asked for, which needs trust in certificates';
    throw new ModelsealError('ERR_USAGE', { problem });
  }
  return chosen;
}

/** Where a model lies: a folder or file, through links. What is not there is for whoever reads it to say. */
function realPlace(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return join(dirname(path), basename(path));
  }
}

/**
 * The trust that a policy leaves, which is only the anchors that it names, where what was asked for is allowed at all.
 *
 * @throws {ModelsealError} `ERR_POLICY_ANCHORS`, `ERR_POLICY_IGNORED`
 */
export function narrowTrust(
  { scopes, tsaPolicies, tsaRoots, trustRoots, ignoreUnsignedFiles }: VerifyOptions,
  { demands }: TrustPolicy,
): Pick<VerifyOptions, 'trustRoots' | 'tsaRoots' | 'tsaPolicies'> {
  const { anchors, timestampAnchors, timestampPolicies } = demands;
  if (ignoreUnsignedFiles && demands.unsignedFiles === 'refuse')
    throw new ModelsealError('ERR_POLICY_IGNORED', { what: ['unsigned files'], accepted: ['nothing'] });
  const only = (names: readonly string[], use: 'signing' | 'time-stamping'): TrustAnchors => {
    const found = scopes?.named(names, use) ?? [];
    if (found.length === 0) throw new ModelsealError('ERR_POLICY_ANCHORS', { anchors: names });
    return TrustAnchors.from(found);
  };
  const policies =
    timestampPolicies && tsaPolicies
      ? timestampPolicies.filter((oid) => tsaPolicies.includes(oid))
      : (timestampPolicies ?? tsaPolicies);
  return {
    trustRoots: anchors ? only(anchors, 'signing') : trustRoots,
    tsaRoots: timestampAnchors ? only(timestampAnchors, 'time-stamping') : tsaRoots,
    tsaPolicies: policies,
  };
}

/** A demand that is only reported, and why it would have refused. */
export interface AuditFinding {
  readonly check: PolicyCheck;
  readonly unmet: string | undefined;
}

/**
 * Judges a model, which was accepted under what is enforced, by each demand that is only reported. A demand is met or not
 * by the same code as if it were enforced.
 *
 * @param judge Verifies anew under a policy that enforces everything.
 */
export async function auditPolicy(
  policy: TrustPolicy,
  judge: (policy: TrustPolicy) => Promise<ListedModel | undefined>,
): Promise<readonly AuditFinding[]> {
  const found: AuditFinding[] = [];
  for (const { check, demands } of policy.audited)
    found.push({ check, unmet: await unmet(demands, () => judge(policy.enforced().with(demands))) });
  return found;
}

/** Why a model would have been refused, in a sentence with its code. */
async function unmet(
  demands: Demands,
  judge: () => Promise<ListedModel | undefined>,
): Promise<string | undefined> {
  try {
    const { excluded = [] } = (await judge()) ?? {};
    if (demands.manifestIgnores === 'refuse' && excluded.length > 0)
      return `the manifest itself excludes ${excluded.join(', ')}`;
    return undefined;
  } catch (error) {
    // What could not be judged is no reason to fail what is only reported, and is said as well.
    if (!isModelsealError(error) || error.code === 'ERR_INTERNAL') throw error;
    return `${error.message} [${error.code}]`;
  }
}

/**
 * What a policy demands of a model, by what its first signature claims. Nothing is verified.
 *
 * @throws {ModelsealError} `ERR_SIGNATURE_MISSING`, what {@link choosePolicy} throws
 */
export function explainPolicy(
  path: string,
  said: TrustPolicy,
  signature: string | undefined,
  reference: string | undefined,
) {
  const bundle = UnverifiedBundle.parse(readSignature(path, signaturePath(path, signature)).bytes);
  const model = decodeStatement(bundle.payload).manifest.modelName;
  const subject = { model, path: realPlace(path), reference };
  const { demands, audited } = said.for(subject);
  return { model, rule: rulesText(said, subject), demands, notEnforced: audited };
}

const rulesText = (said: TrustPolicy, subject: PolicySubject): string | undefined =>
  said
    .chosen(subject)
    .map(({ name, scope }) => `${name} (${scopeSentence(scope)})`)
    .join('; ') || undefined;
