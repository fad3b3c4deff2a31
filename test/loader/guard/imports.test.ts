import { mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { GuardedRun } from '../../../loader/guard/run.js';
import { codes, type Step, SignedApp, writeFiles } from '../../support/guard.js';
import { useTemp } from '../../support/temp.js';

/** What the program printed, and that nothing was refused. */
function accepted(run: GuardedRun, output: string): void {
  expect(codes(run), run.stderr).to.deep.equal([]);
  expect(run.stdout.trim()).to.equal(output);
  expect(run.status).to.equal(0);
}

/** Refused with this code alone, and without a line of the program's output. */
function refused(run: GuardedRun, code: string): void {
  expect([...new Set(codes(run))], run.stderr).to.deep.equal([code]);
  expect(run.stdout).to.equal('');
  expect(run.status).to.equal(1);
}

const FILES = {
  'package.json': '{"name": "app", "type": "module", "imports": {"#own": "./lib/own.js"}}',
  'lib/own.js': 'export const own = "own";',
  'lib/data.json': '{"value": 42}',
  'lib/plain.cjs': 'module.exports = require("./deeper.cjs") + "!";',
  'lib/deeper.cjs': 'module.exports = "deep";',
  'node_modules/dep/package.json': '{"name": "dep", "main": "main.js"}',
  'node_modules/dep/main.js': 'exports.dep = "dep";',
  'node_modules/dep/other.js': 'exports.dep = "other";',
  'esm.js': 'import { own } from "#own"; import { dep } from "dep"; console.log(own, dep);',
  'cjs.cjs': 'console.log(require("./lib/plain.cjs"), require("dep").dep, require("./lib/data.json").value);',
  'create.js':
    'import { createRequire } from "node:module"; console.log(createRequire(import.meta.url)("./lib/plain.cjs"));',
  'dynamic.js': 'const { own } = await import("./lib/own.js"); console.log(own);',
  'json.js': 'import data from "./lib/data.json" with { type: "json" }; console.log(data.value);',
  'mixed.js': 'import value from "./lib/plain.cjs"; console.log(value);',
  'untyped/package.json': '{}',
  'untyped/module.js': 'import "node:fs"; export default 1; console.log("module");',
  'untyped/script.js': 'console.log(typeof require);',
};

describe('guard: imports', function () {
  this.timeout(60_000);
  const temp = useTemp();
  let app: SignedApp;
  beforeEach(async () => {
    app = await SignedApp.make(temp(), FILES);
  });

  for (const [file, output] of [
    ['esm.js', 'own dep'],
    ['cjs.cjs', 'deep! dep 42'],
    ['create.js', 'deep!'],
    ['dynamic.js', 'own'],
    ['json.js', '42'],
    ['mixed.js', 'deep!'],
    ['untyped/module.js', 'module'],
    ['untyped/script.js', 'function'],
  ] as const) {
    it(`runs signed code: ${file}`, async () => {
      accepted(await app.run(file), output);
    });
  }

  for (const [file, changed] of [
    ['esm.js', 'lib/own.js'],
    ['esm.js', 'node_modules/dep/main.js'],
    ['esm.js', 'esm.js'],
    ['cjs.cjs', 'lib/deeper.cjs'],
    ['cjs.cjs', 'lib/data.json'],
    ['create.js', 'lib/deeper.cjs'],
    ['dynamic.js', 'lib/own.js'],
    ['json.js', 'lib/data.json'],
    ['mixed.js', 'lib/plain.cjs'],
  ] as const) {
    it(`refuses ${file} when ${changed} was changed`, async () => {
      writeFileSync(app.path(changed), changed.endsWith('.json') ? '{"value": 43}' : 'console.log("evil");');
      refused(await app.run(file), 'ERR_GUARD_MODULE_CHANGED');
    });
  }

  it('refuses a folder that is not as it was signed before anything runs', async () => {
    accepted(await app.run('esm.js'), 'own dep');
    writeFiles(app.folder, { 'added.js': 'console.log("evil");' });
    refused(await app.run('esm.js'), 'ERR_FILE_UNSIGNED');
    unlinkSync(app.path('added.js'));
    renameSync(app.path('untyped/script.js'), join(temp(), 'script.js'));
    refused(await app.run('esm.js'), 'ERR_FILE_MISSING');
    mkdirSync(app.path('untyped/script.js'));
    refused(await app.run('esm.js'), 'ERR_FILE_MISSING');
  });

  it('refuses a file that was added later', async () => {
    refused(
      await app.runLate('added.js', [['writeFile', 'added.js', 'console.log("evil");']]),
      'ERR_GUARD_MODULE_UNSIGNED',
    );
  });

  it('refuses a program outside the signed folder', async () => {
    writeFiles(temp(), { 'outside.mjs': 'console.log("evil");' });
    refused(await app.run('../outside.mjs'), 'ERR_GUARD_MODULE_UNSIGNED');
  });

  it('refuses a package from a folder above the signed one', async () => {
    refused(
      await app.runLate('esm.js', [['rename', 'node_modules', '../node_modules']]),
      'ERR_GUARD_MODULE_UNSIGNED',
    );
    renameSync(join(temp(), 'node_modules'), app.path('node_modules'));
    writeFiles(temp(), { 'node_modules/stray/index.js': 'console.log("evil");' });
    writeFiles(app.folder, { 'x.cjs': 'require("stray");' });
    await app.publisher.sign(app.folder, { overwrite: true });
    refused(await app.run('x.cjs'), 'ERR_GUARD_MODULE_UNSIGNED');
  });

  it('refuses a module that a symbolic link replaced', async () => {
    writeFiles(temp(), { 'own.js': FILES['lib/own.js'] });
    refused(
      await app.runLate('dynamic.js', [
        ['unlink', 'lib/own.js'],
        ['symlink', '../../own.js', 'lib/own.js'],
      ]),
      'ERR_GUARD_MODULE_UNSIGNED',
    );
  });

  it('refuses a module that is gone', async () => {
    renameSync(app.path('lib/own.js'), app.path('lib/moved.js'));
    mkdirSync(app.path('lib/own.js'));
    const run = await app.run('dynamic.js');
    expect(run.stdout).to.equal('');
    expect(run.status).to.equal(1);
  });

  it('refuses package.json files that steer imports elsewhere', async () => {
    const main = 'node_modules/dep/package.json';
    for (const program of ['esm.js', 'cjs.cjs'])
      refused(
        await app.runLate(program, [['writeFile', main, '{"name": "dep", "main": "other.js"}']]),
        'ERR_GUARD_PACKAGE_JSON',
      );
    writeFileSync(app.path(main), FILES[main]);
    refused(
      await app.runLate('dynamic.js', [['writeFile', 'lib/package.json', '{"type": "commonjs"}']]),
      'ERR_GUARD_PACKAGE_JSON',
    );
  });

  it('checks a file again when it is imported later', async () => {
    const evil: Step = ['writeFile', 'lib/own.js', 'console.log("evil"); export const own = 2;'];
    accepted(await app.runLate('dynamic.js', [['mkdir', 'unrelated']]), 'own');
    refused(await app.runLate('dynamic.js', [evil]), 'ERR_GUARD_MODULE_CHANGED');
  });

  it('serves code from several signed folders, each under its own manifest', async () => {
    const models = join(temp(), 'plugin');
    writeFiles(models, { 'plugin.mjs': 'console.log("plugin");' });
    await app.publisher.sign(models);
    writeFiles(app.folder, { 'uses.js': 'await import("../plugin/plugin.mjs");' });
    await app.publisher.sign(app.folder, { overwrite: true });
    accepted(await app.run('uses.js', { signed: [{ folder: app.folder }, { folder: models }] }), 'plugin');
    refused(await app.run('uses.js'), 'ERR_GUARD_MODULE_UNSIGNED');
  });
});

describe('guard: start', function () {
  this.timeout(60_000);
  const temp = useTemp();
  const program = { 'main.mjs': 'console.log("ran");' };

  it('starts nothing when the signature does not verify', async () => {
    const app = await SignedApp.make(temp(), program);
    accepted(await app.run('main.mjs'), 'ran');
    const file = app.path('model.sig');
    const bundle = readFileSync(file, 'utf8');
    const { dsseEnvelope } = JSON.parse(bundle) as { dsseEnvelope: { payload: string } };
    const payload = Buffer.from(dsseEnvelope.payload, 'base64').toString();
    const forged = Buffer.from(payload.replace('main.mjs', 'evil.mjs')).toString('base64');
    expect(forged).not.to.equal(dsseEnvelope.payload);
    writeFileSync(file, bundle.replace(dsseEnvelope.payload, forged));
    refused(await app.run('main.mjs'), 'ERR_SIGNATURE_INVALID');
    unlinkSync(file);
    const run = await app.run('main.mjs');
    expect(codes(run)).to.deep.equal(['ERR_SIGNATURE_MISSING']);
    expect(run).to.include({ status: 3, stdout: '' });
  });

  it('wants a manifest of whole files with SHA-256', async () => {
    const app = await SignedApp.make(temp(), program);
    await app.publisher.sign(app.folder, { overwrite: true, hash: 'blake2b' });
    refused(await app.run('main.mjs'), 'ERR_GUARD_MANIFEST');
    await app.publisher.sign(app.folder, { overwrite: true, method: 'shards', shardSize: 1000 });
    refused(await app.run('main.mjs'), 'ERR_GUARD_MANIFEST');
    await app.publisher.sign(app.folder, { overwrite: true });
    accepted(await app.run('main.mjs'), 'ran');
  });

  it('accepts only the signer that was named', async () => {
    const app = await SignedApp.make(temp(), program);
    refused(await app.run('main.mjs', { identity: 'mallory@example.com' }), 'ERR_SIGNER_NOT_ACCEPTED');
  });
});
