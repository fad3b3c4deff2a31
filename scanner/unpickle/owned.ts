import { PyData, type PyValue } from './values.js';

/** What is reachable from a value: elements, keys, items, arguments and states. */
function* parts(value: object): Iterable<unknown> {
  if (value instanceof Map) for (const entry of value) yield* entry;
  else if (value instanceof Set || Array.isArray(value)) yield* value;
  else if (value instanceof PyData) yield* Object.values(value);
}

/**
 * Finds one of some references in what a pickle was rebuilt as: they are only safe where their call has been seen, and
 * must not be part of it.
 */
export function findOwned<T extends PyData>(result: PyValue, owned: ReadonlySet<T>): T | undefined {
  if (owned.size === 0) return undefined;
  const seen = new Set<unknown>();
  const waiting: unknown[] = [result];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) continue;
    if (owned.has(value as T)) return value as T;
    seen.add(value);
    for (const part of parts(value)) waiting.push(part);
  }
  return undefined;
}
