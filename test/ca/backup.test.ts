import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  backupAuthority,
  createAuthority,
  issueInto,
  openAuthority,
  restoreAuthority,
  type ErrorCode,
} from '../../ca/index.js';
import { sealFile } from '../../ca/backup/sealed-file.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { needAll } from '../support/slow.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, noPassphrase, openNew, save } from './support/authority.js';

const PASSPHRASE = 'of the backup alone';
const KEYS = { root: 'of the key in the safe', issuing: 'typed every single day' };

describe('ca: backup', function () {
  before(function () {
    needAll(this);
  });

  this.timeout(60_000);
  const temp = useTemp();
  const path = (...parts: string[]): string => join(temp(), ...parts);
  const home = (): string => path('ca');
  const file = (): string => path('ca.backup');
  const back = (more: object = {}) =>
    backupAuthority({ home: home(), file: file(), passphrase: PASSPHRASE, at: AT, ...more });
  const restore = (more: object = {}) =>
    restoreAuthority({ home: home(), file: file(), passphrase: PASSPHRASE, at: days(2), ...more });

  it('brings a lost authority back: keys, records and lists, and no revocation is taken back', async function () {
    needOpenssl(this);
    await createAuthority({ home: home(), at: AT, keyType: 'ec-p256', protection: KEYS });
    const ask = async (): Promise<string> => KEYS.issuing;
    const ca = await openAuthority(home(), ask);
    const before = await issueInto(ca, {
      ...{ out: path('before'), at: AT, emails: ['ada@example.org'], uris: [], keyType: 'ec-p256' },
      protection: 'plain',
    });
    const { files } = await back();
    const parts = ['crl', 'key', 'pem'].flatMap((end) => [`issuing.${end}`, `root.${end}`]);
    expect(files).to.have.members([...parts, 'ca.db']);
    expect((await ca.status({ at: AT })).verdict).to.equal('fine');
    const after = await ca.issue(ada({ emails: ['bob@example.org'], at: days(1) }));
    await ca.revoke({ serial: before.issued.serialNumber, reason: 'keyCompromise', at: days(1) });
    await ca.publishCrl({ at: days(1), file: path('published.crl') });
    await ca.close();
    const anchor = readFileSync(join(home(), 'root.pem'));
    rmSync(home(), { recursive: true });

    const restored = await restore();
    expect(restored.created).to.equal(AT.toISOString());
    expect(readdirSync(home()).filter((name) => !/-(?:shm|wal)$/.test(name))).to.have.members([...files]);
    expect(statSync(join(home(), 'root.key')).mode & 0o777).to.equal(0o600);
    expect(statSync(join(home(), 'ca.db')).mode & 0o777).to.equal(0o600);
    expect(readFileSync(join(home(), 'root.pem'))).to.deep.equal(anchor);
    expect(readdirSync(temp()).sort()).to.deep.equal(['before', 'ca', 'ca.backup', 'published.crl']);

    const again = await openAuthority(home(), ask);
    const at = days(2);
    expect((await again.find(before.issued.serialNumber)).state).to.equal('issued');
    // Nothing is signed that could say less than what is out there.
    await expectCodeAsync('ERR_CA_RESTORED', () => again.issue(ada({ at })));
    await expectCodeAsync('ERR_CA_RESTORED', () => again.publishCrl({ at }));
    const record = await again.find(before.issued.serialNumber);
    await expectCodeAsync('ERR_CA_RESTORED', () => again.ocspFor(record, { at, days: 1 }));
    await again.recover({
      at,
      crls: [path('published.crl')],
      certificates: [save(temp(), 'bob.pem', after.pem)],
    });
    expect((await again.find(before.issued.serialNumber)).state).to.equal('revoked');
    const { number, file: list } = await again.publishCrl({ at });
    expect(number).to.equal(3);
    const next = await again.issue(ada({ emails: ['eve@example.org'], at }));
    await expectCodeAsync('ERR_CA_RESTORED', () => again.publishCrl({ at, issuer: 'root' }));
    await again.close();
    const check = (pem: string) =>
      openssl([
        ...['verify', '-x509_strict', '-attime', String(at.getTime() / 1000 + 60), '-crl_check'],
        ...['-CAfile', join(home(), 'root.pem'), '-untrusted', join(home(), 'issuing.pem')],
        ...['-CRLfile', list, save(temp(), 'leaf.pem', pem)],
      ]).output;
    expect(check(next.pem)).to.match(/OK/);
    expect(check(after.pem)).to.match(/OK/);
    expect(check(before.issued.pem)).to.match(/certificate revoked/);
  });

  it('is one file that nobody reads without the passphrase, and that is never replaced', async () => {
    await (await openNew(home())).close();
    await back();
    const bytes = readFileSync(file());
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
    expect(bytes.toString('latin1')).to.not.match(/PRIVATE KEY|Modelseal|ca\.db|SQLite/);
    expect(readdirSync(home()).filter((name) => name.includes('.tmp'))).to.deep.equal([]);
    await expectCodeAsync('ERR_FILE_EXISTS', () => back());
    expect(readFileSync(file())).to.deep.equal(bytes);
    await expectCodeAsync('ERR_PASSPHRASE_WEAK', () => back({ file: path('weak'), passphrase: 'short' }));
    expect(existsSync(path('weak'))).to.equal(false);
    await expectCodeAsync('ERR_CA_NOT_FOUND', () => back({ home: path('none'), file: path('x') }));
  });

  it('refuses a wrong passphrase, a changed file and what is no backup, and leaves nothing behind', async () => {
    await (await openNew(home())).close();
    await back();
    const whole = readFileSync(file());
    const target = path('restored');
    const refused = async (code: ErrorCode, bytes: Uint8Array, passphrase = PASSPHRASE): Promise<void> => {
      writeFileSync(path('changed'), bytes);
      await expectCodeAsync(code, () => restore({ home: target, file: path('changed'), passphrase }));
      expect(readdirSync(temp()).sort()).to.deep.equal(['ca', 'ca.backup', 'changed']);
    };
    const edited = (change: (text: string) => string): Buffer =>
      Buffer.from(change(whole.toString('latin1')), 'latin1');
    const flipped = (at: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 1;
      return bytes;
    };
    const start = whole.indexOf('\n', whole.indexOf('\n', whole.indexOf('\n') + 1) + 1) + 1;
    await refused('ERR_BACKUP_PASSPHRASE', whole, 'another one entirely');
    await refused(
      'ERR_BACKUP_PASSPHRASE',
      edited((text) => text.replace('2026-11-22', '2026-11-23')),
    );
    for (const at of [start, start + 4, start + 5000, whole.length - 17, whole.length - 1]) {
      await refused('ERR_BACKUP_DAMAGED', flipped(at));
    }
    await refused('ERR_BACKUP_DAMAGED', whole.subarray(0, -1));
    await refused('ERR_BACKUP_DAMAGED', whole.subarray(0, start));
    await refused('ERR_BACKUP_DAMAGED', Buffer.concat([whole, Buffer.alloc(1)]));
    // A forged header may not ask for any amount of memory.
    await refused(
      'ERR_BACKUP_FORMAT',
      edited((text) => text.replace('"n":131072', '"n":2147483648')),
    );
    await refused(
      'ERR_BACKUP_FORMAT',
      edited((text) => text.replace('"n":131072', '"n":2')),
    );
    await refused(
      'ERR_BACKUP_FORMAT',
      edited((text) => text.replace('"r":8', '"r":9000')),
    );
    await refused(
      'ERR_BACKUP_FORMAT',
      edited((text) => text.replace('{"created"', '{"x":1,"created"')),
    );
    await refused(
      'ERR_BACKUP_FORMAT',
      edited((text) => text.replace('/v1\n', '/v2\n')),
    );
    await refused('ERR_BACKUP_FORMAT', Buffer.from('SQLite format 3'));
    await refused('ERR_BACKUP_FORMAT', Buffer.alloc(0));
    await restore({ home: target });
  });

  it('refuses what is not a whole authority, and a folder that is not empty', async () => {
    await (await openNew(home())).close();
    const bytes = (name: string) => ({ name, data: readFileSync(join(home(), name)) });
    const whole = ['root.pem', 'issuing.pem', 'ca.db'].map(bytes);
    const other = await openNew(path('other'));
    await other.close();
    const cases: [string, { name: string; data: Uint8Array }[], ErrorCode][] = [
      ['missing', whole.slice(1), 'ERR_BACKUP_CONTENT'],
      ['path', [...whole, { name: '../evil', data: new Uint8Array(1) }], 'ERR_BACKUP_CONTENT'],
      ['twice', [...whole, ...whole.slice(0, 1)], 'ERR_BACKUP_CONTENT'],
      [
        'foreign',
        [
          bytes('ca.db'),
          ...['root.pem', 'issuing.pem'].map((name) => ({ name, data: readFileSync(path('other', name)) })),
        ],
        'ERR_BACKUP_CONTENT',
      ],
      [
        'mixed',
        [
          ...whole.slice(0, 1),
          whole[2] as never,
          { name: 'issuing.pem', data: readFileSync(path('other', 'issuing.pem')) },
        ],
        'ERR_CA_FILES_DIFFER',
      ],
      ['damaged', [...whole.slice(0, 2), { name: 'ca.db', data: Buffer.alloc(4096) }], 'ERR_CA_DATABASE'],
    ];
    for (const [name, sources, code] of cases) {
      await sealFile(path(name), sources, PASSPHRASE, AT);
      await expectCodeAsync(code, () => restore({ home: path('restored'), file: path(name) }));
      expect(existsSync(path('restored')), name).to.equal(false);
      expect(existsSync(path('evil')), name).to.equal(false);
    }
    await sealFile(file(), whole, PASSPHRASE, AT);
    await expectCodeAsync('ERR_RESTORE_HOME', () => restore());
    mkdirSync(path('empty'));
    await restore({ home: path('empty') });
    expect(readdirSync(path('empty'))).to.include.members(['root.pem', 'issuing.pem', 'ca.db']);
    chmodSync(path('empty'), 0o700);
  });

  it('the commands say what follows', async () => {
    await (await openNew(home())).close();
    const secret = ['--passphrase-file', save(temp(), 'secret', `${PASSPHRASE}\n`)];
    const made = await cli(['ca', 'backup', file(), '--home', home(), ...secret]);
    expect(made.code, made.stderr).to.equal(0);
    expect(made.stdout).to.include('root.key').and.not.include(PASSPHRASE);
    const restored = await cli(['ca', 'restore', file(), '--home', path('again'), ...secret]);
    expect(restored.code, restored.stderr).to.equal(0);
    expect(restored.stdout).to.include(`modelseal ca recover --home ${path('again')} --crl`);
    const early = await cli(['ca', 'crl', '--home', path('again'), '--json']);
    expect(early.code).to.equal(1);
    expect(JSON.parse(early.stdout).error.code).to.equal('ERR_CA_RESTORED');
    const lists = ['--crl', join(home(), 'issuing.crl'), '--crl', join(home(), 'root.crl')];
    expect((await cli(['ca', 'recover', '--home', path('again'), ...lists])).code).to.equal(0);
    const authority = await openAuthority(path('again'), noPassphrase, { acceptClock: true });
    expect((await authority.publishCrl({ at: AT })).number).to.equal(2);
    await authority.close();
  });
});
