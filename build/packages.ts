import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Metafile, Plugin } from 'esbuild';

// What both programs, the bundles for Node and the standalone one, do with the packages that they contain.

/** See string-width.ts. */
export const lightStringWidth: Plugin = {
  name: 'light-string-width',
  setup(bundle) {
    const path = fileURLToPath(new URL('./string-width.ts', import.meta.url));
    bundle.onResolve({ filter: /^string-width$/ }, () => ({ path }));
  },
};

/** The packages whose code a bundle contains, by folder. */
export function packagesOf(metafile: Metafile): Set<string> {
  const folders = new Set<string>();
  for (const input of Object.keys(metafile.inputs)) {
    const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
    if (folder) folders.add(folder);
  }
  return folders;
}

/** The licences of packages, in the order of names: their authors ask that these go along. */
export function licences(root: string, packages: Iterable<string>): string {
  const texts = [...packages].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${root}${folder}/package.json`, 'utf8')) as {
      name: string;
      version: string;
      license?: unknown;
    };
    const file = readdirSync(`${root}${folder}`).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file
      ? readFileSync(`${root}${folder}/${file}`, 'utf8').trim()
      : 'Its package holds no text of the licence.';
    return {
      name,
      text: `${name} ${version}\nLicence: ${typeof license === 'string' ? license : 'see below'}\n\n${text}\n`,
    };
  });
  texts.sort((a, b) => (a.name < b.name ? -1 : 1));
  return texts.map(({ text }) => text).join(`\n${'-'.repeat(78)}\n\n`);
}
