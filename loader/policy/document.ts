import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { type LocatedData, locatedYaml } from '../yaml.js';
import {
  actionAt,
  CHECK_OF,
  type CheckAction,
  type Demands,
  POLICY_CHECKS,
  type PolicyLevel,
} from './fields.js';
import { TrustPolicy } from './policy.js';
import { findAmbiguity, type PolicyRule } from './rule.js';
import { type DemandsText, POLICY, type ScopeText } from './schema.js';
import type { PolicyScope } from './scope.js';

/** A policy is written by hand; this is a book. */
const MAX_POLICY = 1024 * 1024;

type Path = readonly PropertyKey[];
type Checks = Partial<Record<(typeof POLICY_CHECKS)[number], CheckAction | undefined>>;

/**
 * Parses a policy document, YAML or JSON.
 *
 * @param file Names it in errors; paths in it are relative to its folder.
 * @throws {ModelsealError} `ERR_POLICY_INVALID`
 * @example
 * const policy = parsePolicy('version: 1\\nthreshold: 2\\n', 'policy.yaml');
 */
export function parsePolicy(text: string, file: string): TrustPolicy {
  const refuse = (problem: string): never => {
    throw new ModelsealError('ERR_POLICY_INVALID', { file, problem });
  };
  const located = locatedYaml(text, refuse);
  const result = POLICY.safeParse(located.data);
  if (!result.success) return refuse(describe(result.error.issues[0], located));
  const fail = (problem: string, path: Path): never =>
    refuse(`${path.length > 0 ? `${path.join('.')}: ` : ''}${problem}${located.at(path)}`);
  const here = dirname(resolve(file));
  const { version: _, level = 'strict', checks = {}, rules, ...own } = result.data;
  const build = (said: DemandsText, at: PolicyLevel, actions: Checks, path: Path) => {
    try {
      // Made once for its own checks: identities, patterns, versions.
      const { enforced, audited } = split(demandsOf(said, here), at, actions);
      return TrustPolicy.of({}).with(enforced, { audited });
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      return fail(error.message, path);
    }
  };
  const base = build(own, level, checks, []);
  if (!rules) return base;
  const made = rules.map((rule, i): PolicyRule => {
    const { name, scope, level: ownLevel, checks: ownChecks = {}, ...said } = rule;
    const { demands, audited } = build(
      said,
      ownLevel ?? level,
      { ...(ownLevel ? {} : checks), ...ownChecks },
      ['rules', i],
    );
    return { name, scope: scopeOf(scope, here), demands, audited };
  });
  made.forEach(({ name }, i) => {
    if (made.findIndex((other) => other.name === name) < i)
      fail(`another rule is called ${name}`, ['rules', i, 'name']);
  });
  const ambiguity = findAmbiguity(made);
  if (ambiguity) {
    const [first, second] = [made[ambiguity.first]?.name, made[ambiguity.second]?.name];
    fail(`the rules ${first} and ${second} fit the same models and neither is more specific`, [
      'rules',
      ambiguity.second,
      'scope',
    ]);
  }
  return base.with({}, { rules: [made] });
}

/**
 * Reads a trust policy from a file, YAML or JSON.
 * @throws {ModelsealError} `ERR_POLICY_INVALID`, `ERR_FILE_…`
 * @example
 * const { report } = await verifyModel('model', { trustRoots, at: new Date(), policy: readPolicy('policy.yaml') });
 */
export function readPolicy(file: string): TrustPolicy {
  return parsePolicy(new TextDecoder().decode(readBounded(file, 'trust policy', MAX_POLICY)), file);
}

/** The first of what does not fit, and where; an unknown field is shown where it stands. */
function describe(issue: z.core.$ZodIssue | undefined, located: LocatedData): string {
  if (!issue) return 'it does not fit';
  const extra = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = extra === undefined ? issue.path : [...issue.path, extra];
  const where = path.join('.');
  const message = extra === undefined ? issue.message : 'there is no such field';
  return `${where === '' ? '' : `${where}: `}${message}${located.at(path)}`;
}

const demandsOf = ({ signers, storage, ...rest }: DemandsText, here: string): Demands => ({
  ...rest,
  ...(signers ? { signers: [signers] } : {}),
  ...(storage ? { storage: [storage.map((folder) => resolve(here, folder))] } : {}),
});

/** Relative to the policy, links resolved as far as the place exists. */
function scopeOf({ path, pathPrefix, ...rest }: ScopeText, here: string): PolicyScope {
  return {
    ...rest,
    ...(path === undefined ? {} : { path: place(resolve(here, path)) }),
    ...(pathPrefix === undefined ? {} : { pathPrefix: place(resolve(here, pathPrefix)) }),
  };
}

function place(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** What is enforced, and what is only reported, check by check. */
function split(demands: Demands, level: PolicyLevel, checks: Checks) {
  const taken = (check: (typeof POLICY_CHECKS)[number] | undefined): Demands =>
    Object.fromEntries(Object.entries(demands).filter(([name]) => CHECK_OF[name as keyof Demands] === check));
  let enforced = taken(undefined);
  const audited: { check: (typeof POLICY_CHECKS)[number]; demands: Demands }[] = [];
  for (const check of POLICY_CHECKS) {
    const found = taken(check);
    if (Object.keys(found).length === 0) continue;
    if ((checks[check] ?? actionAt(level, check)) === 'enforce') enforced = { ...enforced, ...found };
    else {
      // Its own checks hold for what is only reported, too.
      audited.push({ check, demands: TrustPolicy.of(found).demands });
    }
  }
  return { enforced, audited };
}
