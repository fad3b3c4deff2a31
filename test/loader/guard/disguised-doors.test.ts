import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkProcess } from '../../../loader/guard/environment.js';
import { refuser } from '../../../loader/guard/refuse.js';
import { doorsOf, GUARD_DOORS } from '../../corpora/guard-doors.js';
import { expectCode } from '../../support/errors.js';
import { SignedApp } from '../../support/guard.js';
import { useTemp } from '../../support/temp.js';

describe('guard: doors that look like something else', function () {
  this.timeout(60_000);
  const temp = useTemp();

  it('stay closed', async () => {
    const outside = join(temp(), 'outside.mjs');
    writeFileSync(outside, 'globalThis.evil = true;');
    const app = await SignedApp.make(temp(), {
      'lib.mjs': 'export default 1;',
      'main.cjs': `
        const { Worker } = require('node:worker_threads');
        const fs = require('node:fs');
        const OUTSIDE = ${JSON.stringify(outside)};
        const EMPTY = () => Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
        const turning = (...names) => ({ toString: () => names.length > 1 ? names.shift() : names[0] });
        let reads = 0;
        process.on('unhandledRejection', () => {}).on('uncaughtException', () => {});
        fs.writeFileSync(__dirname + '/written.mjs', 'globalThis.evil = true;');
        fs.writeFileSync(__dirname + '/written.js', 'globalThis.evil = true;');
        fs.writeFileSync(__dirname + '/written.json', '{}');
        fs.mkdirSync(__dirname + '/nested');
        fs.writeFileSync(__dirname + '/nested/package.json', '{"main": "../../outside.mjs"}');
        const doors = ${doorsOf(GUARD_DOORS.disguised)};
        (async () => {
          const outcomes = {};
          for (const [tried, open] of Object.entries(doors)) {
            try { const got = await open(); outcomes[tried] = got?.spawn ? 'child_process' : 'ok'; }
            catch (error) { outcomes[tried] = error.code ?? String(error); }
            if (globalThis.evil) outcomes[tried] = 'RAN';
          }
          // What a door starts for later has had its time by then.
          await new Promise((done) => setTimeout(done, 300));
          console.log(JSON.stringify({ ...outcomes, evil: String(globalThis.evil) })); process.exit(0);
        })();`,
    });
    const run = await app.run('main.cjs');
    const outcomes = JSON.parse(run.stdout) as Record<string, string>;
    expect(outcomes.evil).to.equal('undefined');
    for (const [tried, outcome] of GUARD_DOORS.disguised) {
      if (outcome === 'refused')
        expect(outcomes[tried], tried).not.to.be.oneOf(['ok', 'RAN', 'child_process']);
      else expect(outcomes[tried], tried).to.equal(outcome);
    }
  });

  it('takes no option for the value of another', () => {
    const facts = { argv: ['node', 'app.js'], env: {}, isEntry: (name: string) => name === 'guard' };
    const check =
      (...execArgv: string[]) =>
      () =>
        checkProcess({ ...facts, execArgv }, refuser(undefined));
    check('--import', 'guard', '--report-on-signal', '--report-directory', 'out', '--title', 'x')();
    for (const flag of ['--report-on-signal', '--report-uncaught-exception', '--title', '--dns-result-order'])
      expectCode('ERR_GUARD_NODE_OPTION', check('--import', 'guard', flag, '--require=/evil.cjs'));
    expectCode('ERR_GUARD_NODE_OPTION', () =>
      checkProcess(
        { ...facts, execArgv: [], env: { NODE_OPTIONS: '--report-on-signal --require=/evil.cjs' } },
        refuser(undefined),
      ),
    );
  });

  it('checks the package.json that an import of # asks', async () => {
    const app = await SignedApp.make(temp(), {
      'main.mjs': 'import "./pkg/index.mjs";',
      'pkg/package.json': '{"name": "pkg", "imports": {"#x": "./good.mjs"}}',
      'pkg/index.mjs': `
        import fs from 'node:fs';
        fs.writeFileSync(new URL('./package.json', import.meta.url), '{"name": "pkg", "imports": {"#x": "other"}}');
        await import('#x');`,
      'pkg/good.mjs': 'console.log("good");',
      'node_modules/other/package.json': '{"name": "other", "exports": "./index.mjs"}',
      'node_modules/other/index.mjs': 'console.log("other");',
    });
    mkdirSync(join(temp(), 'x'));
    const run = await app.run('main.mjs');
    expect(run.stdout).not.to.include('other');
  });
});
