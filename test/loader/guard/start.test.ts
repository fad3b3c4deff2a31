import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { guardEntry } from '../../../loader/guard/run.js';
import { compiledGuard, SignedApp, writeFiles } from '../../support/guard.js';
import { AT } from '../../support/pki.js';
import { useTemp } from '../../support/temp.js';

describe('guard: node --import', function () {
  this.timeout(60_000);
  const temp = useTemp();
  let app: SignedApp;
  let entry: string;
  before(async () => {
    entry = await compiledGuard();
  });
  beforeEach(async () => {
    app = await SignedApp.make(temp(), { 'main.mjs': 'console.log("ran", process.argv[2]);' });
  });

  /** Starts Node by hand, without `modelseal run` to prepare the ground. */
  function node(
    args: readonly string[],
    env: Record<string, string> = {},
    config: object | null = { revocation: 'off' },
  ): { status: number | null; stdout: string; code: string | undefined } {
    const run = spawnSync(process.execPath, [...args], {
      encoding: 'utf8',
      input: 'console.log("from stdin")',
      env: {
        PATH: process.env.PATH ?? '',
        ...(config && {
          MODELSEAL_GUARD: JSON.stringify({
            signed: [{ folder: app.folder }],
            trustRoots: [join(temp(), 'root.der')],
            at: AT.toISOString(),
            ...config,
          }),
        }),
        ...env,
      },
    });
    return {
      status: run.status,
      stdout: run.stdout,
      code: /\[(ERR_[A-Z0-9_]+)\]/.exec(run.stderr)?.[1],
    };
  }
  const refusedWith = (code: string, status = 1) => ({ status, stdout: '', code });

  it('runs a signed program with its arguments', () => {
    const run = node(['--import', entry, app.path('main.mjs'), 'x']);
    expect(run).to.deep.equal({ status: 0, stdout: 'ran x\n', code: undefined });
  });

  it('refuses to start without a configuration, or with a wrong one', () => {
    const args = ['--import', entry, app.path('main.mjs')];
    expect(node(args, {}, null)).to.deep.equal(refusedWith('ERR_GUARD_NOT_CONFIGURED', 64));
    for (const config of [{ trustRoots: [] }, { signed: [] }, { surprise: 1 }, { revocation: 'maybe' }]) {
      expect(node(args, {}, config)).to.deep.equal(refusedWith('ERR_GUARD_CONFIG', 64));
    }
    expect(node(args, { MODELSEAL_GUARD: '{' })).to.deep.equal(refusedWith('ERR_GUARD_CONFIG', 64));
  });

  it('refuses Node options that bring in code, and takes those that do not', () => {
    const main = app.path('main.mjs');
    expect(node(['--no-warnings', '--import', entry, main, 'x']).stdout).to.equal('ran x\n');
    for (const option of ['--conditions=x', '--preserve-symlinks', '--expose-internals', '--inspect=0']) {
      expect(node([option, '--import', entry, main]), option).to.include({
        status: 1,
        stdout: '',
        code: 'ERR_GUARD_NODE_OPTION',
      });
    }
    expect(node(['--import', entry, '--eval', 'console.log(1)'])).to.deep.equal(
      refusedWith('ERR_GUARD_NODE_OPTION'),
    );
    expect(node(['--import', entry])).to.deep.equal(refusedWith('ERR_GUARD_NODE_OPTION'));
    expect(node(['--import', entry, '-'])).to.deep.equal(refusedWith('ERR_GUARD_NODE_OPTION'));
    expect(node(['--import', entry, main], { NODE_OPTIONS: '--conditions=x' })).to.deep.equal(
      refusedWith('ERR_GUARD_NODE_OPTION'),
    );
    expect(node([main, 'x'], { NODE_OPTIONS: `--import ${entry}` }).stdout).to.equal('ran x\n');
  });

  it('refuses an environment that brings in libraries', () => {
    const args = ['--import', entry, app.path('main.mjs'), 'x'];
    for (const name of ['LD_LIBRARY_PATH', 'OPENSSL_MODULES', 'DYLD_INSERT_LIBRARIES']) {
      expect(node(args, { [name]: temp() }), name).to.deep.equal(refusedWith('ERR_GUARD_ENVIRONMENT'));
    }
    expect(node(args, { LANG: 'C' }).stdout).to.equal('ran x\n');
  });

  it('leaves such options and variables out when modelseal run starts the program', async () => {
    const run = await app.run(
      'main.mjs',
      {},
      {
        args: ['x'],
        env: { ...process.env, NODE_OPTIONS: '--expose-internals', LD_LIBRARY_PATH: temp() },
      },
    );
    expect(run.stdout).to.equal('ran x\n');
    expect(run.refusals).to.deep.equal([]);
  });

  it('hands no secrets of signing to the program', async () => {
    writeFileSync(
      app.path('main.mjs'),
      'console.log(Object.keys(process.env).filter((n) => /^[A-Z]+_/.test(n)).sort().join());',
    );
    await app.publisher.sign(app.folder, { overwrite: true });
    const secrets = [
      'CA_PASS',
      'DEV_PASSPHRASE',
      'MODELSEAL_WEBHOOK_SECRET',
      'MODELSEAL_WEBHOOK',
      'HOOK_WEBHOOK_SECRET',
    ];
    const ours = ['MODELSEAL_AUDIT_LOG', 'MODEL_SIGNATURE_KEY', 'MODEL_TRUSTED_PATHS'];
    const names = [...secrets, ...ours, 'LC_ALL', 'DB_PASS', 'COM_PASSED'];
    const env = Object.fromEntries(names.map((name) => [name, 'x']));
    const run = await app.run('main.mjs', {}, { env, passEnv: ['DB_PASS'] });
    expect(run.stdout).to.equal('COM_PASSED,DB_PASS,LC_ALL,MODELSEAL_GUARD\n');
  });

  it('says nothing false of an application of many files', async function () {
    // The thread that is not to be started is a file of the built package.
    let built: string;
    try {
      built = guardEntry();
    } catch {
      console.log('      skipped: the guard is not compiled (npm run build)');
      return this.skip();
    }
    // Long enough for a thread to start and to complain.
    writeFileSync(app.path('main.mjs'), 'setTimeout(() => console.log("ran", process.argv[2]), 1000);');
    writeFiles(
      app.folder,
      Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`files/${i}.txt`, ''])),
    );
    await app.publisher.sign(app.folder, { overwrite: true });
    expect(statSync(app.path('model.sig')).size).to.be.greaterThan(150_000);
    const run = await app.run('main.mjs', {}, { args: ['x'], entry: built });
    expect(run).to.include({ status: 0, stdout: 'ran x\n', stderr: '' });
  });
});
