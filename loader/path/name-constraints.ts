import { ModelsealError } from '../../core/errors/index.js';
import {
  type Certificate,
  type GeneralName,
  type GeneralNameType,
  generalNameText,
  Oid,
} from '../../core/x509/index.js';
import type { Budget } from './limits.js';
import { compileConstraint, type Matcher, nameProblem } from './name-matching.js';

interface Constraint {
  readonly type: GeneralNameType;
  /** Undefined for kinds of name that cannot be compared: they refuse when such a name appears. */
  readonly matcher: Matcher | undefined;
  /** Who imposed it, for messages. */
  readonly by: string;
}

const UNSUPPORTED: ReadonlySet<GeneralNameType> = new Set(['other', 'x400', 'edi', 'registered-id']);

/**
 * The permitted and excluded subtrees that have piled up from the anchor down (RFC 5280 §6.1.2 (b), (c)).
 * Sets of successive CAs intersect: a name must be permitted by each of them that constrains its kind.
 */
export class NameConstraintState {
  /** One group for each CA that constrains: by kind, because names of another kind are none of its business. */
  readonly #permitted: Map<GeneralNameType, Constraint[]>[] = [];
  readonly #excluded = new Map<GeneralNameType, Constraint[]>();
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * Takes up the constraints of a CA, for the certificates below it (§6.1.4 (g)).
   *
   * @throws {ModelsealError} `ERR_PATH_NAME_CONSTRAINT_MALFORMED`
   */
  add(issuer: Certificate): void {
    const constraints = issuer.nameConstraints;
    if (!constraints) return;
    this.#budget.names(constraints.permitted.length + constraints.excluded.length);
    if (constraints.permitted.length > 0) {
      const group = new Map<GeneralNameType, Constraint[]>();
      for (const base of constraints.permitted) put(group, compile(base, issuer));
      this.#permitted.push(group);
    }
    for (const base of constraints.excluded) put(this.#excluded, compile(base, issuer));
  }

  /**
   * Holds every name of a certificate against the constraints (§6.1.3 (b), (c)).
   *
   * @throws {ModelsealError} `ERR_PATH_NAME_NOT_PERMITTED`, `ERR_PATH_NAME_EXCLUDED`, `ERR_PATH_NAME_UNSUPPORTED`,
   *   `ERR_PATH_NAME_MALFORMED`, `ERR_PATH_BUDGET_NAMES`
   */
  check(certificate: Certificate): void {
    if (this.#permitted.length === 0 && this.#excluded.size === 0) return;
    for (const name of certificate.subjectAltName ?? []) {
      // Below constraints of whatever kind, a host or mailbox that cannot be read is not let through.
      if (name.type === 'dns' || name.type === 'email') checkReadable(name, certificate);
    }
    for (const name of namesOf(certificate)) this.#checkName(name, certificate);
  }

  #checkName(name: GeneralName, certificate: Certificate): void {
    const form = formOf(name);
    const excluded = this.#excluded.get(form) ?? [];
    const permitted = this.#permitted.flatMap((group) => {
      const set = group.get(form);
      return set ? [set] : [];
    });
    this.#budget.names(
      permitted.reduce((sum, set) => sum + set.length, this.#permitted.length + excluded.length),
    );
    const first = excluded[0] ?? permitted[0]?.[0];
    if (!first) return;
    const refuse = (
      code: 'ERR_PATH_NAME_NOT_PERMITTED' | 'ERR_PATH_NAME_EXCLUDED' | 'ERR_PATH_NAME_UNSUPPORTED',
      by: string,
    ): never => {
      throw new ModelsealError(code, {
        certificate: certificate.label,
        name: generalNameText(name),
        constrainedBy: by,
      });
    };
    if (UNSUPPORTED.has(name.type)) {
      refuse('ERR_PATH_NAME_UNSUPPORTED', first.by);
    }
    checkReadable(name, certificate);
    const hit = excluded.find(({ matcher }) => matcher?.touches(name) !== false);
    if (hit) refuse('ERR_PATH_NAME_EXCLUDED', hit.by);
    const miss = permitted.find((set) => !set.some(({ matcher }) => matcher?.covers(name) === true));
    if (miss) refuse('ERR_PATH_NAME_NOT_PERMITTED', (miss[0] as Constraint).by);
  }
}

function checkReadable(name: GeneralName, certificate: Certificate): void {
  const problem = nameProblem(name);
  if (!problem) return;
  throw new ModelsealError('ERR_PATH_NAME_MALFORMED', {
    certificate: certificate.label,
    name: generalNameText(name),
    problem,
  });
}

function put(group: Map<GeneralNameType, Constraint[]>, constraint: Constraint): void {
  const same = group.get(constraint.type);
  if (same) same.push(constraint);
  else group.set(constraint.type, [constraint]);
}

/**
 * The kind of constraint that a name falls under. RFC 9598 §6 puts SmtpUTF8Mailbox under those for rfc822Name; they
 * cannot be compared here, so that such a name refuses where e-mail is constrained.
 */
function formOf(name: GeneralName): GeneralNameType {
  return name.type === 'other' && name.oid === Oid.smtpUtf8Mailbox ? 'email' : name.type;
}

function compile(base: GeneralName, issuer: Certificate): Constraint {
  const by = issuer.label;
  if (UNSUPPORTED.has(base.type)) return { type: base.type, matcher: undefined, by };
  const matcher = compileConstraint(base);
  if (typeof matcher === 'string') {
    throw new ModelsealError('ERR_PATH_NAME_CONSTRAINT_MALFORMED', {
      certificate: issuer.label,
      constraint: generalNameText(base),
      problem: matcher,
    });
  }
  return { type: base.type, matcher, by };
}

/**
 * Subject, alternative names, and e-mail addresses inside the subject. §4.2.1.10 asks for the latter only where there
 * is no alternative name; they are held against the constraints always, because readers of a subject trust it always.
 */
function namesOf(certificate: Certificate): GeneralName[] {
  const names: GeneralName[] = [...(certificate.subjectAltName ?? [])];
  if (!certificate.subject.isEmpty) names.push({ type: 'directory', name: certificate.subject });
  for (const value of certificate.subject.attributes(Oid.emailAddress)) names.push({ type: 'email', value });
  return names;
}
