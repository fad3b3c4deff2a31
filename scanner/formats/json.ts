/** Values of a parsed JSON document. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** One value of a document, with the key that it stands under, or that of the lists around it. */
export interface JsonNode {
  readonly key: string;
  readonly value: Json;
}

/** Parses JSON as Python writes it: NaN and infinities are allowed where values stand. */
export function parseJson(text: string): Json | undefined {
  const bare = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  try {
    return JSON.parse(bare) as Json;
  } catch {
    if (!/NaN|Infinity/.test(bare)) return undefined;
  }
  try {
    const finite = bare.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (t) =>
      t.startsWith('"') ? t : 'null',
    );
    return JSON.parse(finite) as Json;
  } catch {
    return undefined;
  }
}

/** Every value of a document, without recursion: a hostile one may be nested deeper than any stack. */
export function* walkJson(root: Json): Generator<JsonNode> {
  const stack: JsonNode[] = [{ key: '', value: root }];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    const { value } = node;
    if (Array.isArray(value)) {
      for (const item of value) {
        // Numbers in a list tell nobody anything, and a vocabulary of scores has millions.
        if (item === null || typeof item === 'number' || typeof item === 'boolean') continue;
        stack.push({ key: node.key, value: item });
      }
    } else if (value !== null && typeof value === 'object') {
      for (const key of Object.keys(value)) stack.push({ key, value: value[key] ?? null });
    }
  }
}

export const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
