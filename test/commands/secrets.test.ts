import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { createAuthority, openAuthority } from '../../ca/index.js';
import { AT, ada, openNew, save } from '../ca/support/authority.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { useTemp } from '../support/temp.js';
import { hasTerminal, onTerminal } from '../support/terminal.js';

const CLI = fileURLToPath(new URL('../../dist/bin/modelseal.cjs', import.meta.url));

const STRONG = { root: 'staple of the safe', issuing: 'correct horse' };

describe('secrets on disk', () => {
  const temp = useTemp();
  const path = (...parts: string[]): string => join(temp(), ...parts);
  const home = (): string => path('certs');
  const code = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await cli([...args, '--json']);
    return (JSON.parse(stdout || '{}') as { error?: { code: string } }).error?.code ?? `accepted ${stderr}`;
  };

  it('root and issuing key have passphrases of their own, of a minimum strength', async () => {
    const make = (root: string, issuing: string) => () =>
      createAuthority({ home: home(), at: AT, keyType: 'ec-p256', protection: { root, issuing } });
    await expectCodeAsync('ERR_CA_PASSPHRASE_SHARED', make(STRONG.root, STRONG.root));
    await expectCodeAsync('ERR_PASSPHRASE_WEAK', make('secret', STRONG.issuing));
    await expectCodeAsync('ERR_PASSPHRASE_WEAK', make(STRONG.root, ''));
    await expectCodeAsync('ERR_PASSPHRASE_WEAK', make(STRONG.root, 'abababababababab'));
    expect(existsSync(home())).to.equal(false);
    await make(STRONG.root, STRONG.issuing)();
    // Each opens its own key and not the other.
    for (const issuer of ['root', 'issuing'] as const) {
      for (const [whose, passphrase] of Object.entries(STRONG)) {
        const authority = await openAuthority(home(), async () => passphrase);
        const made = authority.publishCrl({ at: AT, issuer });
        if (whose === issuer) expect((await made).entries).to.equal(0);
        else await expectCodeAsync('ERR_PASSPHRASE_WRONG', () => made);
        await authority.close();
      }
    }
  });

  it('on a terminal each passphrase is asked for twice', async function () {
    this.timeout(60_000);
    if (!hasTerminal()) this.skip();
    const command = [process.execPath, CLI, 'ca', 'init', '--home', home(), '--key-type', 'ec-p256'];
    const root = ['root.key', `${STRONG.root}\r`] as const;
    const issuing = ['issuing.key', `${STRONG.issuing}\r`] as const;
    const again = (text: string) => ['Repeat', `${text}\r`] as const;
    const typo = onTerminal(command, [root, again('something else')]);
    expect(typo.status, typo.stdout).to.equal(64);
    const same = onTerminal(command, [
      root,
      again(STRONG.root),
      ['issuing.key', `${STRONG.root}\r`],
      again(STRONG.root),
    ]);
    expect(same.stdout).to.include('the same passphrase');
    expect(existsSync(home())).to.equal(false);
    const made = onTerminal(command, [root, again(STRONG.root), issuing, again(STRONG.issuing)]);
    expect(made.status, made.stdout).to.equal(0);
    const authority = await openAuthority(home(), async () => STRONG.issuing);
    await authority.publishCrl({ at: new Date() });
    await authority.close();
  });

  it('weak passphrases do not protect developer keys either', async () => {
    const order = ['ca', 'request', '--name', 'Ada', '--email', 'a@example.org', '--key-type', 'ec-p256'];
    const out = ['--out', path('ada')];
    expect(await code(...order, ...out, '--passphrase-file', save(temp(), 'weak', 'secret\n'))).to.equal(
      'ERR_PASSPHRASE_WEAK',
    );
    expect(existsSync(path('ada', 'key.pem'))).to.equal(false);
    const good = save(temp(), 'good', 'correct horse\n');
    expect(await code(...order, ...out, '--passphrase-file', good)).to.match(/^accepted/);
  });

  it('keys and passphrases that others can read or write are refused', async function () {
    if (process.getuid === undefined) this.skip();
    await createAuthority({ home: home(), at: new Date(), keyType: 'ec-p256', protection: STRONG });
    const pass = save(temp(), 'pass', `${STRONG.issuing}\n`);
    const key = path('certs', 'issuing.key');
    const crl = (): Promise<string> => code('ca', 'crl', '--home', home(), '--passphrase-file', pass);
    for (const secret of [key, pass]) {
      for (const mode of [0o640, 0o620, 0o604, 0o602, 0o644]) {
        chmodSync(secret, mode);
        expect(await crl(), `${secret} ${mode.toString(8)}`).to.equal('ERR_SECRET_EXPOSED');
      }
      for (const mode of [0o600, 0o400]) {
        chmodSync(secret, mode);
        expect(await crl()).to.match(/^accepted/);
      }
    }
    expect(readFileSync(path('certs', 'issuing.crl'))).to.have.length.above(0);
    // The same holds for those who sign models.
    mkdirSync(path('model'));
    writeFileSync(path('model', 'config.json'), '{}');
    expect((await openIssue()).code).to.equal(0);
    const sign = ['sign', path('model'), '--private-key', path('ada', 'key.pem')];
    const certificate = [
      '--signing-certificate',
      path('ada', 'cert.pem'),
      '--certificate-chain',
      path('certs', 'issuing.pem'),
    ];
    chmodSync(path('ada', 'key.pem'), 0o644);
    expect(await code(...sign, ...certificate)).to.equal('ERR_SECRET_EXPOSED');
    const said = await cli([...sign, ...certificate]);
    expect(said.stderr).to.include('chmod 600');
    chmodSync(path('ada', 'key.pem'), 0o600);
    expect(await code(...sign, ...certificate)).to.match(/^accepted/);

    function openIssue(): ReturnType<typeof cli> {
      const who = ['--name', 'Ada', '--email', 'ada@example.org', '--key-type', 'ec-p256', '--no-passphrase'];
      return cli(['ca', 'issue', '--home', home(), ...who, '--out', path('ada'), '--passphrase-file', pass]);
    }
  });

  it('a key that belongs to somebody else is refused', async function () {
    // Only root can give a file away.
    if (process.getuid?.() !== 0) this.skip();
    await (await openNew(home())).close();
    chownSync(path('certs', 'issuing.key'), 12_345, 0);
    expect(await code('ca', 'crl', '--home', home())).to.equal('ERR_SECRET_OWNER');
  });

  it('what a killed init leaves is found, named, and cleaned on request', async function () {
    this.timeout(60_000);
    // Killed at the moment when its folder has appeared: the keys are in it, the authority is not.
    let left: string | undefined;
    for (let round = 0; round < 20 && left === undefined; round++) {
      const folder = path(`round-${round}`);
      mkdirSync(folder);
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', 'test/ca/support/init-once.ts', join(folder, 'certs')],
        { stdio: 'ignore' },
      );
      const ended = new Promise((resolve) => child.once('exit', resolve));
      while (readdirSync(folder).length === 0 && child.exitCode === null) await sleep(1);
      child.kill('SIGKILL');
      await ended;
      if (readdirSync(folder).some((name) => name.endsWith('.tmp'))) left = folder;
    }
    if (left === undefined) throw new Error('init was never caught in the middle');
    const home = ['--home', join(left, 'certs')];
    const [name = ''] = readdirSync(left);
    expect(name).to.match(/^\.certs-\d+-[0-9a-f]{12}\.tmp$/);
    const list = await cli(['ca', 'list', ...home]);
    expect(list.stderr).to.include(name).and.include('modelseal ca clean');
    const again = await cli(['ca', 'init', ...home, '--no-passphrase', '--key-type', 'ec-p256']);
    expect(again.code).to.equal(0);
    expect(again.stderr).to.include(name);
    const cleaned = await cli(['ca', 'clean', ...home]);
    expect(cleaned.stdout).to.include(`removed  ${join(left, name)}`);
    expect(readdirSync(left)).to.deep.equal(['certs']);
    expect((await cli(['ca', 'list', ...home])).stderr).to.equal('');
  });

  it('cleans nothing that is not from init, or that a process is at work on', async () => {
    const authority = await openNew(home());
    await authority.issue(ada());
    await authority.close();
    const dead = path(`.certs-4194305-${'a'.repeat(12)}.tmp`);
    mkdirSync(dead);
    writeFileSync(join(dead, 'thesis.txt'), 'mine');
    expect(await code('ca', 'clean', '--home', home())).to.equal('ERR_CA_LEFTOVER');
    expect(existsSync(join(dead, 'thesis.txt'))).to.equal(true);
    const alive = path(`.other-${process.pid}-${'b'.repeat(12)}.tmp`);
    mkdirSync(alive);
    const { stdout } = await cli(['ca', 'clean', '--home', path('other')]);
    expect(stdout).to.include(`in use   ${alive}`);
    expect(existsSync(alive)).to.equal(true);
    // The temporary file of a key, as an interrupted write leaves it.
    const part = path('certs', `.issuing.key.${'c'.repeat(12)}.tmp`);
    writeFileSync(part, 'half a key');
    writeFileSync(path('certs', '.issuing.key.backup'), 'kept on purpose');
    expect(await code('ca', 'clean', '--home', home())).to.equal('ERR_CA_LEFTOVER');
    expect(existsSync(part)).to.equal(false);
    expect(existsSync(path('certs', '.issuing.key.backup'))).to.equal(true);
  });
});
