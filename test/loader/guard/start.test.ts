import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { compiledGuard, SignedApp } from '../../support/guard.js';
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
});
