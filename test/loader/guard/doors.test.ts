import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codes, SignedApp } from '../../support/guard.js';
import { useTemp } from '../../support/temp.js';

/** Ways around the module loader: what is tried, and the code that must stop it. `ok` marks the allowed twins. */
const ESM_DOORS: readonly (readonly [tried: string, outcome: string])[] = [
  ['import("node:child_process")', 'ERR_GUARD_CHILD_PROCESS'],
  ['import("cluster")', 'ERR_GUARD_CHILD_PROCESS'],
  ['import("node:vm")', 'ERR_GUARD_VM'],
  ['import("repl")', 'ERR_GUARD_VM'],
  ['import("node:inspector")', 'ERR_GUARD_INSPECTOR'],
  ['import("inspector/promises")', 'ERR_GUARD_INSPECTOR'],
  ['import("node:wasi")', 'ERR_GUARD_WASI'],
  ['import("node:test")', 'ERR_GUARD_BUILTIN'],
  ['import("trace_events")', 'ERR_GUARD_BUILTIN'],
  ['import("node:fs")', 'ok'],
  ['import("http")', 'ok'],
  ['process.getBuiltinModule("child_process")', 'ERR_GUARD_CHILD_PROCESS'],
  ['process.getBuiltinModule("fs")', 'ok'],
  ['process.binding("spawn_sync")', 'ERR_GUARD_BINDING'],
  ['process._linkedBinding("x")', 'ERR_GUARD_BINDING'],
  ['process._debugProcess(process.pid)', 'ERR_GUARD_INSPECTOR'],
  ['import("data:text/javascript,0")', 'ERR_GUARD_URL'],
  ['import("blob:nodedata:0")', 'ERR_GUARD_URL'],
  ['import("http://localhost/x.js")', 'ERR_GUARD_URL'],
  ['import("./lib.mjs")', 'ok'],
  ['import("./lib.mjs?again")', 'ok'],
  ['eval("1")', 'ERR_GUARD_EVAL'],
  ['(0, eval)("1")', 'ERR_GUARD_EVAL'],
  ['eval(\'"text"\') === "text" ? 0 : undefined.x', 'ok'],
  ['eval(\'"text" + run()\')', 'ERR_GUARD_EVAL'],
  ['new Function("return 1")', 'ERR_GUARD_EVAL'],
  ['Function("return 1")', 'ERR_GUARD_EVAL'],
  ['(() => {}).constructor("return 1")', 'ERR_GUARD_EVAL'],
  ['(async () => {}).constructor("return 1")', 'ERR_GUARD_EVAL'],
  ['(function* () {}).constructor("return 1")', 'ERR_GUARD_EVAL'],
  ['(async function* () {}).constructor("return 1")', 'ERR_GUARD_EVAL'],
  ['Object.getPrototypeOf((async () => {}).constructor)("return 1")', 'ERR_GUARD_EVAL'],
  ['new (class extends Function {})("return 1")', 'ERR_GUARD_EVAL'],
  ['Reflect.construct(Function, ["return 1"])', 'ERR_GUARD_EVAL'],
  ['(() => 1) instanceof Function', 'ok'],
  ['WebAssembly.compile(EMPTY)', 'ERR_GUARD_WASM'],
  ['WebAssembly.instantiate(EMPTY)', 'ERR_GUARD_WASM'],
  ['new WebAssembly.Module(EMPTY)', 'ERR_GUARD_WASM'],
  ['WebAssembly.compileStreaming(new Response(EMPTY))', 'ERR_GUARD_WASM'],
  ['WebAssembly.compile(SIGNED)', 'ok'],
  ['WebAssembly.instantiate(new WebAssembly.Module(SIGNED))', 'ok'],
  ['new (new WebAssembly.Module(SIGNED).constructor)(EMPTY)', 'ERR_GUARD_WASM'],
  ['import("node:module").then((m) => m.register("data:text/javascript,"))', 'ERR_GUARD_LOADER_HOOK'],
  ['import("node:module").then((m) => m.default.register("data:text/javascript,"))', 'ERR_GUARD_LOADER_HOOK'],
  ['import("node:v8").then((v) => v.setFlagsFromString("--allow-natives-syntax"))', 'ERR_GUARD_V8_FLAGS'],
  ['import("node:crypto").then((c) => c.setEngine("x"))', 'ERR_GUARD_NATIVE_ENGINE'],
  ['new Worker("1", { eval: true })', 'ERR_GUARD_WORKER_EVAL'],
  ['new Worker(new URL("data:text/javascript,1"))', 'ERR_GUARD_URL'],
  ['new Worker(OUTSIDE)', 'ERR_GUARD_MODULE_UNSIGNED'],
  ['new Worker(WORKER, { execArgv: ["--no-warnings"] })', 'ERR_GUARD_WORKER_OPTION'],
  ['new Worker(WORKER, { env: { NODE_OPTIONS: "--require /x" } })', 'ERR_GUARD_WORKER_OPTION'],
  ['new (Worker.prototype.constructor)("1", { eval: true })', 'ERR_GUARD_WORKER_EVAL'],
  ['inWorker(WORKER, {})', 'ok'],
  ['(process.env.NODE_OPTIONS = "--require /x", inWorker(WORKER, {}))', 'ok'],
  [
    'import("node:worker_threads").then((w) => new Worker(WORKER, { env: w.SHARE_ENV }))',
    'ERR_GUARD_WORKER_OPTION',
  ],
  ['inWorker(WORKER, { env: {}, execArgv: [] })', 'ok'],
];

const CJS_DOORS: readonly (readonly [tried: string, outcome: string])[] = [
  ['require("child_process")', 'ERR_GUARD_CHILD_PROCESS'],
  ['require("node:vm")', 'ERR_GUARD_VM'],
  ['require("fs")', 'ok'],
  ['module.constructor._load("child_process")', 'ERR_GUARD_CHILD_PROCESS'],
  ['module.constructor.createRequire(__filename)("child_process")', 'ERR_GUARD_CHILD_PROCESS'],
  ['module.constructor.createRequire(OUTSIDE)(OUTSIDE)', 'ERR_GUARD_MODULE_UNSIGNED'],
  ['require("./lib.cjs")', 'ok'],
  ['require("./lib.mjs")', 'ERR_GUARD_REQUIRE_ESM'],
  ['new module.constructor("x")._compile("1", "x.js")', 'ERR_GUARD_COMPILE'],
  ['new module.constructor("x").load(OUTSIDE)', 'ERR_GUARD_MODULE_UNSIGNED'],
  [
    'module.constructor._extensions[".js"](new module.constructor("x"), OUTSIDE)',
    'ERR_GUARD_MODULE_UNSIGNED',
  ],
  ['require.extensions[".ts"] = () => {}', 'ERR_GUARD_LOADER_HOOK'],
  ['delete require.extensions[".js"]', 'ERR_GUARD_LOADER_HOOK'],
  ['require("./unsigned.node")', 'ERR_GUARD_NATIVE_UNSIGNED'],
  ['process.dlopen({ exports: {} }, OUTSIDE)', 'ERR_GUARD_NATIVE_UNSIGNED'],
  // Signed but no library: the guard lets it through, and the system says what it thinks of it.
  ['require("./signed.node")', 'ERR_DLOPEN_FAILED'],
  ['process.dlopen({ exports: {} }, require.resolve("./signed.node"))', 'ERR_DLOPEN_FAILED'],
  ['require("./changed.node")', 'ERR_GUARD_MODULE_CHANGED'],
  // From here on every compilation is refused, so this stands last.
  ['(module.constructor.wrapper[0] += "more();", require("./other.cjs"))', 'ERR_GUARD_LOADER_HOOK'],
];

const EMPTY_WASM = 'Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)';
/** The same with an empty custom section, so that it is another file. */
const SIGNED_WASM = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 0, 2, 1, 120);

const probes = (doors: readonly (readonly [string, string])[]): string =>
  `const outcomes = {};
   const doors = {${doors.map(([tried]) => `${JSON.stringify(tried)}: () => ${tried}`).join(',\n')}};
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
    ${probes(ESM_DOORS)}`,
  'cjs.cjs': `const OUTSIDE = ${JSON.stringify(outside)};
    require('fs').writeFileSync(__dirname + '/unsigned.node', 'no library');\n(async () => { ${probes(CJS_DOORS)} })();`,
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
    ['esm.mjs', ESM_DOORS],
    ['cjs.cjs', CJS_DOORS],
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
