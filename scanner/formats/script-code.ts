import type { ScanContext } from '../types.js';
import { lineOf } from './decode-text.js';
import { without } from './strip.js';

const JS_DANGERS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'runs a program',
    pattern:
      /\bchild_process\b|\bexecSync\b|\bspawnSync\b|\bDeno\s*\.\s*(?:run|Command)\b|\bBun\s*\.\s*spawn/,
  },
  {
    what: 'evaluates text as code',
    pattern: /(?<![\w.])eval\s*\(|\bnew\s+Function\s*\(|\bvm\s*\.\s*run|\brunInNewContext\b/,
  },
  {
    what: 'touches files or the network',
    pattern:
      /(?:require\s*\(\s*|from\s+|import\s*\(\s*)["'`](?:node:)?(?:fs|net|http|https|dgram|tls|dns|fs\/promises)["'`]/,
  },
  {
    what: 'opens connections',
    pattern: /\bXMLHttpRequest\b|\bnew\s+WebSocket\b|(?<![\w.])fetch\s*\(|\bsendBeacon\b/,
  },
  {
    what: 'reaches internals of the runtime',
    pattern: /\bprocess\s*\.\s*(?:binding|mainModule|dlopen)\b|\bconstructor\s*\.\s*constructor\b/,
  },
];

/** JavaScript in a model: a finding by itself, a graver one with dangerous calls. */
export function scanJavaScript(code: string, context: ScanContext): void {
  context.recognised('javascript');
  const bare = without(code, '/*', '*/').replace(/(^|[^:"'`])\/\/[^\n]*/g, '$1');
  if (bare.trim() === '') return;
  const dangers = JS_DANGERS.filter(({ pattern }) => pattern.test(bare));
  if (dangers.length === 0) context.report('CODE-JAVASCRIPT', 'it is JavaScript code');
  for (const { what, pattern } of dangers) {
    const at = pattern.exec(code)?.index ?? 0;
    context.report('CODE-JAVASCRIPT-DANGEROUS', `line ${lineOf(code, at)} ${what}`);
  }
}

export function looksLikeJavaScript(text: string, name: string): boolean {
  return /\.(js|mjs|cjs|ts|mts|cts|jsx|tsx)$/i.test(name) || /^#![^\n]*\b(?:node|deno|bun)\b/.test(text);
}

/** Shell, batch, PowerShell and other scripts, which are started rather than imported. */
export function looksLikeShell(text: string, name: string): boolean {
  if (
    /\.(sh|bash|zsh|fish|ksh|csh|bat|cmd|ps1|psm1|vbs|applescript|command|desktop|php|phtml|rb|pl|pm|lua|r|jl|wsf|hta|scpt)$/i.test(
      name,
    )
  )
    return true;
  if (/^<\?php/.test(text)) return true;
  return /^#!/.test(text) && !/^#![^\n]*\b(?:python|node|deno|bun)/.test(text);
}
