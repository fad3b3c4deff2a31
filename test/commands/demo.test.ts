import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { DOCUMENTS } from '../../demo/attack/documents.js';
import type { DemoResult } from '../../demo/index.js';
import { SCENARIOS } from '../../demo/scenarios/index.js';
import { guardEntry } from '../../loader/guard/run.js';
import { cli } from '../support/cli.js';
import { needAll } from '../support/slow.js';
import { useTemp } from '../support/temp.js';

const bin = fileURLToPath(new URL('../../dist/bin/modelseal.cjs', import.meta.url));

describe('modelseal demo', function () {
  this.timeout(120_000);
  const temp = useTemp();

  it('prints one JSON object, ends with 0 and keeps its files on request', async function () {
    needAll(this);
    try {
      guardEntry();
    } catch {
      console.log('      skipped: the guard is not compiled (npm run build)');
      this.skip();
    }
    const folder = join(temp(), 'kept');
    const run = await cli(['demo', '--json', '--keep', folder]);
    expect(run.code, run.stdout + run.stderr).to.equal(0);
    const result = JSON.parse(run.stdout) as DemoResult;
    expect(result.asExpected).to.equal(true);
    expect(result.scenarios).to.have.lengthOf(SCENARIOS.length);
    for (const name of ['model/model.sig', 'app/model.sig', 'ca/root.pem', 'developer/cert.pem']) {
      expect(existsSync(join(folder, name)), name).to.equal(true);
    }
    expect(existsSync(join(folder, 'hidden.log'))).to.equal(false);
    const loot = readFileSync(join(folder, 'stolen', 'attack.log'), 'utf8')
      .trim()
      .split('\n');
    expect(loot.map((line) => (JSON.parse(line) as { text: string }).text)).to.have.members([...DOCUMENTS]);
    expect(readdirSync(join(folder, 'stolen'))).to.deep.equal(['attack.log']);
  });

  for (const [name, key] of [
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ] as const) {
    it(`ends cleanly at ${name} while it waits for Enter`, async function () {
      if (process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0) {
        console.log('      skipped: no script to make a terminal with');
        return this.skip();
      }
      const env = { ...process.env, TMPDIR: temp(), TERM: 'xterm' };
      const child = spawn('script', ['-qec', `'${process.execPath}' '${bin}' demo --pause`, '/dev/null'], {
        env,
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let text = '';
      for await (const chunk of child.stdout) {
        text += String(chunk);
        if (text.includes('Enter to go on') && child.stdin.writable) child.stdin.end(key);
      }
      const code = child.exitCode ?? (await once(child, 'exit'))[0];
      expect(text).to.include('the demonstration was interrupted').and.not.to.include('internal error');
      expect(code).to.equal(130);
      expect(readdirSync(temp())).to.deep.equal([]);
    });
  }

  it('leaves nothing behind when it is stopped in the middle', async () => {
    const env = { ...process.env, TMPDIR: temp() };
    const child = spawn(process.execPath, [bin, 'demo'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const chunk of child.stderr) if (String(chunk).includes('unprotected')) child.kill('SIGINT');
    expect(child.signalCode ?? (await once(child, 'exit'))[1]).to.equal('SIGINT');
    expect(readdirSync(temp())).to.deep.equal([]);
  });

  it('does not work in a folder that exists', async () => {
    const run = await cli(['demo', '--keep', temp()]);
    expect(run.code).to.equal(64);
    expect(run.stderr).to.include('ERR_FILE_EXISTS');
  });
});
