import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import Database from 'libsql';
import { migrateAuthority, openAuthority } from '../../ca/index.js';
import { openDatabase } from '../../ca/store/database.js';
import { MIGRATIONS } from '../../ca/store/schema.js';
import { certIdFor, encodeOcspRequest } from '../../core/x509/ocsp.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, noPassphrase, openNew } from './support/authority.js';

describe('ca: records', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');
  const database = (): string => join(home(), 'ca.db');

  async function filled(): Promise<{ live: string; revoked: string }> {
    const ca = await openNew(home());
    const [live, dead] = [await ca.issue(ada()), await ca.issue(ada())];
    await ca.revoke({ serial: dead.serialNumber, at: AT, reason: 'superseded' });
    await ca.close();
    return { live: live.serialNumber, revoked: dead.serialNumber };
  }

  function damage(sql: string, ...values: unknown[]): void {
    const db = openDatabase(database());
    db.pragma('foreign_keys = OFF');
    db.prepare(sql).run(...values);
    db.close();
  }

  /** Nothing is signed: no certificate, no list, no answer. */
  async function signsNothing(code: 'ERR_CA_RECORDS' | 'ERR_CA_DATABASE'): Promise<void> {
    const ca = await openAuthority(home(), noPassphrase);
    const { subject: name, spki } = ca.issuing.certificate;
    const question = encodeOcspRequest([certIdFor({ name, spki }, Buffer.from('01', 'hex'))]);
    await expectCodeAsync(code, () => ca.issue(ada()));
    await expectCodeAsync(code, () => ca.publishCrl({ at: AT }));
    await expectCodeAsync(code, () => ca.crl({ at: AT, issuer: 'root' }));
    await expectCodeAsync(code, () => ca.answerOcsp(question, 'issuing', { at: AT, days: 1 }));
    await ca.close();
  }

  it('that contradict each other stop signing', async () => {
    const { live, revoked } = await filled();
    const whole = readFileSync(database());
    const cases: [string, ...unknown[]][] = [
      [`UPDATE revocation SET issuer = 'root' WHERE serial = ?`, revoked],
      [`UPDATE revocation SET reason = 'keyCompromise' WHERE serial = ?`, revoked],
      ['UPDATE revocation SET revoked_at = revoked_at - 86400000 WHERE serial = ?', revoked],
      ['UPDATE revocation SET entry = ? WHERE serial = ?', Buffer.from('3000', 'hex'), revoked],
      ['UPDATE revocation SET serial = ? WHERE serial = ?', live, revoked],
      ['UPDATE certificate SET der = (SELECT der FROM certificate WHERE id = 1) WHERE serial = ?', live],
      ['DELETE FROM certificate WHERE serial = ?', revoked],
    ];
    for (const [sql, ...values] of cases) {
      writeFileSync(database(), whole);
      damage(sql, ...values);
      await signsNothing('ERR_CA_RECORDS');
    }
    // The state follows from what is there: it cannot say something else.
    writeFileSync(database(), whole);
    expect(() => damage(`UPDATE certificate SET state = 'revoked'`)).to.throw('no such column');
    const ca = await openAuthority(home(), noPassphrase);
    await ca.issue(ada());
    await ca.close();
  });

  it('in which one entry is damaged publish nothing, and the good list stays', async () => {
    const { revoked } = await filled();
    const ca = await openAuthority(home(), noPassphrase);
    await ca.publishCrl({ at: AT });
    const good = readFileSync(join(home(), 'issuing.crl'));
    // After the records were checked: what is signed is read back all the same.
    damage(`UPDATE revocation SET entry = CAST(entry || x'00' AS BLOB) WHERE serial = ?`, revoked);
    await expectCodeAsync('ERR_CA_CRL_FAULTY', () => ca.publishCrl({ at: AT }));
    expect(readFileSync(join(home(), 'issuing.crl'))).to.deep.equal(good);
    await ca.close();
  });

  it('with a damaged page that nobody asked for stop signing', async () => {
    await filled();
    const bytes = readFileSync(database());
    const at = bytes.indexOf('identity_value');
    expect(at).to.be.greaterThan(0);
    // The last page belongs to an index or to a certificate, neither of which a CRL reads.
    bytes.fill(0xff, bytes.length - 4096);
    writeFileSync(database(), bytes);
    await signsNothing('ERR_CA_DATABASE');
  });

  it('are read without a trace', async () => {
    const { live } = await filled();
    const state = (): string[] =>
      readdirSync(home()).map((name) => `${name} ${readFileSync(join(home(), name)).length}`);
    const bytes = readFileSync(database());
    for (const args of [['list'], ['show', live], ['export'], ['revoke', live, '--preview']]) {
      const result = await cli(['ca', ...args, '--home', home()]);
      expect(result.code, result.stderr).to.equal(0);
      expect(readFileSync(database()).equals(bytes), args[0]).to.equal(true);
    }
    const reading = await openAuthority(home(), noPassphrase, { access: 'read' });
    await expectCodeAsync('ERR_CA_DATABASE', () => reading.issue(ada()));
    await reading.close();
    // Emptied, they are damage, and stay empty.
    writeFileSync(database(), '');
    for (const name of ['ca.db-wal', 'ca.db-shm']) writeFileSync(join(home(), name), '');
    const before = state();
    const result = await cli(['ca', 'list', '--json', '--home', home()]);
    expect(JSON.parse(result.stdout).error.code).to.equal('ERR_CA_DATABASE');
    expect(result.code).to.equal(70);
    await expectCodeAsync('ERR_CA_DATABASE', () => openAuthority(home(), noPassphrase));
    expect(state()).to.deep.equal(before);
  });

  it('can be read by an auditor who may only read', async function () {
    if (process.getuid?.() !== 0) this.skip();
    await filled();
    for (const name of ['ca.db-wal', 'ca.db-shm']) {
      // A clean close leaves an empty log; an archive or a copy has none at all.
      rmSync(join(home(), name), { force: true });
    }
    chmodSync(temp(), 0o755);
    chmodSync(home(), 0o555);
    for (const name of ['ca.db', 'root.pem', 'issuing.pem']) chmodSync(join(home(), name), 0o444);
    const code = `
      import { openAuthority } from ${JSON.stringify(new URL('../../ca/index.ts', import.meta.url).href)};
      process.setgid(65534); process.setuid(65534);
      const ca = await openAuthority(${JSON.stringify(home())}, async () => '', { access: 'read' });
      console.log(JSON.stringify(await ca.count()));
      await ca.close();`;
    const child = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      encoding: 'utf8',
    });
    expect(child.stdout.trim(), child.stderr).to.equal('{"pending":0,"issued":3,"revoked":1}');
    chmodSync(home(), 0o700);
  });

  it('of an older version are copied, then migrated, and only when asked', async () => {
    const { live, revoked } = await filled();
    const ca = await openAuthority(home(), noPassphrase);
    const records = (await ca.list()).records;
    await ca.close();
    downgrade(database());
    const older = readFileSync(database());
    const failed = await cli(['ca', 'list', '--json', '--home', home()]);
    expect(JSON.parse(failed.stdout).error).to.include({ code: 'ERR_CA_DATABASE_OLDER' });
    expect(JSON.parse(failed.stdout).error.hint).to.include('ca migrate');
    await expectCodeAsync('ERR_CA_DATABASE_OLDER', () => openAuthority(home(), noPassphrase));
    expect(readFileSync(database()).equals(older)).to.equal(true);

    const done = await migrateAuthority(home(), AT);
    expect(done).to.deep.equal({
      from: 1,
      to: MIGRATIONS.length,
      copy: `${database()}.before-2026-11-22T12-00-00-000Z`,
    });
    const copy = new Database(done.copy ?? '');
    expect(copy.prepare('PRAGMA user_version').get()).to.deep.include({ user_version: 1 });
    copy.close();
    const migrated = await openAuthority(home(), noPassphrase);
    expect((await migrated.list()).records).to.deep.equal(records);
    expect((await migrated.find(revoked)).state).to.equal('revoked');
    expect(
      (await migrated.list({ identity: 'ada@example.org' })).records.map(({ serial }) => serial),
    ).to.deep.equal([revoked, live]);
    await migrated.issue(ada());
    expect((await migrated.publishCrl({ at: AT })).entries).to.equal(1);
    await migrated.close();
    expect(await migrateAuthority(home(), new Date(AT.getTime() + 1))).to.deep.equal({
      from: MIGRATIONS.length,
      to: MIGRATIONS.length,
    });
  });

  it('of an older version that contradict themselves are not migrated', async () => {
    const { live } = await filled();
    downgrade(database());
    const db = new Database(database());
    db.prepare(`UPDATE certificate SET state = 'revoked' WHERE serial = ?`).run(live);
    db.close();
    const error = await expectCodeAsync('ERR_CA_RECORDS', () => migrateAuthority(home(), AT));
    expect(error.details.problem).to.include(live);
    await expectCodeAsync('ERR_CA_DATABASE_OLDER', () => openAuthority(home(), noPassphrase));
  });

  it('are listed in pages, each of which says whether there is more', async () => {
    const ca = await openNew(home());
    for (let i = 0; i < 5; i++) await ca.issue(ada({ emails: [`dev${i}@example.org`] }));
    const first = await ca.list({ limit: 3 });
    expect(first.records).to.have.length(3);
    const second = await ca.list({ limit: 3, after: first.next });
    const third = await ca.list({ limit: 3, after: second.next });
    expect([second.records.length, third.records.length, third.next]).to.deep.equal([3, 1, undefined]);
    const all: string[] = [];
    for await (const { serial } of ca.all()) all.push(serial);
    expect(all).to.deep.equal(
      [...first.records, ...second.records, ...third.records].map(({ serial }) => serial),
    );
    await expectCodeAsync('ERR_USAGE', () => ca.list({ after: 'x' }));
    // By the index, whole identities only, in whatever form they are given.
    for (const identity of ['dev3@example.org', 'email:dev3@EXAMPLE.org']) {
      expect((await ca.list({ identity })).records.map(({ identities }) => identities)).to.deep.equal([
        ['email:dev3@example.org'],
      ]);
    }
    expect((await ca.list({ identity: 'dev@example.org' })).records).to.deep.equal([]);
    await ca.close();
    const page = await cli(['ca', 'list', '--limit', '3', '--json', '--home', home()]);
    expect(JSON.parse(page.stdout)).to.deep.include({ truncated: true, next: first.next });
    const text = await cli(['ca', 'list', '--limit', '3', '--home', home()]);
    expect(text.stdout).to.include(`and more: go on with --after ${first.next}`);
    const stream = await cli(['ca', 'export', '--home', home()]);
    const lines = stream.stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).serial)).to.deep.equal(all);
  });
});

/** Turns a database into one of the first version with the same contents, as that version wrote it. */
function downgrade(file: string): void {
  const db = new Database(file);
  db.pragma('foreign_keys = OFF');
  db.exec(`
    ATTACH ':memory:' AS kept;
    CREATE TABLE kept.record AS SELECT * FROM record;
    CREATE TABLE kept.revocation AS SELECT * FROM revocation;
    CREATE TABLE kept.setting AS SELECT * FROM setting WHERE name = 'profile';
    CREATE TABLE kept.crl_number AS SELECT issuer, last FROM crl_number;
    DROP VIEW main.record;`);
  for (const table of ['identity', 'blocked_key', 'revocation', 'certificate', 'setting', 'crl_number']) {
    db.exec(`DROP TABLE main.${table}`);
  }
  db.exec(MIGRATIONS[0]?.sql ?? '');
  db.exec(`
    INSERT INTO main.certificate SELECT id, serial, issuer, state, subject, identities, not_before, not_after,
      key_fingerprint, requested_at, der FROM kept.record;
    INSERT INTO main.revocation SELECT * FROM kept.revocation;
    INSERT INTO main.setting SELECT * FROM kept.setting;
    INSERT INTO main.crl_number SELECT * FROM kept.crl_number;
    PRAGMA user_version = 1;`);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}
