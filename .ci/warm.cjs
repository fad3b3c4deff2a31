'use strict';
// Runs a few commands in one process and keeps the code that V8 compiled for them. Called by build.mjs.
const { mkdtempSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Writable } = require('node:stream');

const bin = join(__dirname, '..', 'dist', 'bin');
const { load } = require(join(bin, 'modelseal.cjs'));

const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });

async function run() {
  const { script, main } = load();
  const folder = mkdtempSync(join(tmpdir(), 'modelseal-warm-'));
  try {
    const at = (name) => join(folder, name);
    mkdirSync(at('model'));
    writeFileSync(at('model/weights.bin'), 'weights');
    const steps = [
      ['--help'],
      ['ca', 'init', '--home', at('ca'), '--no-passphrase', '--key-type', 'ec-p256'],
      [
        'ca',
        'issue',
        '--home',
        at('ca'),
        '--no-passphrase',
        '--name',
        'dev',
        '--email',
        'dev@example.org',
        '--out',
        at('dev'),
      ],
      ['sign', at('model'), '--private-key', at('dev/key.pem'), '--signing-certificate', at('dev/chain.pem')],
      ['verify', at('model'), '--trust-root', at('ca/root.pem')],
    ];
    for (const step of steps) {
      const errors = [];
      const stderr = new Writable({
        write(chunk, _encoding, done) {
          errors.push(chunk);
          done();
        },
      });
      const code = await main(step, { stdout: sink(), stderr }, {});
      if (code !== 0) throw new Error(`${step.join(' ')} ended with ${code}: ${Buffer.concat(errors)}`);
    }
    writeFileSync(join(bin, `main-${process.versions.v8}-${process.arch}.cache`), script.createCachedData());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

run().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
