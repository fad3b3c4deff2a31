import type { ScanContext } from '../types.js';
import { isDangerousPath, isMlflowLoader } from './config.js';
import { lineOf } from './decode-text.js';

/** More aliases than this, to anchors that hold aliases themselves, have only been seen in bombs. */
const MAX_NESTED_ALIASES = 64;

export function looksLikeYaml(text: string, name: string): boolean {
  return /\.(ya?ml|mlmodel|dvc)$/i.test(name) || /^(?:%YAML|---\s*\n|%TAG )/.test(text) || name === 'MLmodel';
}

/**
 * Looks for what makes a YAML reader execute or explode. Tags are resolved as a reader does (handles, verbatim tags,
 * percent escapes), but nothing is constructed.
 */
export function scanYaml(text: string, context: ScanContext): void {
  context.recognised('yaml');
  scanTags(text, context);
  scanAliases(text, context);
  for (const line of text.matchAll(
    /^[ \t-]*["']?(auto_map|trust_remote_code|custom_pipelines)["']?[ \t]*:[ \t]*([^\n#]*)/gm,
  )) {
    const [, key = '', value = ''] = line;
    if (/^(?:false|no|off|null|~|\{\}|0)?[ \t]*$/i.test(value) && key !== 'auto_map') continue;
    if (key === 'auto_map' && /^(?:null|~|\{\})[ \t]*$/.test(value)) continue;
    context.report('CFG-REMOTE-CODE', `"${key}" in line ${lineOf(text, line.index)} asks for remote code`);
  }
  const target =
    /^[ \t-]*["']?(_target_|class_path|entrypoint|callable|loader_module)["']?[ \t]*:[ \t]*["']?([\w.:]{1,500})/gm;
  for (const line of text.matchAll(target)) {
    const [, key = '', path = ''] = line;
    if (key === 'loader_module' && isMlflowLoader(path)) continue;
    if (isDangerousPath(path)) {
      context.report('CFG-DANGEROUS-TARGET', `line ${lineOf(text, line.index)} calls ${path}`);
    } else if (key === 'loader_module') {
      context.report(
        'CFG-REMOTE-CODE',
        `"loader_module" in line ${lineOf(text, line.index)} imports ${path}`,
      );
    }
  }
}

function scanTags(text: string, context: ScanContext): void {
  const handles = new Map([['!!', 'tag:yaml.org,2002:']]);
  for (const [, handle = '', prefix = ''] of text.matchAll(/^%TAG[ \t]+(![\w-]*!?)[ \t]+(\S+)/gm)) {
    handles.set(handle, prefix);
  }
  const seen = new Set<string>();
  for (const match of text.matchAll(/(?<![\w"'!])(!<[^>\n]*>|![\w-]*![^\s,[\]{}]*|![^\s,[\]{}!]+)/g)) {
    const [tag = ''] = match;
    const resolved = resolve(tag, handles);
    if (!/python\/|^ruby\/|!ruby\/|java(?:x)?\.|ScriptEngineManager/i.test(resolved)) continue;
    // Plain data types of PyYAML's own tags construct nothing.
    if (/python\/(?:none|bool|bytes|str|unicode|int|long|float|complex|list|tuple|dict)$/.test(resolved))
      continue;
    if (seen.has(resolved)) continue;
    seen.add(resolved);
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
    text.match(/&[\w.-]+[ \t]*(?:\[[^\]*\n]{0,200}\*[^\]*\n]{0,200}\*|\n?[ \t]*-[ \t]*\*)/g)?.length ?? 0;
  if (nested >= 3) context.report('YAML-BOMB', `${nested} anchors hold aliases, ${aliases} aliases in all`);
}
