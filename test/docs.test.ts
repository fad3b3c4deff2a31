import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { BLOCKS, replaceBlock } from '../.ci/docs.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

describe('documentation', () => {
  for (const { file, name, content } of BLOCKS) {
    it(`${file}: the block "${name}" is what the source says (npm run docs writes it)`, () => {
      const block = content();
      expect(block.length).to.be.greaterThan(500);
      expect(block).not.to.match(/\| [^|]*undefined[^|]* \| [^|]* \|$|\[object|NaN/m);
      expect(replaceBlock(read(file), name, block)).to.equal(read(file));
    });
  }

  for (const file of [
    'README.md',
    'SECURITY.md',
    'certs/README.md',
    'docs/ci.md',
    'docs/model-security-policy.md',
  ]) {
    it(`${file}: every link leads to a file`, () => {
      const links = [...read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((m) => m[1] as string);
      const missing = links.filter((link) => !existsSync(join(root, dirname(file), link)));
      expect(missing).to.deep.equal([]);
    });
  }

  it('README: the commands named in it exist', async () => {
    const { cli } = await import('./support/cli.js');
    const named = [...read('README.md').matchAll(/npx modelseal ([a-z]+)(?: ([a-z]+) )?/g)];
    expect(named.length).to.be.greaterThan(8);
    for (const [, command, sub] of named) {
      const nested = ['ca', 'certificate', 'quarantine', 'audit', 'metadata'].includes(command as string);
      const words = nested && sub ? [command as string, sub] : [command as string];
      const { code, stderr } = await cli([...words, '--help']);
      expect(code, `${words.join(' ')}: ${stderr}`).to.equal(0);
    }
  });
});
