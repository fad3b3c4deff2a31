import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { AuditLog } from '../../core/audit/index.js';
import { type Authority, type AuthorityStatus, openAuthority, type StatusItem } from '../../ca/index.js';
import { openDatabase } from '../../ca/store/database.js';
import { SqliteStore } from '../../ca/store/sqlite-store.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, developerKey, noPassphrase, openNew } from './support/authority.js';

describe('ca: status', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');
  const database = (): string => join(home(), 'ca.db');
  const kinds = ({ items }: AuthorityStatus, state: StatusItem['state']): string[] =>
    items.filter((item) => item.state === state).map(({ kind, name }) => `${kind} ${name}`);

  /** An authority with a backup, so that nothing is due. */
  async function fine(): Promise<Authority> {
    await (await openNew(home())).close();
    const store = SqliteStore.open(database());
    await store.recordBackup(AT);
    await store.close();
    return openAuthority(home(), noPassphrase);
  }

  it('is fine when nothing is due, and names both certificates, both lists and the backup', async () => {
    const ca = await fine();
    const status = await ca.status({ at: AT });
    expect(status.verdict).to.equal('fine');
    expect(status.items.map(({ kind }) => kind)).to.deep.equal(['root', 'issuing', 'crl', 'crl', 'backup']);
    expect(status.counts).to.deep.equal({ pending: 0, issued: 2, revoked: 0 });
    await ca.close();
  });

  it('each thing becomes due at its own time, and not before', async () => {
    const ca = await fine();
    const issuing = `issuing ${ca.issuing.certificate.label}`;
    const root = `root ${ca.root.certificate.label}`;
    const lists = ['crl CRL of the root CA', 'crl CRL of the issuing CA'];
    const at = (n: number): Promise<AuthorityStatus> => ca.status({ at: days(n) });
    expect((await at(23)).verdict).to.equal('fine');
    expect(kinds(await at(25), 'due')).to.deep.equal([lists[1]]);
    expect(kinds(await at(31), 'over')).to.deep.equal([lists[1]]);
    expect(kinds(await at(300), 'due')).to.deep.equal([lists[0]]);
    expect(kinds(await at(1645), 'due')).to.deep.equal([]);
    expect(kinds(await at(1647), 'due')).to.deep.equal([issuing]);
    expect(kinds(await at(1827), 'over')).to.deep.equal([issuing, ...lists]);
    expect(kinds(await at(3473), 'due')).to.deep.equal([root]);
    await ca.close();
  });

  it('names developers whose certificates end, unless another one follows or they are revoked', async () => {
    const ca = await fine();
    const [ending, followed, revoked] = await Promise.all([
      ca.issue(ada({ emails: ['ada@example.org'], days: 10 })),
      ca.issue(ada({ emails: ['bob@example.org', 'b@example.org'], days: 10 })),
      ca.issue(ada({ emails: ['eve@example.org'], days: 10 })),
    ]);
    await ca.revoke({ serial: revoked.serialNumber, reason: 'superseded', at: AT });
    const due = async (n: number, within?: number): Promise<(string | undefined)[]> =>
      (await ca.status({ at: days(n), days: within })).items
        .filter(({ kind }) => kind === 'developer')
        .map(({ serial }) => serial);
    expect(await due(0)).to.have.members([ending.serialNumber, followed.serialNumber]);
    expect(await due(0, 9)).to.deep.equal([]);
    const next = await ca.issue(ada({ emails: ['b@example.org'], days: 90 }));
    expect(await due(0)).to.deep.equal([ending.serialNumber]);
    expect(await due(11)).to.deep.equal([]);
    await ca.revoke({ serial: next.serialNumber, reason: 'superseded', at: AT });
    expect(await due(0)).to.have.members([ending.serialNumber, followed.serialNumber]);
    await ca.close();
  });

  it('names a time-stamp authority half a year ahead, until its successor is there', async () => {
    const ca = await fine();
    const tsa = (n: number) => ca.issueTsa({ publicKey: developerKey(), name: 'TSA', at: AT, days: n });
    const due = async (): Promise<string[]> =>
      (await ca.status({ at: AT })).items.filter(({ kind }) => kind === 'tsa').map(({ name }) => name);
    await tsa(181);
    expect(await due()).to.deep.equal([]);
    await ca.issueTsa({ publicKey: developerKey(), name: 'Short', at: AT, days: 100 });
    expect(await due()).to.deep.equal(['CN=Short,O=Modelseal']);
    await ca.issueTsa({ publicKey: developerKey(), name: 'Short', at: AT, days: 300 });
    expect(await due()).to.deep.equal([]);
    await ca.close();
  });

  it('is not kept from a time-stamp authority by thousands of developers that end before it', async () => {
    const ca = await fine();
    await ca.issueTsa({ publicKey: developerKey(), name: 'TSA', at: AT, days: 100 });
    const db = openDatabase(database());
    db.exec(`
      INSERT INTO certificate (serial, issuer, subject, not_before, not_after, key_fingerprint, requested_at, der)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
        SELECT 's' || i, 'issuing', 'CN=x', 0, ${days(20).getTime()}, '', 0, x'00' FROM n;
      INSERT INTO identity SELECT id, 0, 'email:' || serial || '@example.org' FROM certificate WHERE serial LIKE 's%';`);
    db.close();
    const { items, truncated } = await ca.status({ at: AT });
    expect(items.filter(({ kind }) => kind === 'tsa')).to.have.length(1);
    expect(truncated).to.equal(false);
    const more = await ca.status({ at: AT, days: 21 });
    expect(more.items.filter(({ kind }) => kind === 'developer')).to.have.length(9_999);
    expect(more.items.filter(({ kind }) => kind === 'tsa')).to.have.length(1);
    expect(more.truncated).to.equal(true);
    await ca.close();
  });

  it('names what was interrupted, once it can no longer be under way', async () => {
    const ca = await fine();
    const { serialNumber } = await ca.issue(ada());
    await ca.close();
    const db = openDatabase(database());
    db.prepare('UPDATE certificate SET der = NULL WHERE serial = ?').run(serialNumber);
    db.close();
    const log = join(temp(), 'audit.jsonl');
    const audit = new AuditLog(log, 'tester');
    const begun = (act: string, at: Date, folder: string): unknown =>
      audit.append('crl', { phase: 'intent', act, command: 'crl', options: { home: folder } }, at);
    begun('1', AT, home());
    begun('2', AT, join(temp(), 'another'));
    begun('3', days(1), home());
    audit.append('crl', { phase: 'outcome', act: '3' }, days(1));
    const again = await openAuthority(home(), noPassphrase, { access: 'read' });
    const named = async (at: Date): Promise<string[]> =>
      (await again.status({ at, auditLog: log, days: 1 })).items
        .filter(({ kind }) => kind === 'interrupted' || kind === 'act')
        .map(({ kind, serial, name }) => `${kind} ${serial ?? name}`);
    expect(await named(new Date(AT.getTime() + 3_500_000))).to.deep.equal([]);
    expect(await named(days(2))).to.deep.equal([
      `interrupted ${serialNumber}`,
      'act crl of tester (entry 1 of the audit log) did not end',
    ]);
    expect(await named(days(31))).to.deep.equal([`interrupted ${serialNumber}`]);
    writeFileSync(log, readFileSync(log, 'utf8').replace('tester', 'nobody'));
    await expectCodeAsync('ERR_AUDIT_BROKEN', () => named(days(2)));
    await again.close();
  });

  it('a backup is due when anything changed since and it is old, or when there is none', async () => {
    const ca = await openNew(home());
    expect(kinds(await ca.status({ at: AT }), 'due')).to.deep.equal(['backup there is no backup']);
    await ca.close();
    const store = SqliteStore.open(database());
    await store.recordBackup(AT);
    await store.close();
    const again = await openAuthority(home(), noPassphrase);
    expect((await again.status({ at: days(20) })).verdict).to.equal('fine');
    await again.issue(ada({ at: days(1) }));
    expect((await again.status({ at: days(7) })).verdict).to.equal('fine');
    expect(kinds(await again.status({ at: days(8) }), 'due')).to.deep.equal(['backup last backup']);
    expect((await again.status({ at: days(8), backupDays: 9 })).verdict).to.equal('fine');
    await expectCodeAsync('ERR_CA_DAYS', () => again.status({ at: AT, days: 0 }));
    await again.close();
  });

  it('the command ends with 1 when something is due and 0 when not, and writes a page', async () => {
    const ca = await openNew(home(), { at: new Date(), organization: '<b>Corp' });
    await ca.close();
    const html = join(temp(), 'status.html');
    const run = (...args: string[]) => cli(['ca', 'status', '--home', home(), ...args]);
    const due = await run('--html', html);
    expect(due.code).to.equal(1);
    expect(due.stdout).to.include('there is no backup').and.include('modelseal ca backup FILE');
    expect(due.stdout).to.match(/due: 1 due\n$/);
    const page = readFileSync(html, 'utf8');
    expect(page).to.include('<span class="due">due</span>').and.include('&#60;b');
    expect(page).to.not.match(/<b>|<script|src=/);
    const store = SqliteStore.open(database());
    await store.recordBackup(new Date());
    await store.close();
    const fineNow = await run('--json', '--html', html);
    expect(fineNow.code, fineNow.stdout).to.equal(0);
    expect(JSON.parse(fineNow.stdout)).to.include({ verdict: 'fine', truncated: false });
    const quiet = await run('--quiet');
    expect(quiet).to.deep.equal({ code: 0, stdout: '', stderr: '' });
  });
});
