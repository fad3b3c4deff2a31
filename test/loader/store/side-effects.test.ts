import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { CheckSummary } from '../../../core/report/index.js';
import { Quarantine } from '../../../loader/index.js';
import { cli } from '../../support/cli.js';
import { useTemp } from '../../support/temp.js';

const EVIL = Buffer.from('cos\nsystem\n(S"id"\ntR.');
const AT = new Date('2026-06-01T00:00:00Z');
const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('side effects of a check', () => {
  const temp = useTemp();
  const store = (): string => {
    const folder = join(temp(), 'store');
    mkdirSync(folder);
    for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}.pkl`), EVIL);
    return folder;
  };

  it('that fail change no verdict and stop no pass', async () => {
    const folder = store();
    const quarantine = join(temp(), 'no-folder');
    writeFileSync(quarantine, 'a file');
    const sarif = join(temp(), 'out.sarif');
    const key = join(temp(), 'trust.pem');
    const made = spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      '/dev/null',
      '-out',
      key,
      '-subj',
      '/CN=r',
    ]);
    expect(made.status).to.equal(0);
    const run = await cli([
      'check',
      folder,
      '--trust-root',
      key,
      '--quarantine',
      quarantine,
      '--sarif',
      sarif,
      '--json',
    ]);
    expect(run.code).to.equal(2);
    expect((JSON.parse(run.stdout) as CheckSummary).counts.threat).to.equal(2);
    expect(JSON.parse(readFileSync(sarif, 'utf8')).runs[0].results).to.have.length.greaterThan(1);
    expect(run.stderr.match(/not quarantined/g)).to.have.length(2);
    expect(existsSync(join(folder, 'a.pkl'))).to.equal(true);
  });

  it('believe no record about places outside of the store, and write nothing when reading', () => {
    const quarantine = join(temp(), 'q');
    const victim = join(temp(), 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'keep'), 'me');
    const id = '20260101T000000Z-planted-00000000';
    writeFileSync(join(victim, `.modelseal-leaving-${id}-x`), 'me too');
    mkdirSync(join(quarantine, id, 'content'), { recursive: true });
    const record = {
      format: 'modelseal-incident/1',
      id,
      state: 'moving',
      quarantinedAt: AT.toISOString(),
      originalPath: join(victim, 'x'),
    };
    for (const state of ['moving', 'restoring']) {
      const file = join(quarantine, id, 'incident.json');
      mkdirSync(join(quarantine, id, 'content'), { recursive: true });
      writeFileSync(file, JSON.stringify({ ...record, state, movedTo: join(victim, 'keep') }));
      const before = readFileSync(file, 'utf8');
      const q = new Quarantine(quarantine);
      q.list();
      q.get(id);
      expect(readFileSync(file, 'utf8')).to.equal(before);
      q.settle();
      expect(readdirSync(victim).sort()).to.deep.equal([`.modelseal-leaving-${id}-x`, 'keep']);
      expect(readFileSync(join(victim, 'keep'), 'utf8')).to.equal('me');
    }
  });

  it('work for a user without an entry in the password file', function () {
    if (process.getuid?.() !== 0) {
      console.log('      skipped: only root can become another user');
      this.skip();
    }
    const log = join(temp(), 'audit.log');
    const code = `
      process.setgid(54321); process.setuid(54321);
      const { userInfo } = await import('node:os');
      let known = true; try { userInfo(); } catch { known = false; }
      const { main } = await import('${root}cli.ts');
      const { Writable } = await import('node:stream');
      const sink = () => new Writable({ write: (c, e, done) => { process.stderr.write(c); done(); } });
      const status = await main(['digest', '${join(temp(), 'm')}', '--audit-log', '${log}'], { stdout: sink(), stderr: sink() }, {});
      process.stdout.write(JSON.stringify({ known, status }));`;
    mkdirSync(join(temp(), 'm'));
    writeFileSync(join(temp(), 'm', 'f'), 'x');
    spawnSync('chmod', ['-R', '777', temp()]);
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(JSON.parse(run.stdout || '{}'), run.stderr).to.deep.equal({ known: false, status: 0 });
  });
});
