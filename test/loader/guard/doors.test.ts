import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Door, doorsOf, GUARD_DOORS } from '../../corpora/guard-doors.js';
import { codes, SignedApp } from '../../support/guard.js';
import { useTemp } from '../../support/temp.js';

const EMPTY_WASM = 'Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)';
/** The same with an empty custom section, so that it is another file. */
const SIGNED_WASM = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 0, 2, 1, 120);

const probes = (doors: readonly Door[]): string =>
  `const outcomes = {};
   const doors = ${doorsOf(doors)};
   for (const [tried, open] of Object.entries(doors)) {
     try { await open(); outcomes[tried] = 'ok'; } catch (error) { outcomes[tried] = error.code ?? String(error); }
   }
   console.log(JSON.stringify(outcomes)); process.exit(0);`;

const app = (outside: string): Record<string, string | Uint8Array> => ({
  'lib.mjs': 'export default 1;',
  'lib.cjs': 'module.exports = 1;',
  'other.cjs': 'module.exports = 1;',
  'worker.mjs': `
    import { parentPort } from 'node:worker_threads';
    const codes = [];
    for (const open of [() => import('child_process'), () => import(${JSON.stringify(outside)}), () => eval('1')])
      try { await open(); codes.push('ok'); } catch (error) { codes.push(error.code); }
    parentPort.postMessage(codes.join());`,
  'signed.wasm': SIGNED_WASM,
  'signed.node': 'no library',
  'changed.node': 'no library',
  'esm.mjs': `
    import { readFileSync } from 'node:fs';
    import { Worker } from 'node:worker_threads';
    const EMPTY = ${EMPTY_WASM}, OUTSIDE = ${JSON.stringify(outside)};
    const SIGNED = readFileSync(new URL('./signed.wasm', import.meta.url));
    const WORKER = new URL('./worker.mjs', import.meta.url);
    const inWorker = (file, options) => new Promise((done, fail) => {
      const expected = 'ERR_GUARD_CHILD_PROCESS,ERR_GUARD_MODULE_UNSIGNED,ERR_GUARD_EVAL';
      const worker = new Worker(file, options);
      worker.once('error', fail);
      worker.once('message', (codes) => codes === expected ? done() : fail(new Error(codes)));
    });
    ${probes(GUARD_DOORS.esm)}`,
  'cjs.cjs': `const OUTSIDE = ${JSON.stringify(outside)};
    require('fs').writeFileSync(__dirname + '/unsigned.node', 'no library');\n(async () => { ${probes(GUARD_DOORS.cjs)} })();`,
  'eval.mjs': 'console.log(eval("40 + 2"), new Function("return 1")());',
  'wasm.mjs': `await WebAssembly.compile(${EMPTY_WASM}); console.log('compiled');`,
  'static.mjs': 'console.log("evil"); import "node:child_process";',
  'caught.mjs': 'try { await import("node:child_process"); } catch {} console.log("went on");',
  'failing.mjs': 'process.exit(7);',
});

describe('guard: doors', function () {
  this.timeout(60_000);
  const temp = useTemp();
  let signed: SignedApp;
  beforeEach(async () => {
    const outside = join(temp(), 'outside.cjs');
    writeFileSync(outside, 'console.log("evil");');
    signed = await SignedApp.make(temp(), app(outside));
    writeFileSync(signed.path('changed.node'), 'another');
  });

  for (const [file, doors] of [
    ['esm.mjs', GUARD_DOORS.esm],
    ['cjs.cjs', GUARD_DOORS.cjs],
  ] as const) {
    it(`closes every door of ${file}, and only these`, async () => {
      const run = await signed.run(file);
      expect(run.status, run.stderr).to.equal(0);
      expect(JSON.parse(run.stdout)).to.deep.equal(Object.fromEntries(doors));
      expect(run.stdout).not.to.include('evil');
      // A program cannot hide a refusal by catching it.
      const expected = doors.map(([, outcome]) => outcome).filter((o) => o.startsWith('ERR_GUARD'));
      expect(codes(run)).to.include.members([...new Set(expected)]);
    });
  }

  it('stops before the first line of a program that imports what is refused', async () => {
    const run = await signed.run('static.mjs');
    expect(codes(run)).to.deep.equal(['ERR_GUARD_CHILD_PROCESS']);
    expect(run).to.include({ stdout: '', status: 1 });
  });

  it('tells of a refusal that the program caught', async () => {
    const run = await signed.run('caught.mjs');
    expect(run).to.include({ stdout: 'went on\n', status: 0 });
    expect(codes(run)).to.deep.equal(['ERR_GUARD_CHILD_PROCESS']);
  });

  it('lets run-time code and embedded WebAssembly through on request only', async () => {
    expect(codes(await signed.run('eval.mjs'))).to.deep.equal(['ERR_GUARD_EVAL']);
    expect((await signed.run('eval.mjs', { allowEval: true })).stdout).to.equal('42 1\n');
    expect(codes(await signed.run('wasm.mjs'))).to.deep.equal(['ERR_GUARD_WASM']);
    expect((await signed.run('wasm.mjs', { allowEmbeddedWasm: true })).stdout).to.equal('compiled\n');
  });

  it('passes the exit code of the program on', async () => {
    expect((await signed.run('failing.mjs')).status).to.equal(7);
  });
});
