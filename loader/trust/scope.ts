import { resolve, sep } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';

const KINDS = ['name', 'name-prefix', 'path', 'path-prefix'] as const;
type ScopeKind = (typeof KINDS)[number];

/** For which models an anchor counts: by the name that is signed with a model, or by where the model lies. */
export interface Scope {
  readonly kind: ScopeKind;
  readonly value: string;
}

/**
 * Reads `name:NAME`, `name-prefix:TEXT`, `path:PATH` or `path-prefix:FOLDER`. There are no patterns: what begins with a
 * text is asked for by another word.
 *
 * @throws {ModelsealError} `ERR_TRUST_SCOPE_FORM`
 */
export function parseScope(text: string): Scope {
  const colon = text.indexOf(':');
  const kind = KINDS.find((name) => name === text.slice(0, Math.max(colon, 0)));
  const value = text.slice(colon + 1);
  if (kind === undefined || value === '') throw new ModelsealError('ERR_TRUST_SCOPE_FORM', { scope: text });
  return { kind, value };
}

export const scopeText = ({ kind, value }: Scope): string => `${kind}:${value}`;

/** Whether a place is one of those that the scopes name; true where none of them names a place. */
export function coversPath(scopes: readonly Scope[], path: string): boolean {
  const here = resolve(path);
  return any(scopes, ['path', 'path-prefix'], ({ kind, value }) => {
    const wanted = resolve(value);
    if (kind === 'path') return here === wanted;
    return here === wanted || here.startsWith(wanted.endsWith(sep) ? wanted : `${wanted}${sep}`);
  });
}

/** The same for the signed name of a model. */
export function coversName(scopes: readonly Scope[], name: string): boolean {
  return any(scopes, ['name', 'name-prefix'], ({ kind, value }) =>
    kind === 'name' ? name === value : name.startsWith(value),
  );
}

function any(
  scopes: readonly Scope[],
  kinds: readonly ScopeKind[],
  fits: (scope: Scope) => boolean,
): boolean {
  const concerned = scopes.filter(({ kind }) => kinds.includes(kind));
  return concerned.length === 0 || concerned.some(fits);
}
