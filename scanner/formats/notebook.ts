import type { ScanContext } from '../types.js';
import { isObject, type Json } from './json.js';
import { pythonDangers } from './python-code.js';

export function isNotebook(document: Json): document is { [key: string]: Json } {
  return (
    isObject(document) &&
    typeof document.nbformat === 'number' &&
    (Array.isArray(document.cells) || Array.isArray(document.worksheets))
  );
}

const joined = (value: Json | undefined): string =>
  Array.isArray(value)
    ? value.map((v) => (typeof v === 'string' ? v : '')).join('')
    : typeof value === 'string'
      ? value
      : '';

/** Cells are code; outputs are shown, and a script in them runs then. */
export function scanNotebook(document: { [key: string]: Json }, context: ScanContext): void {
  context.recognised('notebook');
  const sheets = Array.isArray(document.worksheets) ? document.worksheets : [];
  const cells = [document.cells, ...sheets.map((s) => (isObject(s) ? s.cells : []))].flatMap((c) =>
    Array.isArray(c) ? c : [],
  );
  let code = 0;
  for (const [i, cell] of cells.entries()) {
    if (!isObject(cell) || !context.spend(1)) continue;
    const source = joined(cell.source ?? cell.input);
    if (cell.cell_type === 'code' && source.trim() !== '') {
      code++;
      scanCell(source, i, context);
    }
    if (hasScript(source) && cell.cell_type === 'markdown') {
      context.report('CODE-NOTEBOOK-DANGEROUS', `cell ${i + 1} carries a script in its text`);
    }
    for (const output of Array.isArray(cell.outputs) ? cell.outputs : []) {
      if (isObject(output) && hasActiveOutput(output)) {
        context.report('CODE-NOTEBOOK-DANGEROUS', `an output of cell ${i + 1} carries a script`);
      }
    }
  }
  if (code > 0) context.report('CODE-NOTEBOOK', `it has ${code} cells of code`);
}

function scanCell(source: string, i: number, context: ScanContext): void {
  // `!command` and `%%bash` run a shell; installing a package that way is what every tutorial does.
  const shell = source.match(
    /^[ \t]*(?:!(?!\s*(?:pip|conda|ls|nvidia-smi|git clone)\b).+|%%(?:bash|sh|script|javascript|js|html)\b|%(?:system|sx)\b.*)/m,
  );
  if (shell)
    context.report('CODE-NOTEBOOK-DANGEROUS', `cell ${i + 1} runs a shell: ${shell[0].trim().slice(0, 80)}`);
  const python = source.replace(/^[ \t]*[!%].*$/gm, '');
  for (const { what, line } of pythonDangers(python)) {
    context.report('CODE-NOTEBOOK-DANGEROUS', `cell ${i + 1}, line ${line} ${what}`);
  }
}

const hasScript = (text: string): boolean =>
  /<script\b|<iframe\b|\bjavascript:|<[^<>]{1,4000}?\son(?:error|load)\s*=/i.test(text);

function hasActiveOutput(output: { [key: string]: Json }): boolean {
  const data = isObject(output.data) ? output.data : {};
  if (joined(data['application/javascript']).trim() !== '') return true;
  return ['text/html', 'image/svg+xml', 'text/markdown'].some((type) => hasScript(joined(data[type])));
}
