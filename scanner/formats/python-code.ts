import type { ScanContext } from '../types.js';
import { lineOf } from './decode-text.js';

/** Calls that a model's code has no use for. Each pattern is linear; attribute access (`model.eval()`) is not meant. */
export const PYTHON_DANGERS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'runs a program',
    pattern:
      /\b(?:os|posix|nt)\s*\.\s*(?:system|popen|exec[lv]\w*|spawn\w*|posix_spawnp?|startfile|fork)\b|\bsubprocess\b|\bpty\s*\.\s*spawn\b|\bfrom\s+os\s+import\s[^\n]{0,500}\b(?:system|popen|exec[lv]\w*|spawn\w*)\b/,
  },
  { what: 'evaluates text as code', pattern: /(?<![\w.])(?:eval|exec|execfile|__import__|compile)\s*\(/ },
  {
    what: 'reaches built-in functions indirectly',
    pattern: /__builtins__|\bbuiltins\s*\.|__subclasses__|__globals__/,
  },
  { what: 'imports by name', pattern: /\bimportlib\b|\brunpy\b|\bpkgutil\b/ },
  { what: 'calls native code', pattern: /\bctypes\b|\bcffi\b/ },
  {
    what: 'opens connections',
    pattern:
      /(?:\bimport\s+|\bfrom\s+)(?:socket|urllib\w*|http|requests|httpx|aiohttp|ftplib|smtplib|telnetlib|paramiko|asyncssh)\b/,
  },
  {
    what: 'unpickles',
    pattern:
      /\b(?:c?Pickle|pickle|dill|cloudpickle|marshal|shelve|joblib)\s*\.\s*(?:loads?|open|Unpickler)\b/,
  },
  {
    what: 'deletes or overwrites files',
    pattern: /\bshutil\s*\.\s*(?:rmtree|move)\b|\bos\s*\.\s*(?:remove|unlink|rmdir|removedirs|chmod)\b/,
  },
  {
    what: 'looks names up in modules',
    pattern: /\bgetattr\s*\(\s*(?:os|sys|builtins|__builtins__|__import__|importlib)\b/,
  },
];

/** Removes comments, so that what they mention is no finding. Strings stay: code hides in them. */
export function withoutComments(code: string): string {
  return code.replace(
    /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*/g,
    (token, at: number) => {
      if (token.startsWith('#')) return '';
      // A string that stands alone on its lines is documentation.
      const alone =
        /^(["'])\1\1/.test(token) && /(^|\n)[ \t]*[rRuU]?$/.test(code.slice(Math.max(0, at - 200), at));
      return alone ? '""' : token;
    },
  );
}

/** What of {@link PYTHON_DANGERS} a code does, with the line of the first occurrence. */
export function pythonDangers(code: string): { what: string; line: number }[] {
  const bare = withoutComments(code);
  return PYTHON_DANGERS.flatMap(({ what, pattern }) => {
    const hit = pattern.exec(bare);
    if (!hit) return [];
    const original = code.indexOf(hit[0]);
    return [{ what, line: lineOf(original >= 0 ? code : bare, original >= 0 ? original : hit.index) }];
  });
}

/** Python code in a model: a finding by itself, a graver one with dangerous calls. Pure comments are nothing. */
export function scanPython(code: string, context: ScanContext): void {
  context.recognised('python');
  if (withoutComments(code).replaceAll('""', '').trim() === '') return;
  const dangers = pythonDangers(code);
  if (dangers.length === 0) context.report('CODE-PYTHON', 'it is Python code');
  for (const { what, line } of dangers) context.report('CODE-PYTHON-DANGEROUS', `line ${line} ${what}`);
}

/** Names of texts that talk about code without being code, or that are code of another language. */
const PROSE =
  /\.(?:md|markdown|rst|txt|csv|tsv|html?|json|jsonl|ya?ml|toml|ini|cfg|log|tex|bib|c|cc|cpp|h|hpp|cu|java|go|rs|swift|kt|scala|r|jl|build|cmake|proto|sql|css)$/i;

export function looksLikePython(text: string, name: string): boolean {
  if (/\.(py|pyw|pyi|pyx)$/i.test(name)) return true;
  if (/^#![^\n]*\bpython/.test(text)) return true;
  if (PROSE.test(name)) return false;
  const head = text.slice(0, 65_536);
  const marks = [
    /^(?:import\s+[\w.]+|from\s+[\w.]+\s+import\s)/m,
    /^[ \t]*def\s+\w+\s*\([^)\n]*\)\s*(?:->[^:\n]+)?:/m,
    /^[ \t]*class\s+\w+[ \t]{0,99}(?:\([^)\n]*\))?[ \t]{0,99}:/m,
    /^[ \t]*(?:os\.system|exec|eval|__import__)\s*\(/m,
  ];
  return marks.some((mark) => mark.test(head));
}
