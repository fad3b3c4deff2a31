import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../commands/exit-codes.js';
import { VARIABLES, type Variable } from '../commands/options/environment.js';
import { ERROR_TABLES, sentenceOf } from '../core/errors/index.js';
import { apiIndex } from './api.js';
import { demoPicture } from './demo-picture.js';
import { policySchema } from '../loader/policy/schema.js';

// Generates the parts of the documentation that repeat the source. `npm run docs` writes them, a test compares.

const AREAS: { readonly [A in keyof typeof ERROR_TABLES]: string } = {
  general: 'Files, options, the machine',
  certificate: 'Certificates and paths',
  revocation: 'Revocation',
  timestamp: 'Time stamps',
  bundle: 'Signature bundles',
  identity: 'Trust and identity',
  policy: 'Trust policy',
  attestation: 'Attestations and lineage',
  integrity: 'Files of the model',
  scan: 'Threat scan',
  quarantine: 'Store, quarantine, audit log',
  reach: 'Hugging Face caches, staged copies, registries',
  records: 'Integrity records of the older practice',
  runtime: 'Loading into a runtime',
  guard: 'Guard',
  ca: 'Certificate authority',
  signer: 'Signing',
};

const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');

/** The table of every error code: what it says, what to do, which exit code. */
export function errorTable(): string {
  const lines: string[] = [];
  for (const [area, table] of Object.entries(ERROR_TABLES)) {
    lines.push(
      `## ${AREAS[area as keyof typeof AREAS]}`,
      '',
      '| code | exit | says | how to solve |',
      '|---|---|---|---|',
    );
    for (const [code, text] of Object.entries(table)) {
      const says = sentenceOf(code) ?? '';
      lines.push(
        `| \`${code}\` | ${EXIT[text.kind as keyof typeof EXIT]} | ${cell(says)} | ${cell(text.hint)} |`,
      );
    }
    lines.push('');
  }
  return lines.join('\n');
}

/** The table of every environment variable that commands read. */
export function environmentTable(): string {
  const rows = Object.entries(VARIABLES as Readonly<Record<string, Variable>>).map(
    ([name, { option = '–', commands, meaning }]) => {
      const where = commands === 'all' ? 'all' : commands.map((command) => `\`${command}\``).join(', ');
      return `| \`${name}\` | ${option === '–' ? option : `\`${option}\``} | ${where} | ${cell(meaning)} |`;
    },
  );
  return ['| variable | option | commands | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** Replaces what stands between the markers `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
export function replaceBlock(text: string, name: string, block: string): string {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`markers of ${name} are missing`);
  return `${text.slice(0, from + begin.length)}\n${block.trim()}\n${text.slice(to)}`;
}

/** Every generated block: file, marker, content. */
export const BLOCKS: readonly { file: string; name: string; content: () => string }[] = [
  { file: 'docs/errors.md', name: 'errors', content: errorTable },
  { file: 'docs/environment.md', name: 'environment', content: environmentTable },
];

/** Every file that is generated as a whole. */
export const FILES: readonly { file: string; content: () => string }[] = [
  { file: 'docs/demo.svg', content: demoPicture },
  {
    file: 'docs/schemas/policy.v1.json',
    content: () => `${JSON.stringify(policySchema(), null, 2)}\n`,
  },
  { file: 'docs/api.md', content: apiIndex },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, name, content } of BLOCKS) {
    const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
    writeFileSync(path, replaceBlock(readFileSync(path, 'utf8'), name, content()));
  }
  for (const { file, content } of FILES)
    writeFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), content());
}
