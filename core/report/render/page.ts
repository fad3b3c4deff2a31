import { neutralMarkup } from '../../neutral.js';

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}' +
  'h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}code{font-family:ui-monospace,monospace;word-break:break-all}' +
  'table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid #ddd}' +
  '.accepted,.passed,.fine{color:#0a6b2d}.refused,.threat,.failed,.error,.over{color:#b00020}' +
  '.unchecked,.warning,.due{color:#8a5a00}.skipped{color:#666}';

/** One self-contained HTML page: no script, no external resource. */
export const htmlPage = (title: string, body: readonly string[]): string =>
  [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${htmlText(title)}</title>`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<style>${STYLE}</style></head><body>`,
    ...body,
    '</body></html>\n',
  ].join('\n');

/** Everything from outside is text, never markup. */
export const htmlText = (value: string): string =>
  neutralMarkup(
    value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd'),
  );
