import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type AuditEntry, readAuditLog, verifyAuditLog } from '../../core/audit/index.js';
import { save } from '../ca/support/authority.js';
import { type CliResult, cli } from '../support/cli.js';
import { useTemp } from '../support/temp.js';

const READING = ['list', 'show', 'export', 'status', 'show-request'];
const ISSUE = ['--name', 'Ada', '--email', 'ada@example.org', '--key-type', 'ec-p256', '--no-passphrase'];

/** Everything under a folder: names, contents, modes. */
function stateOf(folder: string): readonly string[] {
  // The database lets go of its empty working files when the process gets round to it.
  const names = (readdirSync(folder, { recursive: true }) as string[]).filter(
    (name) => !name.endsWith('-shm') && !(name.endsWith('-wal') && statSync(join(folder, name)).size === 0),
  );
  return names.sort().map((name) => {
    const file = join(folder, name);
    const { mode, size } = statSync(file);
    const digest = createHash('sha256').update(statSync(file).isFile() ? readFileSync(file) : '');
    return `${name} ${mode.toString(8)} ${size} ${digest.digest('hex')}`;
  });
}

describe('ca: what cannot be recorded is not done', () => {
  const temp = useTemp();
  const path = (...parts: string[]): string => join(temp(), ...parts);
  const log = (): string => path('audit.jsonl');
  const ca = (...args: string[]): Promise<CliResult> => cli(['ca', ...args]);
  const entries = (): AuditEntry[] => [...readAuditLog(log())];
  const home = (): string[] => ['--home', path('ca', 'certs')];

  async function made(...protection: string[]): Promise<void> {
    const { code, stderr } = await ca('init', ...home(), '--key-type', 'ec-p256', ...protection);
    expect(code, stderr).to.equal(0);
  }

  /** One working command line for each command that changes something. */
  async function commandLines(): Promise<Readonly<Record<string, readonly string[]>>> {
    await made('--no-passphrase');
    expect((await ca('issue', ...home(), ...ISSUE, '--out', path('ada'))).code).to.equal(0);
    const cert = path('ada', 'cert.pem');
    const other = ['--home', path('other'), '--no-passphrase', '--key-type', 'ec-p256'];
    expect((await ca('init', ...other)).code).to.equal(0);
    const secret = ['--passphrase-file', save(temp(), 'backup-secret', 'correct horse battery\n')];
    expect((await ca('backup', path('old.backup'), ...home(), ...secret)).code).to.equal(0);
    return {
      init: ['--home', path('ca', 'second'), '--no-passphrase', '--key-type', 'ec-p256'],
      issue: [...home(), ...ISSUE, '--out', path('ca', 'bob')],
      'tsa-certificate': [...home(), '--no-passphrase', '--out', path('ca', 'tsa')],
      request: [...ISSUE, '--out', path('ca', 'request')],
      renew: [cert, ...home(), '--no-passphrase', '--key-type', 'ec-p256', '--out', path('ca', 'ada-2')],
      revoke: [cert, ...home()],
      'block-key': [cert, ...home()],
      crl: home(),
      ocsp: [cert, ...home(), '--out', path('ca', 'ada.ocsp')],
      recover: [...home(), '--crl', path('ca', 'certs', 'issuing.crl')],
      backup: [path('ca', 'ca.backup'), ...home(), ...secret],
      restore: [path('old.backup'), '--home', path('ca', 'third'), ...secret],
      rollover: [...home(), '--no-passphrase'],
      'cross-certify': [path('other', 'issuing.pem'), ...home(), '--out', path('ca', 'cross.pem')],
      ceremony: [
        ...['--home', path('ca', 'fourth'), '--root-out', path('ca', 'a'), '--issuing-out', path('ca', 'b')],
        ...['--key-type', 'ec-p256', '--witness', 'Ada', '--allow-same-medium', ...secret],
        ...['--root-passphrase-file', save(temp(), 'root-of-fourth', 'battery staple horse\n')],
      ],
      migrate: home(),
      clean: home(),
    };
  }

  it('no command changes anything where the log takes no record', async function () {
    if (!existsSync('/dev/full')) this.skip();
    this.timeout(60_000);
    const lines = await commandLines();
    const { stdout } = await ca('--help');
    const known = new Set([...stdout.matchAll(/^ +modelseal ca ([a-z-]+)/gm)].map(([, name]) => name));
    expect([...known]).to.have.length.above(9);
    expect([...Object.keys(lines), ...READING]).to.have.members([...known]);
    const before = stateOf(path('ca'));
    for (const [name, args] of Object.entries(lines)) {
      const { code, stdout } = await ca(name, ...args, '--audit-log', '/dev/full', '--json');
      expect(code, name).to.equal(70);
      expect(JSON.parse(stdout).error.code, name).to.equal('ERR_AUDIT_INTENT');
      expect(stateOf(path('ca')), name).to.deep.equal(before);
    }
  });

  it('each says before and after who did what, where, when and why', async function () {
    this.timeout(60_000);
    const lines = await commandLines();
    for (const [name, args] of Object.entries(lines)) {
      const ran = await ca(name, ...args, '--audit-log', log(), '--reason-text', `ticket 17, ${name}`);
      const [outcome, intent] = entries().reverse();
      expect(intent?.data, name).to.include({ phase: 'intent', command: name, why: `ticket 17, ${name}` });
      expect(intent?.data.operator, name).to.have.all.keys('user', 'uid', 'host', 'process');
      const ended = ran.code === 0 ? 'accepted' : 'refused';
      expect(outcome?.data, name).to.include({ phase: 'outcome', act: intent?.data.act, outcome: ended });
    }
    const options = entries()[0]?.data.options;
    expect(options).to.include({ home: path('ca', 'second'), passphrase: false });
    const { open } = verifyAuditLog(log());
    expect(open).to.deep.equal([]);
  });

  it('a wrong passphrase and a refusal are recorded', async () => {
    const right = save(temp(), 'right', 'correct horse battery\n');
    const root = save(temp(), 'root', 'staple of the root key\n');
    await made('--passphrase-file', right, '--root-passphrase-file', root);
    const wrong = save(temp(), 'wrong', 'incorrect horse battery\n');
    const order = ['issue', ...home(), ...ISSUE, '--out', path('ada'), '--audit-log', log()];
    expect((await ca(...order, '--passphrase-file', wrong)).code).to.equal(1);
    expect((await ca('revoke', 'abcd', ...home(), '--audit-log', log())).code).to.not.equal(0);
    const codes = entries().map(({ data }) => data.code);
    expect(codes).to.deep.equal([undefined, 'ERR_PASSPHRASE_WRONG', undefined, 'ERR_SERIAL_UNKNOWN']);
    const text = readFileSync(log(), 'utf8');
    for (const secret of ['correct horse', 'staple']) expect(text).to.not.include(secret);
  });

  it('an act that was stopped in the middle is named', async function () {
    this.timeout(60_000);
    const args = ['ca', 'init', '--home', path('slow'), '--key-type', 'rsa-4096', '--no-passphrase'];
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/support/main.ts', ...args, '--audit-log', log()],
      {
        stdio: 'ignore',
      },
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    while (!existsSync(log()) || readFileSync(log(), 'utf8') === '') await sleep(5);
    child.kill('SIGKILL');
    await ended;
    const { open } = verifyAuditLog(log());
    expect(open.map(({ event, data }) => [event, data.phase])).to.deep.equal([['init', 'intent']]);
    const verified = await cli(['audit', 'verify', log()]);
    expect(verified.stdout).to.include('not ended: init of ');
  });

  it('what was done and cannot be recorded any more is said, and stays an open intent', async () => {
    const { recordAct, AuditLog } = await import('../../core/audit/index.js');
    const act = { event: 'crl' as const, intent: {} };
    const work = async (): Promise<{ record: object }> => {
      // The last line damaged: nothing may be appended to it.
      writeFileSync(log(), '{}\n');
      return { record: {} };
    };
    const done = recordAct(new AuditLog(log(), 'tester'), act, () => new Date(), work as never);
    const error = await done.then(
      () => undefined,
      (thrown: { code: string }) => thrown.code,
    );
    expect(error).to.equal('ERR_AUDIT_OUTCOME');
  });
});
