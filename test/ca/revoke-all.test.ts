import { join } from 'node:path';
import { expect } from 'chai';
import type { Authority, CertificateRecord, RevokeAllRequest } from '../../ca/index.js';
import { openDatabase } from '../../ca/store/database.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, developerKey, openNew } from './support/authority.js';

describe('ca: revoking many at once', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');
  const serials = (records: readonly CertificateRecord[]): string[] => records.map(({ serial }) => serial);

  /** Two identities on two days each, and a time-stamp authority. */
  async function filled(ca: Authority) {
    const one = async (email: string, at: Date): Promise<string> =>
      (await ca.issue(ada({ emails: [email], at }))).serialNumber;
    const [ada0, bob0] = [await one('ada@example.org', AT), await one('bob@example.org', AT)];
    const [ada5, bob5] = [await one('ada@example.org', days(5)), await one('bob@example.org', days(5))];
    const tsa = (await ca.issueTsa({ publicKey: developerKey(), name: 'TSA', at: days(5) })).serialNumber;
    return { ada0, ada5, bob0, bob5, tsa };
  }

  it('means what identity, time and profile say together, and a preview says the same', async () => {
    const ca = await openNew(home());
    const { ada0, ada5, bob0, bob5, tsa } = await filled(ca);
    const at = days(6);
    const order = (more: Partial<RevokeAllRequest>): RevokeAllRequest => ({
      at,
      reason: 'superseded',
      ...more,
    });
    const cases: [Partial<RevokeAllRequest>, string[]][] = [
      [{ identity: 'ada@example.org' }, [ada0, ada5]],
      [{ identity: 'email:ada@EXAMPLE.org', since: days(5) }, [ada5]],
      [{ since: days(5) }, [ada5, bob5, tsa]],
      [{ since: new Date(days(5).getTime() + 1001) }, []],
      [{ until: days(5) }, [ada0, bob0]],
      [{ since: AT, until: days(5) }, [ada0, bob0]],
      [{ profile: 'developer' }, [ada0, ada5, bob0, bob5]],
      [{ profile: 'tsa' }, [tsa]],
      [{ profile: 'ca' }, []],
      [{ identity: 'ada@example.or' }, []],
    ];
    for (const [selection, expected] of cases) {
      const listed = await ca.list({ ...selection, state: 'issued' });
      if (selection.profile !== 'ca') {
        const developers = listed.records.filter(({ issuer }) => issuer === 'issuing');
        expect(serials(developers)).to.have.members(expected);
      }
      if (expected.length === 0) {
        await expectCodeAsync('ERR_REVOKE_NOTHING', () => ca.wouldRevoke(order(selection)));
        await expectCodeAsync('ERR_REVOKE_NOTHING', () => ca.revokeAll(order(selection)));
      } else expect(serials(await ca.wouldRevoke(order(selection)))).to.have.members(expected);
    }
    expect((await ca.count()).revoked).to.equal(0);
    expect(serials(await ca.revokeAll(order({ identity: 'ada@example.org' })))).to.deep.equal([ada0, ada5]);
    expect(serials(await ca.wouldRevoke(order({ profile: 'developer' })))).to.deep.equal([bob0, bob5]);
    expect((await ca.publishCrl({ at })).entries).to.equal(2);
    await ca.close();
  });

  it('never means everything by saying nothing', async () => {
    const ca = await openNew(home());
    await filled(ca);
    const order = { at: days(6), reason: 'superseded' } as const;
    await expectCodeAsync('ERR_USAGE', () => ca.revokeAll(order));
    await expectCodeAsync('ERR_USAGE', () => ca.revokeAll({ ...order, identity: undefined }));
    await expectCodeAsync('ERR_USAGE', () => ca.revokeAll({ ...order, since: new Date(Number.NaN) }));
    expect((await ca.count()).revoked).to.equal(0);
    await ca.close();
  });

  it('takes what was recorded after the fact by the time at which it begins, and what was never completed', async () => {
    const ca = await openNew(home());
    const { ada0, ada5 } = await filled(ca);
    const db = openDatabase(join(home(), 'ca.db'));
    db.prepare('UPDATE certificate SET requested_at = ? WHERE serial = ?').run(days(5).getTime(), ada0);
    db.prepare('UPDATE certificate SET der = NULL WHERE serial = ?').run(ada5);
    db.close();
    const request = { at: days(6), reason: 'superseded', identity: 'ada@example.org' } as const;
    expect(serials(await ca.wouldRevoke({ ...request, since: days(1) }))).to.deep.equal([ada5]);
    expect(serials(await ca.revokeAll(request))).to.deep.equal([ada0, ada5]);
    await ca.close();
  });

  it('with a compromised key takes its other certificates along, and blocks it', async () => {
    const ca = await openNew(home());
    const publicKey = developerKey();
    const one = (at: Date) => ca.issue(ada({ publicKey, at, reuseKey: true }));
    const [first, second, third] = [await one(AT), await one(days(5)), await one(days(5))];
    const request = { at: days(6), reason: 'keyCompromise', since: days(5) } as const;
    const all = [first, second, third].map(({ serialNumber }) => serialNumber);
    expect(serials(await ca.wouldRevoke(request))).to.have.members(all);
    expect(serials(await ca.revokeAll(request)))
      .to.have.members(all)
      .and.have.length(3);
    await expectCodeAsync('ERR_CA_KEY_BLOCKED', () =>
      ca.issue(ada({ publicKey, at: days(6), reuseKey: true })),
    );
    expect((await ca.publishCrl({ at: days(6) })).entries).to.equal(3);
    await ca.close();
  });

  it('is all or nothing', async () => {
    const ca = await openNew(home());
    const { bob5 } = await filled(ca);
    const db = openDatabase(join(home(), 'ca.db'));
    db.exec(
      `CREATE TRIGGER broken BEFORE INSERT ON revocation WHEN NEW.serial = '${bob5}' BEGIN SELECT RAISE(ABORT, 'disk'); END`,
    );
    db.close();
    const request = { at: days(6), reason: 'superseded', profile: 'developer' } as const;
    await expectCodeAsync('ERR_CA_DATABASE', () => ca.revokeAll(request));
    expect((await ca.count()).revoked).to.equal(0);
    await ca.close();
  });

  it('the command previews, revokes, and refuses both ways of naming at once', async () => {
    const ca = await openNew(home());
    const { ada5 } = await filled(ca);
    await ca.close();
    const run = (...args: string[]) => cli(['ca', 'revoke', '--home', home(), '--accept-clock', ...args]);
    const some = ['--identity', 'ada@example.org', '--since', days(5).toISOString()];
    const preview = await run(...some, '--preview');
    expect(preview.stdout)
      .to.include(`would revoke ${ada5}`)
      .and.include('1 in all')
      .and.include('nothing was changed');
    const done = await run(...some, '--json');
    expect(done.code, done.stdout).to.equal(0);
    expect(
      JSON.parse(done.stdout).certificates.map(({ serial }: { serial: string }) => serial),
    ).to.deep.equal([ada5]);
    const again = await run(...some, '--json');
    expect(again.code).to.equal(3);
    for (const wrong of [[], [ada5, ...some], ['--since', 'yesterday']]) {
      const refused = await run(...wrong, '--json');
      expect(refused.code, wrong.join(' ')).to.equal(64);
    }
    const listed = await cli(['ca', 'list', '--home', home(), '--profile', 'tsa', '--since', '2026-11-22']);
    expect(listed.stdout.match(/issued {3}/g)).to.have.length(1);
  });
});
