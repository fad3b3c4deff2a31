import { spawn } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { SignedApp, writeFiles } from '../../support/guard.js';
import { useTemp } from '../../support/temp.js';

/** Imports the same two files again and again, and counts what each import turned out to be. */
const program = `
  import { createRequire } from 'node:module';
  const require = createRequire(import.meta.url);
  const counts = { genuine: 0, evil: 0, refused: 0 };
  const count = async (load) => {
    try { counts[(await load()).kind]++; } catch (error) {
      if (!error.code?.startsWith('ERR_GUARD_MODULE')) throw error;
      counts.refused++;
    }
  };
  for (let i = 0; i < 150; i++) {
    await count(() => import('./swapped.mjs?' + i));
    await count(() => { delete require.cache[require.resolve('./swapped.cjs')]; return require('./swapped.cjs'); });
  }
  console.log(JSON.stringify(counts));`;

/** Renames genuine and evil files into place as fast as it can, until its input ends. */
const swapper = `
  const { copyFileSync, renameSync } = require('node:fs');
  process.stdin.on('end', () => process.exit(0)).resume();
  let turn = 0;
  (function swap() {
    for (const name of ['swapped.mjs', 'swapped.cjs']) {
      copyFileSync('../' + (turn % 2 ? 'genuine-' : 'evil-') + name, '../next-' + name);
      renameSync('../next-' + name, name);
    }
    turn++;
    setImmediate(swap);
  })();`;

describe('guard: bytes', function () {
  this.timeout(60_000);
  const temp = useTemp();

  it('runs what it checked, however often the file is swapped meanwhile', async () => {
    // Long enough that reading and compiling take time in which to swap.
    const padding = `/* ${'x'.repeat(200_000)} */`;
    const source = (kind: string) => ({
      mjs: `${padding}\nexport const kind = '${kind}';`,
      cjs: `${padding}\nexports.kind = '${kind}';`,
    });
    const app = await SignedApp.make(temp(), {
      'main.mjs': program,
      'swapped.mjs': source('genuine').mjs,
      'swapped.cjs': source('genuine').cjs,
    });
    for (const kind of ['genuine', 'evil']) {
      const { mjs, cjs } = source(kind);
      writeFiles(temp(), { [`${kind}-swapped.mjs`]: mjs, [`${kind}-swapped.cjs`]: cjs });
    }
    const swapping = spawn(process.execPath, ['-e', swapper], {
      cwd: app.folder,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    try {
      const run = await app.run('main.mjs');
      expect(run.status, run.stderr).to.equal(0);
      const counts = JSON.parse(run.stdout) as { genuine: number; evil: number; refused: number };
      expect(counts.evil).to.equal(0);
      expect(counts.genuine + counts.refused).to.equal(300);
      // Both happened, or nothing was raced for.
      expect(counts.genuine).to.be.greaterThan(0);
      expect(counts.refused).to.be.greaterThan(0);
    } finally {
      swapping.stdin.end();
      await new Promise((done) => swapping.once('exit', done));
    }
  });

  it('loads a signed native addon from a copy of the checked bytes', async function () {
    const found = nativeAddon();
    if (!found) {
      console.log('      skipped: no native addon is installed to try with');
      this.skip();
    }
    const program = (name: string) => `
      const addon = require('./${name}');
      const libraries = process.report.getReport().sharedObjects.filter((f) => f.endsWith('${name}'));
      console.log(typeof addon, libraries.length, libraries.some((f) => f.startsWith(__dirname)));`;
    const folder = join(temp(), 'app');
    writeFiles(folder, { 'signed.cjs': program('signed.node'), 'added.cjs': program('added.node') });
    cpSync(found as string, join(folder, 'signed.node'));
    const app = await SignedApp.make(temp(), {});
    expect((await app.run('signed.cjs')).stdout).to.equal('object 1 false\n');
    const added = await app.runLate('added.cjs', [['copyFile', 'signed.node', 'added.node']]);
    expect(added.refusals.map((r) => r.code)).to.deep.equal(['ERR_GUARD_NATIVE_UNSIGNED']);
    expect(added.stdout).to.equal('');
  });
});

/** The addon of the database that the embedded CA uses; every platform has its own package. */
function nativeAddon(): string | undefined {
  const require = createRequire(import.meta.url);
  for (const abi of ['linux-x64-gnu', 'linux-x64-musl', 'linux-arm64-gnu', 'darwin-arm64', 'darwin-x64']) {
    try {
      const file = require.resolve(`@libsql/${abi}`);
      if (existsSync(file)) return file;
    } catch {
      // Another platform's.
    }
  }
  return undefined;
}
