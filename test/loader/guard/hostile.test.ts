import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codes, SignedApp } from '../../support/guard.js';
import { useTemp } from '../../support/temp.js';

/**
 * What signed code of one publisher may do to the language and to Node's modules, so that the guard no longer stops what
 * is not signed. Each is done, every door is tried, and it is undone.
 */
const ATTACKS: readonly string[] = [
  'crypto.createHash = () => ({ update() { return this; }, digest: () => SIGNED }); sync()',
  'crypto.hash = () => SIGNED; sync()',
  'Object.getPrototypeOf(crypto.createHash("sha256")).digest = () => SIGNED',
  'Object.getPrototypeOf(crypto.createHash("sha256")).update = function () { return this; }',
  'for (const name of ["openSync", "fstatSync", "readSync", "closeSync", "readFileSync"]) fs[name] = () => 1; sync()',
  'fs.realpathSync = () => SIGNED_FILE; sync()',
  'path.relative = path.resolve = path.join = path.normalize = () => SIGNED_FILE; sync()',
  'path.dirname = () => APP; path.extname = () => ".node"; path.isAbsolute = () => false; sync()',
  'url.fileURLToPath = () => SIGNED_FILE; sync()',
  'util.types.isUint8Array = util.types.isAnyArrayBuffer = () => false; sync()',
  'Object.hasOwn = () => true',
  'Object.keys = Object.values = Object.entries = () => []',
  'Object.assign = Object.create = Object.freeze = (x) => x',
  'Object.defineProperty = (x) => x',
  'Object.getOwnPropertyDescriptor = () => undefined',
  'String.prototype.startsWith = String.prototype.endsWith = String.prototype.includes = () => true',
  'String.prototype.startsWith = () => false',
  'String.prototype.includes = () => false',
  'String.prototype.slice = String.prototype.replace = String.prototype.replaceAll = () => "signed.cjs"',
  'String.prototype.split = () => []; String.prototype.lastIndexOf = () => -1',
  'RegExp.prototype.exec = () => null; RegExp.prototype.test = () => true',
  'RegExp.prototype.test = () => false',
  'RegExp.prototype[Symbol.replace] = () => "fs"',
  'Array.prototype[Symbol.iterator] = function* () {}',
  'Array.prototype.find = Array.prototype.filter = Array.prototype.some = function () { return this[0]; }',
  'Array.prototype.flatMap = Array.prototype.map = Array.prototype.sort = () => []',
  'Array.prototype.some = () => true; Array.prototype.every = () => true',
  'Array.prototype.includes = () => true',
  'Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true })',
  'Set.prototype.has = () => true',
  'Map.prototype.get = () => SIGNED; Map.prototype.has = () => true',
  'WeakMap.prototype.get = () => "globalThis.evil = true"',
  'WeakSet.prototype.has = () => true',
  'Function.prototype.call = Function.prototype.apply = () => "/"',
  'Reflect.apply = () => SIGNED; Reflect.construct = () => ({})',
  'JSON.parse = () => ({ type: "commonjs", name: "onnxruntime-web" })',
  'JSON.stringify = () => ""',
  'TextDecoder.prototype.decode = () => "globalThis.evil = true"',
  'Buffer.alloc = Buffer.from = () => SIGNED_BYTES',
  'Buffer.prototype.toString = Buffer.prototype.utf8Slice = () => "globalThis.evil = true"',
  'Buffer.prototype.subarray = () => SIGNED_BYTES',
  'Uint8Array.from = () => SIGNED_BYTES; Uint8Array.prototype.map = () => SIGNED_BYTES',
  'Object.getPrototypeOf(Uint8Array.prototype).set = () => {}',
  'Object.getPrototypeOf(Uint8Array.prototype).subarray = () => SIGNED_BYTES',
  'globalThis.Buffer = globalThis.Uint8Array = globalThis.TextDecoder = class {}',
  'globalThis.Object = globalThis.Reflect = globalThis.JSON = globalThis.Set = {}',
  'for (const name of ["get", "value", "digest", "use", "files", "0"]) Object.defineProperty(Object.prototype, name, ' +
    '{ __proto__: null, configurable: true, get: () => SIGNED, set() {} })',
  'Object.prototype.toJSON = () => ({})',
  'delete Array.prototype.find; Array.prototype.seek = 1',
  'Array.prototype.filter = 1; delete String.prototype.startsWith',
  'process.cwd = () => APP; process._kill = process.kill = () => true',
  'Error.prepareStackTrace = () => "x"; Error.captureStackTrace = () => {}',
];

const DOORS: readonly string[] = [
  'require(OUTSIDE)',
  'require(ADDED)',
  'require(CHANGED)',
  'import("file://" + OUTSIDE + "?" + turn)',
  'require("child_process")',
  'process.getBuiltinModule?.("vm") ?? missing()',
  'WebAssembly.compile(EMPTY)',
  'new WebAssembly.Module(EMPTY)',
  'new Worker(OUTSIDE)',
  'open.readFileSync(DATA)',
  'open.openSync(DATA)',
  'new Function("globalThis.evil = true")()',
  'process.dlopen({ exports: {} }, OUTSIDE)',
];

describe('guard: hostile signed code', function () {
  this.timeout(120_000);
  const temp = useTemp();
  const files = (main: string): Record<string, string> => ({
    'signed.cjs': 'exports.signed = true;',
    'changed.cjs': 'exports.changed = true;',
    'data.json': '[]',
    'main.cjs': `
      const crypto = require('node:crypto'), fs = require('node:fs'), path = require('node:path');
      const url = require('node:url'), util = require('node:util'), wt = require('node:worker_threads');
      const { Worker } = wt, { pathToFileURL } = url;
      ${main}`,
  });
  const start = async (main: string, where = '.'): Promise<SignedApp> => {
    const app = await SignedApp.make(join(temp(), where), files(main));
    writeFileSync(join(temp(), 'outside.cjs'), 'globalThis.evil = true;');
    return app;
  };

  it('opens no door by changing the language or the modules of Node', async () => {
    const app = await start(`
      const sync = require('node:module').syncBuiltinESMExports;
      const APP = __dirname, SIGNED_FILE = APP + '/signed.cjs', ADDED = APP + '/added.cjs';
      const OUTSIDE = path.join(APP, '..', 'outside.cjs'), CHANGED = APP + '/changed.cjs', DATA = APP + '/data.json';
      const SIGNED_BYTES = fs.readFileSync(SIGNED_FILE);
      const SIGNED = crypto.createHash('sha256').update(SIGNED_BYTES).digest('hex');
      const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
      fs.writeFileSync(ADDED, 'globalThis.evil = true');
      fs.writeFileSync(CHANGED, 'globalThis.evil = true');
      fs.writeFileSync(DATA, '["evil"]');
      const open = { readFileSync: fs.readFileSync, openSync: fs.openSync };
      const missing = () => { throw new Error('absent'); };
      const log = console.log, exit = process.exit, stringify = JSON.stringify;
      process.on('unhandledRejection', () => {}).on('uncaughtException', () => {});
      // Everything is kept first, so that it can be undone when nothing works any more.
      const hash = Object.getPrototypeOf(crypto.createHash('sha256'));
      const targets = [globalThis, Object, Object.prototype, String.prototype, RegExp.prototype, Array.prototype,
        Object.getPrototypeOf([][Symbol.iterator]()), Set.prototype, Map.prototype, WeakMap.prototype, WeakSet.prototype,
        Function.prototype, Reflect, JSON, TextDecoder.prototype, Buffer, Buffer.prototype, Uint8Array, Uint8Array.prototype,
        Object.getPrototypeOf(Uint8Array.prototype), Error, process, crypto, fs, path, url, util.types, hash];
      const keep = targets.map((t) => { const own = {}; for (const k of Reflect.ownKeys(t)) own[k] = Object.setPrototypeOf(Reflect.getOwnPropertyDescriptor(t, k), null); return [t, own]; });
      const { defineProperty: define, ownKeys, deleteProperty: remove, getOwnPropertyDescriptor: own } = Reflect;
      const OwnBuffer = Buffer;
      const undo = () => {
        globalThis.Buffer = OwnBuffer;
        for (let i = 0; i < keep.length; i++) {
          const t = keep[i][0], was = keep[i][1], now = ownKeys(t), names = ownKeys(was);
          for (let n = 0; n < now.length; n++) if (own(was, now[n]) === undefined) remove(t, now[n]);
          for (let n = 0; n < names.length; n++) {
            const is = own(t, names[n]);
            if (is === undefined || is.value !== was[names[n]].value || is.get !== was[names[n]].get) define(t, names[n], was[names[n]]);
          }
        }
        sync();
      };
      let turn = 0;
      const attacks = [${ATTACKS.map((a) => `[${JSON.stringify(a)}, () => { ${a} }]`).join(',\n')}];
      const doors = [${DOORS.map((d) => `[${JSON.stringify(d)}, () => ${d}]`).join(',\n')}];
      const opened = [];
      (async () => {
        const then = Promise.prototype.then;
        for (let a = -1; a < attacks.length; a++) {
          for (let d = 0; d < doors.length; d++) {
            turn++;
            let got;
            try { if (a >= 0) attacks[a][1](); } catch {}
            let outcome = 'open';
            try { got = doors[d][1](); } catch { outcome = 'closed'; }
            undo();
            try { if (outcome === 'open') got = await got; } catch { outcome = 'closed'; }
            if (got instanceof Worker) { got.on('error', () => {}); }
            if (outcome === 'open' || globalThis.evil) opened.push([a < 0 ? 'nothing' : attacks[a][0], doors[d][0], !!globalThis.evil]);
            delete globalThis.evil;
          }
        }
        const ok = typeof require(SIGNED_FILE).signed;
        log(stringify({ opened, ok, turn }));
        exit(0);
      })();`);
    const run = await app.run('main.cjs');
    expect(run.status, run.stderr).to.equal(0);
    const { opened, ok, turn } = JSON.parse(run.stdout) as { opened: unknown[]; ok: string; turn: number };
    expect(opened).to.deep.equal([]);
    expect(ok).to.equal('boolean');
    expect(turn).to.equal((ATTACKS.length + 1) * DOORS.length);
  });

  it('is stopped when it changes the language for good', async () => {
    for (const [i, change] of [
      'Object.defineProperty(Array.prototype, "find", { value: () => "x", writable: false, configurable: false })',
      'Object.defineProperty(Object.prototype, "get", { get: () => "x", configurable: false })',
    ].entries()) {
      const app = await start(
        `${change};
        try { require('child_process'); } catch {}
        console.log('went on');`,
        String(i),
      );
      const run = await app.run('main.cjs');
      expect(run.stdout, change).to.equal('');
      expect(codes(run), change).to.deep.equal(['ERR_GUARD_TAMPERED']);
    }
    // Freezing what is unchanged is no attack.
    const frozen = await start(
      'Object.freeze(Array.prototype); console.log(require("./signed.cjs").signed);',
    );
    expect((await frozen.run('main.cjs')).stdout).to.equal('true\n');
  });

  it('finds neither the state nor the code of the guard', async () => {
    const app = await start(`
      const outcomes = {};
      const STATE = 'modelseal.guard.state';
      outcomes.state = String(wt.getEnvironmentData(STATE));
      try { wt.setEnvironmentData(STATE, '{}'); outcomes.set = 'ok'; } catch (error) { outcomes.set = error.code; }
      const entry = process.execArgv.find((word) => word.startsWith('file:'));
      const leaks = [];
      for (const trap of ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'])
        Object.defineProperty(Object.prototype, trap, { __proto__: null, configurable: true, value: (target) => { leaks.push(typeof target); return undefined; } });
      for (const it of [Function, Worker, WebAssembly.Module, require.extensions])
        try { it.something; 'x' in it; Object.getOwnPropertyDescriptor(it, 'x'); } catch {}
      for (const trap of ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor']) delete Object.prototype[trap];
      outcomes.leaks = leaks.length;
      (async () => {
        for (const name of ['register.js', 'hooks.js'])
          try { await import(new URL(name, entry)); outcomes[name] = 'ok'; } catch (error) { outcomes[name] = error.code; }
        console.log(JSON.stringify(outcomes));
      })();`);
    const run = await app.run('main.cjs');
    expect(JSON.parse(run.stdout), run.stderr).to.deep.equal({
      state: 'undefined',
      set: 'ERR_GUARD_WORKER_OPTION',
      leaks: 0,
      'register.js': 'ERR_GUARD_MODULE_UNSIGNED',
      'hooks.js': 'ERR_GUARD_MODULE_UNSIGNED',
    });
  });

  it('starts no worker by the native half of one, nor gives one another program', async () => {
    const app = await start(`
      const { MessagePort } = wt;
      const outcomes = {};
      const worker = new Worker(__dirname + '/waits.cjs');
      worker.on('error', () => {}).on('message', (text) => { outcomes.said = text; });
      const behind = Object.fromEntries(Object.getOwnPropertySymbols(worker).map((s) => [s.description, worker[s]]));
      const attempt = (name, work) => { try { work(); outcomes[name] = 'ok'; } catch (error) { outcomes[name] = error.code ?? String(error); } };
      attempt('native', () => new (behind.kHandle.constructor)('x', undefined, undefined, null, true));
      attempt('inherited', () => new (Object.getPrototypeOf(behind.kHandle).constructor)('x'));
      const message = { type: 'loadScript', filename: 'require("worker_threads").parentPort.postMessage("evil")', doEval: 'classic' };
      attempt('program', () => behind.kPort.postMessage(message));
      attempt('borrowed', () => MessagePort.prototype.postMessage.call(behind.kPort, message));
      let reads = 0;
      attempt('turning', () => behind.kPort.postMessage({ ...message, get type() { return ++reads > 1 ? 'loadScript' : 'stdioPayload'; } }));
      setTimeout(() => { console.log(JSON.stringify(outcomes)); process.exit(0); }, 1500);`);
    writeFileSync(app.path('waits.cjs'), 'setInterval(() => {}, 1000);');
    await app.publisher.sign(app.folder, { overwrite: true });
    const run = await app.run('main.cjs');
    const outcomes = JSON.parse(run.stdout) as Record<string, string>;
    expect(outcomes.said).to.equal(undefined);
    expect(outcomes).to.include({ program: 'ERR_GUARD_WORKER_EVAL', borrowed: 'ERR_GUARD_WORKER_EVAL' });
    for (const name of ['native', 'inherited']) expect(outcomes[name], name).not.to.equal('ok');
  });

  for (const [what, close] of [
    ['closed', 'fs.closeSync(3);'],
    ['exchanged', 'fs.closeSync(3); if (fs.openSync("/dev/null", "w") !== 3) throw new Error("not 3");'],
    [
      'closed through a socket',
      'new (require("node:net").Socket)({ fd: 3 }).destroy(); await new Promise((d) => setTimeout(d, 100));',
    ],
  ] as const) {
    it(`is stopped when the report was ${what}`, async () => {
      const app = await start(`
        (async () => {
          ${close}
          try { require('child_process'); } catch {}
          console.log('went on');
        })();`);
      const run = await app.run('main.cjs');
      expect(run.stdout).to.equal('');
      expect(run.status).not.to.equal(0);
      expect(codes(run)).to.deep.equal(['ERR_GUARD_REPORT_CLOSED']);
    });
  }

  it('is stopped by the thread of the hooks and by workers too', async () => {
    for (const [i, refused] of [
      'await import("child_process")',
      'new Worker(__filename, { argv: ["again"] })',
    ].entries()) {
      const app = await start(
        `(async () => {
          if (process.argv[2] !== 'again') fs.closeSync(3);
          else require('child_process');
          try { ${refused}; } catch {}
          setTimeout(() => console.log('went on'), 900);
        })();`,
        String(i),
      );
      const run = await app.run('main.cjs');
      expect(run.stdout, refused).to.equal('');
      expect(codes(run), refused).to.deep.equal(['ERR_GUARD_REPORT_CLOSED']);
    }
  });

  it('is stopped when it closes the report and refuses nothing', async () => {
    const app = await start('fs.closeSync(3); setTimeout(() => console.log("went on"), 20_000);');
    const run = await app.run('main.cjs');
    expect(codes(run)).to.deep.equal(['ERR_GUARD_REPORT_CLOSED']);
    expect(run.stdout).to.equal('');
  });
});
