import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { RequiredLog } from '../../commands/telemetry/index.js';
import { AuditLog, readAuditLog, verifyAuditLog } from '../../core/audit/index.js';
import { encodePrivateKey } from '../../core/keys/index.js';
import { cli } from '../support/cli.js';
import { expectCode } from '../support/errors.js';
import { AT, testKey } from '../support/pki.js';
import { writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
const EVIL = 'cos\nsystem\n(S"id"\ntR.';

describe('--audit-required', () => {
  const temp = useTemp();
  const log = (): string => join(temp(), 'audit.jsonl');
  const required = (): string[] => ['--audit-log', log(), '--audit-required', '--json'];
  const events = (file = log()): unknown[] =>
    [...readAuditLog(file)].map(({ event, data }) => [event, data.outcome ?? data.command]);
  const code = (stdout: string): string | undefined => JSON.parse(stdout).error?.code;
  const key = (): string => {
    const file = join(temp(), 'key.pem');
    writeFileSync(file, encodePrivateKey(testKey().privateKey), { mode: 0o600 });
    return file;
  };

  it('leaves an entry before and after every command, also one that records nothing itself', async () => {
    const model = writeModel(join(temp(), 'm'));
    expect((await cli(['digest', model, ...required()])).code).to.equal(0);
    expect((await cli(['sign', model, '--private-key', key(), ...required()])).code).to.equal(0);
    expect((await cli(['sign', model, '--private-key', key(), ...required()])).code).to.equal(64);
    expect((await cli(['ca', 'list', '--home', join(temp(), 'none'), ...required()])).code).not.to.equal(0);
    const seen = events();
    expect(seen.slice(0, 7)).to.deep.equal([
      ['begin', 'digest'],
      ['end', 'accepted'],
      ['begin', 'sign'],
      ['sign', 'accepted'],
      ['end', 'accepted'],
      ['begin', 'sign'],
      ['end', 'usage'],
    ]);
    expect(seen[7]).to.deep.equal(['begin', 'ca list']);
    expect(verifyAuditLog(log()).entries).to.equal(9);
    // Wrong words do nothing, and need no entry.
    expect((await cli(['digest', model, '--nonsense', ...required()])).code).to.equal(64);
    expect(verifyAuditLog(log()).entries).to.equal(9);
  });

  it('refuses before anything is done where the log takes no entry; without it the command warns and goes on', async () => {
    const model = writeModel(join(temp(), 'm'));
    const sign = ['sign', model, '--private-key', key()];
    const home = join(temp(), 'ca');
    const init = ['ca', 'init', '--home', home, '--name', 'X', '--no-passphrase'];
    const broken: readonly (() => void)[] = [
      () => mkdirSync(log()),
      () => writeFileSync(log(), '{"not": "an entry"}\n'),
    ];
    for (const breakLog of broken) {
      rmSync(log(), { recursive: true, force: true });
      breakLog();
      for (const words of [sign, init]) {
        const run = await cli([...words, ...required()]);
        expect([run.code, code(run.stdout)], run.stdout).to.deep.equal([1, 'ERR_AUDIT_REQUIRED']);
      }
      expect(existsSync(join(model, 'model.sig')) || existsSync(home)).to.equal(false);
    }
    const warned = await cli([...sign, '--audit-log', log()]);
    expect(warned.code).to.equal(0);
    expect(warned.stderr).to.include('audit log');
    expect(code((await cli([...sign, '--audit-required', '--json'])).stdout)).to.equal('ERR_USAGE');
    const odd = await cli([...sign, '--audit-log', log(), '--audit-required=1', '--json']);
    expect(code(odd.stdout)).to.equal('ERR_USAGE');
  });

  /** A program told of each refusal, which takes the log away: as a full disk would, between two entries. */
  const saboteur = (): Record<string, string> => {
    const file = join(temp(), 'saboteur');
    writeFileSync(file, `#!/bin/sh\ncat > /dev/null\nrm -f '${log()}'\nmkdir '${log()}'\n`, { mode: 0o755 });
    return { MODELSEAL_ON_REFUSAL: file };
  };

  it('stops where the log is lost on the way', async () => {
    const store = join(temp(), 'store');
    for (const name of ['a', 'b', 'c']) writeModel(join(store, name));
    const trust = ['--public-key', join(temp(), 'public.pem')];
    writeFileSync(
      join(temp(), 'public.pem'),
      testKey().publicKey.export({ type: 'spki', format: 'pem' }) as string,
    );
    const check = await cli(['check', store, ...trust, ...required()], saboteur());
    expect([check.code, code(check.stdout)]).to.deep.equal([1, 'ERR_AUDIT_REQUIRED']);
    rmSync(log(), { recursive: true });
    const watch = await cli(['watch', store, ...trust, ...required()], saboteur());
    expect([watch.code, code(watch.stdout)]).to.deep.equal([1, 'ERR_AUDIT_REQUIRED']);
  });

  it('a threat stays the outcome, with the lost entry said beside it', async () => {
    writeFileSync(join(temp(), 'm.pkl'), EVIL);
    const run = await cli(['scan', join(temp(), 'm.pkl'), ...required()], saboteur());
    expect(run.code).to.equal(2);
    expect(run.stderr).to.include('ERR_AUDIT_REQUIRED');
    expect(JSON.parse(run.stdout)).not.to.have.property('error');
  });

  it('remembers the first entry that was lost', () => {
    const entries = new RequiredLog(new AuditLog(log(), 'tester'));
    expect(entries.end('accepted', AT), 'nothing began').to.equal(undefined);
    entries.begin('sign', AT);
    rmSync(log());
    mkdirSync(log());
    entries.record({ event: 'sign', outcome: 'accepted', at: AT, data: {} });
    expectCode('ERR_AUDIT_REQUIRED', () => entries.requireIntact());
    rmSync(log(), { recursive: true });
    expectCode('ERR_AUDIT_REQUIRED', () => entries.requireIntact());
    expect(entries.end('accepted', AT), 'it was said already').to.equal(undefined);
    expect(existsSync(log())).to.equal(false);
  });

  it('names a user without an entry in the password file, and refuses a log that this user may not write', function () {
    if (process.getuid?.() !== 0) {
      console.log('      skipped: only root can become another user');
      this.skip();
    }
    const model = writeModel(join(temp(), 'm'));
    const [mine, theirs] = [join(temp(), 'mine'), join(temp(), 'theirs')];
    for (const folder of [mine, theirs]) mkdirSync(folder);
    chmodSync(temp(), 0o755);
    chmodSync(mine, 0o777);
    const program = `
      process.setgid(54321); process.setuid(54321);
      const { userInfo } = await import('node:os');
      let known = true; try { userInfo(); } catch { known = false; }
      const { main } = await import('${project}cli.ts');
      const { Writable } = await import('node:stream');
      const run = async (folder, ...more) => {
        let text = '';
        const sink = new Writable({ write: (chunk, _, done) => { text += chunk; done(); } });
        const words = ['digest', '${model}', '--json', '--audit-log', folder + '/audit.jsonl', ...more];
        const code = await main(words, { stdout: sink, stderr: sink }, {});
        return [code, /ERR_[A-Z_]+/.exec(text)?.[0] ?? null];
      };
      process.stdout.write(JSON.stringify({
        known,
        mine: await run('${mine}', '--audit-required'),
        theirs: await run('${theirs}', '--audit-required'),
        unasked: await run('${theirs}'),
      }));`;
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(JSON.parse(run.stdout || '{}'), run.stderr).to.deep.equal({
      known: false,
      mine: [0, null],
      theirs: [1, 'ERR_AUDIT_REQUIRED'],
      unasked: [0, null],
    });
    const actors = [...readAuditLog(join(mine, 'audit.jsonl'))].map(({ actor }) => actor);
    expect(actors).to.deep.equal(['uid 54321', 'uid 54321']);
  });
});
