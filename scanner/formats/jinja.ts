import type { ScanContext } from '../types.js';
import { between, without } from './strip.js';

/** Inside a template, each of these leaves the template language. */
const DANGERS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'reads the internals of an object',
    pattern:
      /__(?:class|bases?|mro|subclasses|globals|builtins|import|init|dict|getattribute|getattr|code|closure|func|module|loader|spec|reduce|reduce_ex|call|self|wrapped|getitem|setattr|new|subclasshook|enter|exit|context|init_subclass)__/,
  },
  { what: 'uses the attr filter', pattern: /\|\s*attr\b/ },
  { what: 'imports or includes another template', pattern: /\{%[-+]?\s*(?:import|include|from|extends)\b/ },
  {
    what: 'uses a helper known from template attacks',
    pattern: /\b(?:lipsum|cycler|joiner|get_flashed_messages|url_for|_TemplateReference__context)\b/,
  },
  {
    what: 'names a function that runs programs',
    pattern: /\b(?:os\s*\.\s*(?:system|popen)|popen|subprocess|eval|exec)\s*\(/,
  },
  {
    what: 'reads the attributes of a function',
    pattern: /\b(?:func_globals|gi_frame|f_globals|f_builtins|cr_frame|mro\s*\(\s*\)|tb_frame)\b/,
  },
  {
    what: 'puts the name of an internal attribute together',
    pattern:
      /["']_*(?:globals|mro|subclasses|builtins|getattribute)_*["']|[+~]\s{0,20}["']class["']|["']class["']\s{0,20}[+~]|["']_{1,4}["']\s{0,20}\*|%c/,
  },
  { what: 'reads a configuration from a file', pattern: /\bfrom_(?:pyfile|object|envvar)\b/ },
  { what: 'reaches the template itself', pattern: /\bself\s*(?:\.\s*_|\[)/ },
];

/** Counts beyond this make rendering a loop that does not end in practice. */
const HUGE_RANGE = /\brange\s*\((?:[^()]*,)?\s*(?:\d{8,}|\d+\s*\*\*\s*\d+)/;

/** Reports what a chat template does that a template should not. */
export function scanJinja(template: string, context: ScanContext, where: string): void {
  context.spend(template.length);
  // An unclosed block does not render, but a lenient engine may be in use: it counts to the end.
  const bare = without(template, '{#', '#}');
  const code = plain([...between(bare, '{{', '}}'), ...between(bare, '{%', '%}')].join('\n'));
  const found = DANGERS.filter(({ pattern }) => pattern.test(code));
  for (const { what } of found) context.report('JINJA-DANGEROUS', `the template in ${where} ${what}`);
  if (HUGE_RANGE.test(code)) context.report('JINJA-DANGEROUS', `the template in ${where} loops without end`);
}

/** Undoes the usual disguises: escapes in strings, strings put together from pieces. */
function plain(code: string): string {
  const unescaped = code
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return `${code}\n${unescaped.replace(/["']\s{0,20}[~+]?\s{0,20}["']/g, '')}`;
}
