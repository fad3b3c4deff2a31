import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { BLOCKS, FILES, replaceBlock } from '../build/docs.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Headings as GitHub links to them. */
const headings = (file: string): string[] =>
  [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('documentation', () => {
  for (const { file, name, content } of BLOCKS) {
    it(`${file}: the block "${name}" is what the source says (npm run docs writes it)`, () => {
      const block = content();
      expect(block.length).to.be.greaterThan(500);
      expect(block).not.to.match(/\| [^|]*undefined[^|]* \| [^|]* \|$|\[object|NaN/m);
      expect(replaceBlock(read(file), name, block)).to.equal(read(file));
    });
  }

  for (const { file, content } of FILES) {
    it(`${file} is what the source says (npm run docs writes it)`, () => {
      expect(read(file)).to.equal(content());
    });
  }

  const documents = ['.', 'docs', 'certs'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: folder === 'docs', encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );

  it('has documents', () => {
    expect(documents).to.include.members(['README.md', 'docs/architecture.md', 'docs/decisions/README.md']);
  });

  for (const file of documents) {
    it(`${file}: every link leads to a file, and to a heading that is there`, () => {
      const missing: string[] = [];
      for (const [, link = '', anchor] of read(file).matchAll(/\]\(([^)#:\s]*)(?:#([^)\s]*))?\)/g)) {
        const target = link === '' ? file : join(dirname(file), link);
        if (!existsSync(join(root, target))) missing.push(link);
        else if (anchor !== undefined && target.endsWith('.md') && !headings(target).includes(anchor))
          missing.push(`${link}#${anchor}`);
      }
      expect(missing).to.deep.equal([]);
    });
  }

  it('README: the example of the API runs on the public modules and does what it says', function () {
    this.timeout(60_000);
    const code = /```ts\n([\s\S]*?)```/.exec(read('README.md'))?.[1] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'modelseal-readme-'));
    try {
      mkdirSync(join(folder, 'model'));
      const header = Buffer.from('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(56));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(header.length));
      writeFileSync(
        join(folder, 'model', 'model.safetensors'),
        Buffer.concat([length, header, Buffer.alloc(4)]),
      );
      const local = code.replace(
        /'modelseal\/(\w+)'/g,
        (_all, module) => `'${pathToFileURL(join(root, module, 'index.ts'))}'`,
      );
      writeFileSync(join(folder, 'example.mts'), local);
      const tsx = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'esm', 'index.mjs')).href;
      const run = spawnSync(process.execPath, ['--import', tsx, 'example.mts'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(run.stderr).to.equal('');
      expect(run.stdout.trim().split('\n')).to.deep.equal([
        "accepted [ 'email:ada@example.org' ]",
        "[ 'w' ]",
        run.stdout.trim().split('\n')[2],
      ]);
      expect(run.stdout).to.match(/^ERR_CERT_NOT_YET_VALID /m);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('README: a page to begin with, under 12 KB', () => {
    expect(Buffer.byteLength(read('README.md'))).to.be.lessThan(12_000);
  });
});
