import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Authority, openAuthority } from '../../ca/index.js';
import { openDatabase } from '../../ca/store/database.js';
import { CertificateList } from '../../core/x509/crl.js';
import { expectCodeAsync } from '../support/errors.js';
import { needOpenssl, openssl } from '../support/openssl.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, days, developerKey, noPassphrase, openNew, save, seconds } from './support/authority.js';

const WRITER = fileURLToPath(new URL('support/revoke-and-publish.ts', import.meta.url));
/** Of two writers each: fifty lists in all. */
const ROUNDS = 25;

describe('ca: the published list never goes back', () => {
  const temp = useTemp();
  const home = (): string => join(temp(), 'certs');
  const file = (name: string): string => join(home(), name);
  const published = (): CertificateList => CertificateList.decode(readFileSync(file('issuing.crl')));
  const has = (serial: string): boolean => published().find(Buffer.from(serial, 'hex')).length === 1;

  /** An authority whose records went back to before a revocation and a certificate. */
  async function restored(): Promise<{ ca: Authority; revoked: string; later: string; laterFile: string }> {
    const first = await openNew(home());
    const revoked = await first.issue(ada());
    await first.close();
    copyFileSync(file('ca.db'), join(temp(), 'backup.db'));
    const then = await openAuthority(home(), noPassphrase);
    await then.revoke({ serial: revoked.serialNumber, at: AT, reason: 'keyCompromise' });
    const later = await then.issue(ada());
    await then.publishCrl({ at: AT });
    await then.close();
    copyFileSync(join(temp(), 'backup.db'), file('ca.db'));
    return {
      ca: await openAuthority(home(), noPassphrase),
      revoked: revoked.serialNumber,
      later: later.serialNumber,
      laterFile: save(temp(), 'later.pem', later.pem),
    };
  }

  it('a restored backup refuses, recovers, and goes on beyond what was published', async function () {
    needOpenssl(this);
    const { ca, revoked, later, laterFile } = await restored();
    const error = await expectCodeAsync('ERR_CRL_BEHIND', () => ca.publishCrl({ at: AT }));
    expect(error.details).to.include({ published: '2', recorded: 1 });
    expect(error.hint).to.include('ca recover --crl');
    await expectCodeAsync('ERR_CRL_BEHIND', () => ca.crl({ at: AT }));
    await expectCodeAsync('ERR_CRL_BEHIND', () => ca.publishCrl({ at: AT, file: join(temp(), 'new.crl') }));
    expect(existsSync(join(temp(), 'new.crl'))).to.equal(false);
    expect(has(revoked)).to.equal(true);

    const recovered = await ca.recover({ at: AT, crls: [file('issuing.crl')], certificates: [laterFile] });
    expect(recovered).to.deep.equal({
      certificates: 1,
      revocations: 1,
      crlNumbers: { root: 1, issuing: 2 },
    });
    // What was issued after the backup can be revoked again.
    await ca.revoke({ serial: later, at: AT, reason: 'superseded' });
    expect((await ca.publishCrl({ at: AT })).number).to.equal(3);
    expect([has(revoked), has(later)]).to.deep.equal([true, true]);
    // Doing it twice takes nothing in.
    const again = await ca.recover({ at: AT, crls: [file('issuing.crl')], certificates: [laterFile] });
    expect(again).to.include({ certificates: 0, revocations: 0 });
    await ca.close();

    const crls = ['-crl_check_all', '-CRLfile', file('issuing.crl'), '-CRLfile', file('root.crl')];
    const chain = ['-CAfile', file('root.pem'), '-untrusted', file('issuing.pem'), laterFile];
    const verdict = openssl(['verify', '-x509_strict', '-attime', seconds(AT), ...crls, ...chain]);
    expect(verdict.output).to.include('certificate revoked');
  });

  it('a revocation that the records lost is known from the list, and its key stays blocked', async () => {
    const first = await openNew(home());
    const publicKey = developerKey();
    await first.close();
    copyFileSync(file('ca.db'), join(temp(), 'backup.db'));
    const then = await openAuthority(home(), noPassphrase);
    const { serialNumber: serial, pem } = await then.issue(ada({ publicKey }));
    await then.revoke({ serial, at: AT, reason: 'keyCompromise', invalidityDate: days(-1) });
    await then.publishCrl({ at: AT });
    await then.close();
    copyFileSync(join(temp(), 'backup.db'), file('ca.db'));
    const ca = await openAuthority(home(), noPassphrase);
    await ca.recover({ at: AT, crls: [file('issuing.crl')] });
    expect((await ca.find(serial)).revocation).to.deep.equal({
      revokedAt: AT,
      reason: 'keyCompromise',
      invalidityDate: days(-1),
    });
    await ca.recover({ at: AT, certificates: [save(temp(), 'ada.pem', pem)] });
    expect((await ca.find(serial)).identities).to.deep.equal(['email:ada@example.org']);
    await expectCodeAsync('ERR_CA_KEY_BLOCKED', () => ca.issue(ada({ publicKey, reuseKey: true })));
    await ca.close();
  });

  it('a published entry that the records do not hold stops the next list', async () => {
    const ca = await openNew(home());
    const { serialNumber: serial } = await ca.issue(ada());
    await ca.revoke({ serial, at: AT, reason: 'superseded' });
    await ca.publishCrl({ at: AT });
    const db = openDatabase(file('ca.db'));
    db.exec('DELETE FROM revocation');
    db.close();
    const error = await expectCodeAsync('ERR_CRL_UNRECORDED', () => ca.publishCrl({ at: AT }));
    expect(error.details.serial).to.equal(serial);
    expect(has(serial)).to.equal(true);
    await ca.close();
  });

  it('a list of another authority, a damaged one, and a further copy that is ahead are not passed over', async () => {
    const ca = await openNew(home());
    const other = join(temp(), 'other');
    const stranger = await openNew(other);
    for (let i = 0; i < 3; i++) await stranger.publishCrl({ at: AT });
    await stranger.close();
    const foreign = join(other, 'issuing.crl');
    await expectCodeAsync('ERR_CRL_FOREIGN', () => ca.publishCrl({ at: AT, published: [foreign] }));
    await expectCodeAsync('ERR_CRL_FOREIGN', () => ca.publishCrl({ at: AT, file: foreign }));
    await expectCodeAsync('ERR_CRL_FOREIGN', () => ca.recover({ at: AT, crls: [foreign] }));
    const own = readFileSync(file('issuing.crl'));
    writeFileSync(file('issuing.crl'), own.subarray(0, own.length - 1));
    await expectCodeAsync('ERR_CRL_FOREIGN', () => ca.publishCrl({ at: AT }));
    writeFileSync(file('issuing.crl'), own);
    const ahead = join(temp(), 'ahead.crl');
    await ca.publishCrl({ at: AT, file: ahead, encoding: 'pem' });
    const db = openDatabase(file('ca.db'));
    db.exec('UPDATE crl_number SET last = 1');
    db.close();
    await expectCodeAsync('ERR_CRL_BEHIND', () => ca.publishCrl({ at: AT, published: [ahead] }));
    await ca.close();
  });

  it('two writers: no number falls, and every revocation that was answered is published', async function () {
    this.timeout(120_000);
    const ca = await openNew(home());
    const issued = await Promise.all(Array.from({ length: 2 * ROUNDS }, () => ca.issue(ada())));
    const serials = issued.map(({ serialNumber }) => serialNumber);
    const writers = [serials.slice(0, ROUNDS), serials.slice(ROUNDS)].map((mine) => {
      const child = spawn(process.execPath, ['--import', 'tsx', WRITER, home(), AT.toISOString(), ...mine], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const answered: string[] = [];
      child.stdout.on('data', (text: Buffer) => answered.push(...text.toString().trim().split('\n')));
      return { child, answered, ended: once(child, 'close') };
    });
    let watching = true;
    const numbers: bigint[] = [];
    const watch = (async () => {
      while (watching) {
        // Answered first, read afterwards: what was answered must be there.
        const answered = writers.flatMap((writer) => writer.answered);
        const list = published();
        numbers.push(list.number ?? 0n);
        for (const line of answered) {
          const [serial = '', number = ''] = line.split(' ');
          expect(list.find(Buffer.from(serial, 'hex')), line).to.have.length(1);
          expect(Number(list.number), line).to.be.at.least(Number(number));
        }
        await turn();
      }
    })();
    const exits = await Promise.all(writers.map(({ ended }) => ended));
    watching = false;
    await watch;
    expect(exits.map(([code]) => code)).to.deep.equal([0, 0]);
    expect(numbers).to.deep.equal([...numbers].sort((a, b) => Number(a - b)));
    expect(published()).to.deep.include({ number: BigInt(2 * ROUNDS + 1), entryCount: 2 * ROUNDS });
    await ca.close();
  });

  it('dates no list before the one that it follows', async () => {
    const ca = await openNew(home());
    const later = days(3);
    await ca.publishCrl({ at: later });
    const error = await expectCodeAsync('ERR_CA_CLOCK', () => ca.publishCrl({ at: AT }));
    expect(error.details).to.include({ latest: later.toISOString() });
    await expectCodeAsync('ERR_CA_CLOCK', () => ca.issue(ada()));
    await ca.close();
    const accepting = await openAuthority(home(), noPassphrase, { acceptClock: true });
    const before = published().thisUpdate;
    await accepting.publishCrl({ at: AT });
    expect(published().thisUpdate).to.deep.equal(before);
    await accepting.close();
    // The clock that was accepted is the one that counts from then on.
    const after = await openAuthority(home(), noPassphrase);
    await after.issue(ada());
    await after.close();
  });

  it('says which lists run out', async () => {
    const ca = await openNew(home(), { crlDays: 10 });
    expect(await ca.listsDue(days(7))).to.deep.equal([]);
    expect((await ca.listsDue(days(9))).map(({ issuer }) => issuer)).to.deep.equal(['issuing']);
    expect((await ca.listsDue(days(400))).map(({ issuer }) => issuer).sort()).to.deep.equal([
      'issuing',
      'root',
    ]);
    await ca.close();
  });
});
