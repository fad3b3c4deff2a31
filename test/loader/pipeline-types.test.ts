import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCE = join(ROOT, 'test/types/pipeline.ts');

/** Type-checks one file with the settings of the project; every complaint about it, one per line. */
function complaints(text: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'modelseal-types-'));
  try {
    const file = join(folder, 'misuse.mts');
    writeFileSync(file, text.replaceAll("'../../", `'${ROOT}`));
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { rootDir: '/', noEmit: true, typeRoots: [join(ROOT, 'node_modules/@types')] },
      include: [],
      files: [file],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(ROOT, 'node_modules/@typescript/native/bin/tsc');
    const run = spawnSync(process.execPath, [compiler, '-p', folder], { cwd: folder, encoding: 'utf8' });
    return run.stdout.split('\n').filter((line) => line.includes('misuse.mts') || line.startsWith('error'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the types of the pipeline', () => {
  it('let no unverified data through, and every one of these tests is alive', () => {
    const text = readFileSync(SOURCE, 'utf8');
    expect(complaints(text)).to.deep.equal([]);
    const misuses = text.match(/^ +\/\/ @ts-expect-error/gm)?.length ?? 0;
    expect(misuses).to.be.at.least(25);
    // Without the marks the compiler must complain about each misuse.
    const bare = complaints(text.replaceAll('@ts-expect-error', ''));
    expect(bare.length).to.be.at.least(misuses);
  });
});
