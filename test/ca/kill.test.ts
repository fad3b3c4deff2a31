import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openAuthority } from '../../ca/index.js';
import { decodeCertificates } from '../../core/x509/index.js';
import { needAll } from '../support/slow.js';
import { useTemp } from '../support/temp.js';
import { AT, ada, noPassphrase, openNew } from './support/authority.js';

const LOOP = fileURLToPath(new URL('support/issue-loop.ts', import.meta.url));
const INIT = fileURLToPath(new URL('support/init-once.ts', import.meta.url));
const ROUNDS = 4;

const start = (home: string, out: string, group: number): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', LOOP, home, out, String(group)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });

async function untilIssuing(out: string, child: ChildProcess): Promise<void> {
  while (!existsSync(out) || readdirSync(out).length < 3) {
    if (child.exitCode !== null) throw new Error('the issuing process ended by itself');
    await sleep(5);
  }
}

describe('ca: killed at any moment', () => {
  before(function () {
    needAll(this);
  });

  const temp = useTemp();

  it('never leaves a certificate that the database does not know, nor a serial twice', async function () {
    this.timeout(120_000);
    const home = join(temp(), 'certs');
    await (await openNew(home)).close();
    const folders: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // Two processes share the database, one issuing singly, one in groups; both die at once, at a random moment.
      const children = [1, 8].map((group) => {
        const out = join(temp(), `out-${round}-${group}`);
        folders.push(out);
        return { out, child: start(home, out, group) };
      });
      await Promise.all(children.map(({ out, child }) => untilIssuing(out, child)));
      await sleep(Math.random() * 150);
      await Promise.all(
        children.map(async ({ child }) => {
          const ended = once(child, 'exit');
          child.kill('SIGKILL');
          await ended;
        }),
      );
    }
    const ca = await openAuthority(home, noPassphrase);
    const serials = new Set<string>();
    let files = 0;
    for (const folder of folders) {
      for (const name of readdirSync(folder)) {
        const bytes = readFileSync(join(folder, name));
        // The very last file may be cut short: the loop of this test writes plainly, the command line does not.
        if (!bytes.toString().includes('END CERTIFICATE')) continue;
        const [certificate] = decodeCertificates(bytes, name);
        if (certificate === undefined) throw new Error(`nothing in ${name}`);
        const record = await ca.find(certificate.serialNumber);
        expect(record.state).to.equal('issued');
        expect(Buffer.compare(record.der ?? Buffer.alloc(0), certificate.raw)).to.equal(0);
        serials.add(certificate.serialNumber);
        files++;
      }
    }
    expect(files).to.be.greaterThan(ROUNDS * 5);
    expect(serials.size).to.equal(files);
    const counts = await ca.count();
    expect(counts.issued).to.be.at.least(files);
    // Life goes on, and what was begun and never finished can still be revoked.
    await ca.issue(ada());
    const [interrupted] = (await ca.list({ state: 'pending' })).records;
    if (interrupted) await ca.revoke({ serial: interrupted.serial, at: AT, reason: 'unspecified' });
    await ca.crl({ at: AT });
    await ca.close();
  });

  it('makes a whole authority or none', async function () {
    this.timeout(120_000);
    const outcomes: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const folder = join(temp(), `round-${round}`);
      mkdirSync(folder);
      const home = join(folder, 'certs');
      const child = spawn(process.execPath, ['--import', 'tsx', INIT, home], { stdio: 'ignore' });
      const ended = once(child, 'exit');
      // The first sign of anything on the disk is the moment to strike, or a little later.
      while (readdirSync(folder).length === 0 && child.exitCode === null) await sleep(1);
      expect(child.exitCode, 'init ended before it was killed').to.be.oneOf([null, 0]);
      await sleep(round * 3);
      child.kill('SIGKILL');
      await ended;
      if (existsSync(home)) {
        const ca = await openAuthority(home, noPassphrase);
        await ca.issue(ada());
        await ca.crl({ at: AT, issuer: 'root' });
        await ca.close();
        outcomes.push('whole');
      } else {
        // Nothing is in the way of the next attempt.
        await (await openNew(home)).close();
        outcomes.push('none');
      }
    }
    expect(outcomes).to.have.length(ROUNDS);
  });
});
