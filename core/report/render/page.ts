import { createHash } from 'node:crypto';
import { neutralMarkup } from '../../neutral.js';

const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2.5rem 0 .5rem}h3,summary{font-size:1rem;font-weight:600;margin:1rem 0 .25rem}
code{font-family:ui-monospace,monospace;font-size:.92em}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid #ddd}
[hidden]{display:none!important}
.name{display:inline-block;white-space:pre-wrap;overflow-wrap:anywhere;max-width:100%}td .name{width:max-content;max-width:26rem}#models td:first-child{min-width:8rem}.digest{overflow-wrap:anywhere;color:#555}
.accepted,.passed,.fine{color:#0a6b2d}.refused,.threat,.failed,.error,.over{color:#b00020}
.unchecked,.warning,.due{color:#8a5a00}.skipped,.note{color:#666}
form{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:1rem 0}input[type=search]{font:inherit;padding:.25rem .5rem;flex:1 1 14rem}
.chain{list-style:none;margin:.5rem 0;padding:0;max-width:38rem}
.chain li{border:1px solid #999;border-radius:6px;padding:.4rem .7rem;overflow-wrap:anywhere}
.chain li+li{margin-top:2rem;position:relative}
.chain li+li::before{content:"\\2193\\a0" attr(data-arrow);position:absolute;top:-1.75rem;left:1rem;color:#555}
.chain .anchor{border:2px solid #0a6b2d}.chain .model{background:#f3f5f7}
@media(max-width:640px){body{margin:1rem auto}.stack,.stack tbody{display:block}.stack thead{display:none}.stack tr{display:block;padding:.5rem 0;border-bottom:1px solid #ddd}
.stack td{display:block;border:0;padding:.05rem 0;overflow-wrap:anywhere}.stack td:empty{display:none}td .name{width:auto;max-width:100%}}
@media print{body{max-width:none;margin:0}form{display:none}section,tr,.chain li{break-inside:avoid}.scroll{overflow:visible}}
`;

/** The policy allows exactly these bytes: what a name might smuggle in stays without style and without effect. */
const allow = (content: string): string =>
  `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

/** One self-contained HTML page: no external resource; it can be read without its script. */
export const htmlPage = (title: string, body: readonly string[], script = ''): string =>
  [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${htmlText(title)}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${allow(STYLE)}; script-src ${script === '' ? "'none'" : allow(script)}; base-uri 'none'; form-action 'none'">`,
    `<style>${STYLE}</style></head><body>`,
    ...body,
    ...(script === '' ? [] : [`<script>${script}</script>`]),
    '</body></html>\n',
  ].join('\n');

/** Everything from outside is text, never markup. */
export const htmlText = (value: string): string =>
  neutralMarkup(
    value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd'),
  );
