import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { ReportBuilder } from '../../core/report/index.js';
import { type Certificate, sameBytes } from '../../core/x509/index.js';
import { DEFAULT_ALGORITHM_POLICY } from './algorithm-policy.js';
import { type TrustAnchor, TrustAnchors } from './anchor.js';
import {
  checkSignature,
  isSameEntity,
  PATH_PARAMETERS,
  type PathParameters,
  type Progress,
  SearchState,
} from './candidate.js';
import { isBudgetError, MAX_PATH } from './limits.js';
import { ValidatedPath } from './validated-path.js';

/** What a path is searched with. */
export interface PathOptions extends PathParameters {
  readonly anchors: TrustAnchors;
  /** CA certificates in any order, needed or not. Untrusted. */
  readonly intermediates?: Iterable<Certificate>;
  /**
   * Looks at a valid path and throws to go on searching, as for a revoked CA that has another certificate. Called at
   * most {@link MAX_PATHS_JUDGED} times.
   */
  readonly judge?: ((path: ValidatedPath) => void) | undefined;
}

export const PATH_OPTIONS: OptionTable<PathOptions> = {
  ...PATH_PARAMETERS,
  anchors: is.made(TrustAnchors),
  intermediates: is.object,
  judge: is.call,
};

/**
 * Finds a valid path from a leaf to a trust anchor (RFC 4158): depth first, from the leaf upwards, past dead ends and
 * loops, within the budgets of `limits.ts`.
 *
 * Key identifiers only order the candidates: they are claims, and whoever signed decides.
 *
 * @param leaf The certificate in question; never guessed from an order of certificates. Untrusted.
 * @throws {ModelsealError} When no path is valid, the error of the candidate that got furthest; the budget's own error
 *   when one is spent
 * @example
 * const path = findPath(leaf, { anchors: trustRoots, at: new Date(), purpose: 'code-signing' });
 */
export function findPath(leaf: Certificate, options: PathOptions): ValidatedPath {
  checkOptions('findPath', options, PATH_OPTIONS);
  return new Search(options).run(leaf);
}

/**
 * {@link findPath}, with every check written to a report.
 * @example
 * const path = validatePath(leaf, { anchors: trustRoots, at: new Date(), purpose: 'code-signing' });
 */
export function validatePath(
  leaf: Certificate,
  options: PathOptions & { readonly report?: ReportBuilder | undefined },
): ValidatedPath {
  const { report, ...rest } = options;
  checkOptions('validatePath', { report }, { report: is.made(ReportBuilder) });
  const path = findPath(leaf, rest);
  for (const check of path.checks) report?.check(check);
  return path;
}

/** A failure and how far its candidate had come; of several, the furthest is reported. */
interface Failure {
  readonly error: ModelsealError;
  /**
   * Candidates that reach an anchor rank above all others, and among them the one whose broken rule stands closest to
   * the leaf; of the others, the longest counts.
   */
  readonly rank: number;
}

/** Up to so many intermediates it costs less to try them than to find out which are worth it. */
const SMALL_BAG = 8;

class Search {
  readonly #options: PathOptions;
  readonly #state = new SearchState();
  readonly #bag = new Map<string, Certificate[]>();
  /** Names of issuers from which names alone lead to an anchor; nothing else is worth a signature check. */
  readonly #reaching = new Set<string>();
  #pruned = false;
  #size = 0;
  #hopeless = false;
  #furthest: Failure | undefined;

  constructor(options: PathOptions) {
    this.#options = options;
    for (const certificate of options.intermediates ?? []) {
      this.#size++;
      const same = this.#bag.get(certificate.subject.key);
      if (!same) this.#bag.set(certificate.subject.key, [certificate]);
      else if (!same.some((other) => sameBytes(other.raw, certificate.raw))) same.push(certificate);
    }
  }

  /** Walks down from the anchors' names over the bag. */
  #findReaching(): void {
    const below = new Map<string, string[]>();
    for (const same of this.#bag.values()) {
      for (const { issuer, subject } of same) {
        const names = below.get(issuer.key);
        if (names) names.push(subject.key);
        else below.set(issuer.key, [subject.key]);
      }
    }
    const open = [...this.#options.anchors].map((anchor) => anchor.name.key);
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (this.#reaching.has(name)) continue;
      this.#reaching.add(name);
      open.push(...(below.get(name) ?? []));
    }
  }

  run(leaf: Certificate): ValidatedPath {
    this.#pruned = this.#size > SMALL_BAG;
    if (this.#pruned) {
      this.#findReaching();
      this.#hopeless = !this.#reaching.has(leaf.issuer.key);
    }
    const found = this.#extend([leaf]);
    if (found) return found;
    // Every way to fail leaves its reason behind.
    throw (
      this.#furthest?.error ??
      new ModelsealError('ERR_INTERNAL', { problem: 'a path failed without a reason' })
    );
  }

  #extend(chain: Certificate[]): ValidatedPath | undefined {
    const top = chain[chain.length - 1] as Certificate;
    const height = chain.length;
    const anchors = order(top, this.#options.anchors.named(top.issuer));
    for (const anchor of anchors) {
      const path = this.#finish(chain, top, anchor);
      if (path) return path;
    }
    const issuers = this.#bag.get(top.issuer.key) ?? [];
    const fresh = issuers.filter((issuer) => !chain.some((member) => isSameEntity(member, issuer)));
    if (anchors.length === 0 && fresh.length === 0) this.#fail(deadEnd(chain, issuers.length > 0), height);
    const worth =
      this.#hopeless || !this.#pruned
        ? fresh
        : fresh.filter((issuer) => this.#reaching.has(issuer.issuer.key));
    for (const issuer of order(top, worth)) {
      this.#state.budget.candidate();
      if (!this.#isIssuedBy(top, issuer, height)) continue;
      if (chain.length === MAX_PATH) {
        const certificate = (chain[0] as Certificate).label;
        this.#fail(new ModelsealError('ERR_PATH_TOO_LONG', { certificate, limit: MAX_PATH }), height);
        return undefined;
      }
      const path = this.#extend([...chain, issuer]);
      // Where no anchor can be reached, one way up is enough to say where it ends.
      if (path || this.#hopeless) return path;
    }
    return undefined;
  }

  #finish(chain: Certificate[], top: Certificate, anchor: TrustAnchor): ValidatedPath | undefined {
    this.#state.budget.candidate();
    // An anchor that only shares the name was never reached.
    if (!this.#isIssuedBy(top, anchor, chain.length)) return undefined;
    this.#state.budget.path();
    const progress = { index: chain.length };
    try {
      const { anchors: _, intermediates: __, judge: ___, ...parameters } = this.#options;
      return this.#judge(ValidatedPath.check(chain, anchor, parameters, this.#state, progress), progress);
    } catch (error) {
      this.#fail(error, 2 * MAX_PATH + 2 - progress.index);
      return undefined;
    }
  }

  #judge(path: ValidatedPath, progress: Progress): ValidatedPath {
    const { judge } = this.#options;
    if (judge) {
      // Nearer to the end than any broken rule of the path itself.
      progress.index = -1;
      this.#state.budget.judgement();
      judge(path);
    }
    return path;
  }

  #isIssuedBy(certificate: Certificate, issuer: Certificate | TrustAnchor, height: number): boolean {
    try {
      checkSignature(certificate, issuer, this.#options.algorithms ?? DEFAULT_ALGORITHM_POLICY, this.#state);
      return true;
    } catch (error) {
      this.#fail(error, height + 0.5);
      return false;
    }
  }

  #fail(error: unknown, rank: number): void {
    if (!isModelsealError(error) || isBudgetError(error)) throw error;
    if (!this.#furthest || rank > this.#furthest.rank) this.#furthest = { error, rank };
  }
}

/** Why a chain cannot go on above its topmost certificate. */
function deadEnd(chain: readonly Certificate[], looped: boolean): ModelsealError {
  const top = chain[chain.length - 1] as Certificate;
  const certificate = top.label;
  if (top.isSelfIssued) return new ModelsealError('ERR_PATH_ROOT_UNTRUSTED', { certificate });
  if (looped) return new ModelsealError('ERR_PATH_LOOP', { certificate });
  return new ModelsealError('ERR_PATH_NO_ISSUER', { certificate, issuer: top.issuer.toString() });
}

/** Candidates whose key identifier is the one that `certificate` names come first, those with another come last. */
function order<T extends Certificate | TrustAnchor>(
  certificate: Certificate,
  issuers: readonly T[],
): readonly T[] {
  if (issuers.length < 2) return issuers;
  const wanted = attempt(() => certificate.authorityKeyIdentifier?.keyIdentifier);
  if (!wanted) return issuers;
  const distance = (issuer: Certificate | TrustAnchor): number => {
    const of = 'certificate' in issuer ? issuer.certificate : issuer;
    const id = of && attempt(() => of.subjectKeyIdentifier);
    return id ? (sameBytes(id, wanted) ? 0 : 2) : 1;
  };
  return issuers
    .map((issuer) => ({ issuer, distance: distance(issuer) }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ issuer }) => issuer);
}

/** A hint that cannot be read is no hint; the check of the path refuses the certificate with the right error. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isModelsealError(error)) return undefined;
    throw error;
  }
}
