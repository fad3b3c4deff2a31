'use strict';
// Runs a few commands in one process and keeps the code that V8 compiled for them. Called by build.mjs.
const { spawnSync } = require('node:child_process');
const { mkdtempSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Writable } = require('node:stream');

const bin = join(__dirname, '..', 'dist', 'bin');
const { cacheOf, load } = require(join(bin, 'modelseal.cjs'));

/** Prepares in processes of their own, so that the code which only they need stays out of the cache. */
function prepare(...args) {
  const run = spawnSync(process.execPath, [join(bin, 'modelseal.cjs'), ...args], {
    encoding: 'utf8',
    env: {},
  });
  if (run.status !== 0) throw new Error(`${args.join(' ')} ended with ${run.status}: ${run.stderr}`);
}

async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'modelseal-warm-'));
  try {
    const at = (name) => join(folder, name);
    mkdirSync(at('model'));
    writeFileSync(at('model/weights.bin'), 'weights');
    const home = ['--home', at('ca'), '--no-passphrase'];
    prepare('ca', 'init', ...home, '--key-type', 'ec-p256');
    prepare('ca', 'issue', ...home, '--name', 'dev', '--email', 'dev@example.org', '--out', at('dev'));
    const key = ['--private-key', at('dev/key.pem')];
    prepare('sign', at('model'), ...key, '--signing-certificate', at('dev/chain.pem'));
    const silent = () => new Writable({ write: (_chunk, _encoding, done) => done() });
    const verify = ['verify', at('model'), '--trust-root', at('ca/root.pem')];
    for (const [name, words] of [
      ['verify', verify],
      ['main', ['inspect', at('model/model.sig')]],
    ]) {
      const { script, main } = load(name);
      const code = await main(words, { stdout: silent(), stderr: silent() }, {});
      if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}`);
      writeFileSync(cacheOf(name), script.createCachedData());
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

run().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
