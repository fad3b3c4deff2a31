import { parseDocument } from 'yaml';

/**
 * A YAML document as plain data: no key twice, no aliases or anchors, which let a small file stand for a huge one.
 *
 * @param fail Called with what is wrong.
 */
export function strictYaml(text: string, fail: (problem: string) => never): unknown {
  const document = parseDocument(text, { uniqueKeys: true, strict: true, schema: 'core' });
  const flaw = document.errors[0] ?? document.warnings[0];
  if (flaw) fail(flaw.message.split('\n')[0] ?? 'it is not YAML');
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    return fail('aliases are not allowed');
  }
}
