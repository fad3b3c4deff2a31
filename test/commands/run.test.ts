import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { guardEntry } from '../../loader/guard/run.js';
import { cli } from '../support/cli.js';
import { SignedApp } from '../support/guard.js';
import { AT } from '../support/pki.js';
import { useTemp } from '../support/temp.js';

/** `modelseal run` imports the compiled guard of the package; a checkout that was never built has none. */
function needBuild(context: Mocha.Context): void {
  try {
    guardEntry();
  } catch {
    console.log('      skipped: the guard is not compiled (npm run build)');
    context.skip();
  }
}

describe('modelseal run', function () {
  this.timeout(60_000);
  const temp = useTemp();
  let app: SignedApp;
  let trust: string[];
  beforeEach(async () => {
    app = await SignedApp.make(temp(), {
      'main.mjs':
        'import { writeFileSync } from "node:fs"; writeFileSync(process.argv[2], process.argv.slice(3).join());',
      'evil.mjs': 'import "node:child_process";',
      'fails.mjs': 'process.exit(7);',
    });
    trust = ['--trust-root', join(temp(), 'root.der'), '--revocation', 'off', '--at', AT.toISOString()];
  });

  it('runs a signed program with its arguments', async function () {
    needBuild(this);
    const out = join(temp(), 'out');
    const run = await cli(['run', app.path('main.mjs'), ...trust, '--json', '--', out, '--port', '8080']);
    expect(run.code, run.stdout).to.equal(0);
    expect(readFileSync(out, 'utf8')).to.equal('--port,8080');
    expect(JSON.parse(run.stdout)).to.include({ status: 0 }).and.to.have.deep.property('refusals', []);
  });

  it('ends with exit code 1 and names what was refused', async function () {
    needBuild(this);
    const run = await cli(['run', app.path('evil.mjs'), ...trust, '--json']);
    expect(run.code).to.equal(1);
    const { refusals } = JSON.parse(run.stdout) as { refusals: { code: string }[] };
    expect(refusals.map((r) => r.code)).to.deep.equal(['ERR_GUARD_CHILD_PROCESS']);
    writeFileSync(app.path('main.mjs'), 'console.log("changed");');
    const changed = await cli(['run', app.path('main.mjs'), ...trust]);
    expect(changed.code).to.equal(1);
    expect(changed.stdout).to.include('ERR_GUARD_MODULE_CHANGED');
  });

  it('says what was refused without an account of the insides of Node', async () => {
    for (const [name, program, stderr] of [
      ['static', 'import "./evil.mjs";', /^$/],
      ['dynamic', 'await import("./evil.mjs");', /^$/],
      ['unawaited', 'import("./evil.mjs");', /^$/],
      [
        'commonjs',
        'import { createRequire } from "node:module"; createRequire(import.meta.url)("child_process");',
        /^$/,
      ],
      // What is not a refusal is told as ever, and what a program handles itself stays its own.
      ['broken', 'throw new Error("of its own");', /Error: of its own\n {4}at /],
      [
        'handled',
        'process.on("uncaughtException", (e) => { console.error("saw " + e.code); process.exit(9); }); await import("./evil.mjs");',
        /^saw ERR_GUARD_CHILD_PROCESS\n$/,
      ],
    ] as const) {
      const made = await SignedApp.make(join(temp(), name), {
        'main.mjs': program,
        'evil.mjs': 'import "node:child_process";',
      });
      const run = await made.run('main.mjs');
      expect(run.stderr, name).to.match(stderr);
      expect(run.status, name).to.equal(name === 'handled' ? 9 : 1);
      expect(
        run.refusals.map((r) => r.code),
        name,
      ).to.deep.equal(name === 'broken' ? [] : ['ERR_GUARD_CHILD_PROCESS']);
    }
  });

  it('does not take the failure of a program for a refusal, nor for success', async function () {
    needBuild(this);
    const run = await cli(['run', app.path('fails.mjs'), ...trust, '--json']);
    expect(run.code).to.equal(70);
    expect(run.stdout).to.include('ERR_GUARD_APP_FAILED');
  });

  it('says first who signed what, as text and as JSON', async function () {
    needBuild(this);
    const text = await cli(['run', app.path('evil.mjs'), ...trust]);
    expect(text.stderr.split('\n')[0]).to.include(
      'code and models, signed by email:dev@example.com, revocation not checked',
    );
    const json = await cli(['run', app.path('evil.mjs'), ...trust, '--json']);
    const { signedBy } = JSON.parse(json.stdout) as {
      signedBy: { use: string; signers: { identities: string[] }[] }[];
    };
    expect(signedBy.map(({ use, signers }) => [use, signers[0]?.identities])).to.deep.equal([
      ['both', ['email:dev@example.com']],
    ]);
  });

  it('has a policy for code and another for models', async function () {
    needBuild(this);
    const policy = (name: string, identity: string): string => {
      const file = join(temp(), name);
      writeFileSync(file, `version: 1\nsigners:\n  - identity: ${identity}\n`);
      return file;
    };
    const dev = policy('dev.yaml', 'email:dev@example.com');
    const other = policy('other.yaml', 'email:other@example.com');
    const out = join(temp(), 'out');
    const start = (...options: string[]) =>
      cli(['run', app.path('main.mjs'), ...trust, ...options, '--json', '--', out]);
    expect((await start('--code-policy', dev, '--model-policy', dev)).code).to.equal(0);
    const code = await start('--code-policy', dev, '--model-policy', other);
    expect(code.code, code.stdout).to.equal(0);
    expect(JSON.parse(code.stdout)).to.have.nested.property('signedBy[0].use', 'code');
    const models = await start('--code-policy', other, '--model-policy', dev);
    expect(models.code).to.equal(1);
    expect(models.stdout).to.include('ERR_GUARD_USE');
    const neither = await start('--code-policy', other, '--model-policy', other);
    expect(neither.code).to.equal(1);
    expect(neither.stdout).to.include('ERR_SIGNER_NOT_ACCEPTED');
    // What is common narrows both.
    expect((await start('--policy', other, '--code-policy', dev)).code).to.equal(1);
  });

  it('says what is missing', async () => {
    expect((await cli(['run', app.path('main.mjs')])).code).to.equal(64);
    expect((await cli(['run', app.path('absent.mjs'), ...trust])).code).to.equal(3);
    writeFileSync(join(temp(), 'alone.mjs'), '');
    const unsigned = await cli(['run', join(temp(), 'alone.mjs'), ...trust]);
    expect(unsigned.code).to.equal(64);
    expect(unsigned.stderr).to.include('model.sig');
  });
});
