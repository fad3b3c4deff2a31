import { isAlias, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** What a YAML document says, and where. */
export interface LocatedData {
  readonly data: unknown;
  /** ` (line 3, column 5)` of a value, or of the last part of its path that is there. */
  at(path: readonly PropertyKey[]): string;
}

/**
 * A YAML document as plain data: no key twice, no anchors, aliases, merges or tags, which let a file say something else
 * than a reader sees.
 *
 * @param fail Called with what is wrong, and where.
 */
export function locatedYaml(text: string, fail: (problem: string) => never): LocatedData {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    uniqueKeys: true,
    strict: true,
    schema: 'core',
    lineCounter: lines,
    prettyErrors: false,
  });
  const place = (offset: number | undefined): string => {
    const { line, col } = lines.linePos(offset ?? 0);
    return ` (line ${line}, column ${col})`;
  };
  const flaw = document.errors[0] ?? document.warnings[0];
  if (flaw) fail(`${flaw.message.split('\n')[0] ?? 'it is not YAML'}${place(flaw.pos[0])}`);
  visit(document, (key, node) => {
    if (!isNode(node)) return;
    const where = place(node.range?.[0]);
    if (isAlias(node)) fail(`aliases are not allowed${where}`);
    if ('anchor' in node && node.anchor !== undefined) fail(`anchors are not allowed${where}`);
    if (node.tag !== undefined) fail(`tags are not allowed${where}`);
    if (key !== 'key') return;
    if (!isScalar(node)) fail(`keys are texts${where}`);
    else if (node.value === '<<') fail(`merges are not allowed${where}`);
  });
  return {
    data: document.toJS({ maxAliasCount: 0 }),
    at(path) {
      for (let length = path.length; length >= 0; length--) {
        const node = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return place(node.range[0]);
      }
      return place(0);
    },
  };
}

/** {@link locatedYaml} for whoever needs no places. */
export const strictYaml = (text: string, fail: (problem: string) => never): unknown =>
  locatedYaml(text, fail).data;
