import type { ScanContext } from '../types.js';
import { isDangerousPath, isMlflowLoader } from './config.js';
import { lineOf } from './decode-text.js';

/** More aliases than this, to anchors that hold aliases themselves, have only been seen in bombs. */
const MAX_NESTED_ALIASES = 64;

/** Findings of one kind in one text; a hostile one holds as many as lines. */
const MAX_REPORTS = 64;
/**
 * Tags that make some reader construct an object or call a function: PyYAML, Psych of Ruby, the readers of PHP, Perl
 * and JavaScript, SnakeYAML (any class by its dotted name), YamlDotNet.
 */
const CONSTRUCTING =
  /python\/|(?:^|[!:])(?:ruby|php|perl|js)\/|java(?:x)?\.|ScriptEngineManager|^tag:yaml\.org,2002:\w[\w$]*(?:\.\w[\w$]*)+|^!(?:System|Microsoft)\./i;

export function looksLikeYaml(text: string, name: string): boolean {
  return /\.(ya?ml|mlmodel|dvc)$/i.test(name) || /^(?:%YAML|---\s*\n|%TAG )/.test(text) || name === 'MLmodel';
}

/**
 * Looks for what makes a YAML reader execute or explode. Tags are resolved as a reader does (handles, verbatim tags,
 * percent escapes), but nothing is constructed.
 */
export function scanYaml(text: string, context: ScanContext): void {
  context.recognised('yaml');
  const reports = { 'CFG-REMOTE-CODE': 0, 'CFG-DANGEROUS-TARGET': 0 };
  /** A finding with its line; looking for the line costs as much as the text is long. */
  const report = (
    rule: 'CFG-REMOTE-CODE' | 'CFG-DANGEROUS-TARGET',
    at: number,
    say: (line: number) => string,
  ) => {
    if (++reports[rule] <= MAX_REPORTS) context.report(rule, say(lineOf(text, at)));
  };
  scanTags(text, context);
  scanAliases(text, context);
  for (const line of text.matchAll(
    /^[ \t-]*["']?(auto_map|trust_remote_code|custom_pipelines)["']?[ \t]*:[ \t]*([^\n#]*)/gm,
  )) {
    const [, key = '', value = ''] = line;
    if (/^(?:false|no|off|null|~|\{\}|0)?[ \t]*$/i.test(value) && key !== 'auto_map') continue;
    if (key === 'auto_map' && /^(?:null|~|\{\})[ \t]*$/.test(value)) continue;
    report('CFG-REMOTE-CODE', line.index, (n) => `"${key}" in line ${n} asks for remote code`);
  }
  const target =
    /^[ \t-]*["']?(_target_|class_path|entrypoint|callable|loader_module)["']?[ \t]*:[ \t]*["']?([\w.:]{1,500})/gm;
  for (const line of text.matchAll(target)) {
    const [, key = '', path = ''] = line;
    if (key === 'loader_module' && isMlflowLoader(path)) continue;
    if (isDangerousPath(path)) {
      report('CFG-DANGEROUS-TARGET', line.index, (n) => `line ${n} calls ${path}`);
    } else if (key === 'loader_module') {
      report('CFG-REMOTE-CODE', line.index, (n) => `"loader_module" in line ${n} imports ${path}`);
    }
  }
}

function scanTags(text: string, context: ScanContext): void {
  const handles = new Map([['!!', 'tag:yaml.org,2002:']]);
  for (const [, handle = '', prefix = ''] of text.matchAll(/^%TAG[ \t]+(![\w-]*!?)[ \t]+(\S+)/gm)) {
    handles.set(handle, prefix);
  }
  const seen = new Set<string>();
  for (const match of text.matchAll(
    /(?<![\w"'!])(!<!{0,2}[^>\n<!]{0,500}>|![\w-]*![^\s,[\]{}]*|![^\s,[\]{}!]+)/g,
  )) {
    const [tag = ''] = match;
    const resolved = resolve(tag, handles);
    if (!CONSTRUCTING.test(resolved)) continue;
    // Plain data types of PyYAML's own tags construct nothing.
    if (/python\/(?:none|bool|bytes|str|unicode|int|long|float|complex|list|tuple|dict)$/.test(resolved))
      continue;
    if (seen.has(resolved)) continue;
    seen.add(resolved);
    if (seen.size > MAX_REPORTS) return;
    context.report(
      'YAML-PYTHON-TAG',
      `line ${lineOf(text, match.index)} has the tag ${resolved.slice(0, 200)}`,
    );
  }
}

function resolve(tag: string, handles: ReadonlyMap<string, string>): string {
  const decoded = tag.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  if (decoded.startsWith('!<')) return decoded.slice(2, -1);
  const handle = /^![\w-]*!/.exec(decoded)?.[0] ?? '!';
  return (handles.get(handle) ?? handle) + decoded.slice(handle.length);
}

function scanAliases(text: string, context: ScanContext): void {
  const aliases = text.match(/(?:^|[\s,[{:-])\*[\w.-]+/g)?.length ?? 0;
  if (aliases < MAX_NESTED_ALIASES) return;
  // An anchor whose own value contains several aliases multiplies them.
  const nested =
    text.match(
      /&[\w.-]+(?:[ \t]{0,50}\[[^\]*\n]{0,200}\*[^\]*\n]{0,200}\*|[ \t]{0,50}\n?[ \t]{0,50}-[ \t]{0,50}\*)/g,
    )?.length ?? 0;
  if (nested >= 3) context.report('YAML-BOMB', `${nested} anchors hold aliases, ${aliases} aliases in all`);
}
