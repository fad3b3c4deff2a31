import { sep } from 'node:path';

/** What is known of a model before it is judged. */
export interface PolicySubject {
  /** As its statement calls it; the signed name is held against this one afterwards. */
  readonly model: string;
  /** Where it lies, links resolved. */
  readonly path: string;
  /** How the caller named it: `hf://…`, `oci://…`. */
  readonly reference: string | undefined;
}

/** For which models a rule is. All of it must fit; what begins with a text is asked for by another field. */
export interface PolicyScope {
  readonly model?: string | undefined;
  readonly modelPrefix?: string | undefined;
  /** Absolute, links resolved. */
  readonly path?: string | undefined;
  readonly pathPrefix?: string | undefined;
  readonly reference?: string | undefined;
  readonly referencePrefix?: string | undefined;
}

/** One thing that a scope may fix: exactly, by its beginning, or not at all. */
interface Bound {
  readonly exact: string | undefined;
  readonly prefix: string | undefined;
}

const KINDS = ['model', 'path', 'reference'] as const;
type Kind = (typeof KINDS)[number];

const bound = (scope: PolicyScope, kind: Kind): Bound => ({
  exact: scope[kind],
  prefix: scope[`${kind}Prefix`],
});
const free = ({ exact, prefix }: Bound): boolean => exact === undefined && prefix === undefined;

/** Folders are told apart at their separators: `/models` is not the beginning of `/models-of-others`. */
function begins(kind: Kind, text: string, prefix: string): boolean {
  if (kind !== 'path') return text.startsWith(prefix);
  return text === prefix || text.startsWith(prefix.endsWith(sep) ? prefix : `${prefix}${sep}`);
}

/** Whether a scope fits a model. */
export const fits = (scope: PolicyScope, subject: PolicySubject): boolean =>
  KINDS.every((kind) => {
    const { exact, prefix } = bound(scope, kind);
    const value = subject[kind];
    if (exact !== undefined) return value === exact;
    return prefix === undefined || (value !== undefined && begins(kind, value, prefix));
  });

/** Whether everything that fits `inner` fits `outer` too. */
export const within = (inner: PolicyScope, outer: PolicyScope): boolean =>
  KINDS.every((kind) => {
    const [a, b] = [bound(inner, kind), bound(outer, kind)];
    if (free(b)) return true;
    if (b.exact !== undefined) return a.exact === b.exact;
    const text = a.exact ?? a.prefix;
    return text !== undefined && begins(kind, text, b.prefix ?? '');
  });

/** The scope of what fits both; undefined where nothing does. Beginnings nest or have nothing in common. */
export function intersection(a: PolicyScope, b: PolicyScope): PolicyScope | undefined {
  const found: Record<string, string> = {};
  for (const kind of KINDS) {
    const [one, other] = [{ ...pick(a, kind) }, { ...pick(b, kind) }];
    const narrow = within(one, other) ? one : within(other, one) ? other : undefined;
    if (narrow === undefined) return undefined;
    Object.assign(found, narrow);
  }
  return found;
}

function pick(scope: PolicyScope, kind: Kind): PolicyScope {
  const { exact, prefix } = bound(scope, kind);
  if (exact !== undefined) return { [kind]: exact };
  return prefix === undefined ? {} : { [`${kind}Prefix`]: prefix };
}

/** `model acme/tiny, path below /srv/models`; for reports. */
export const scopeSentence = (scope: PolicyScope): string =>
  KINDS.flatMap((kind) => {
    const { exact, prefix } = bound(scope, kind);
    if (exact !== undefined) return [`${kind} ${exact}`];
    return prefix === undefined ? [] : [`${kind} beginning with ${prefix}`];
  }).join(', ') || 'every model';
