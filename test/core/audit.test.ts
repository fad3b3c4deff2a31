import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { AuditLog, readAuditLog, verifyAuditLog } from '../../core/audit/index.js';
import { expectCode } from '../support/errors.js';
import { useTemp } from '../support/temp.js';

const AT = new Date('2026-03-01T12:00:00Z');

describe('audit log', () => {
  const temp = useTemp();
  const make = (n: number): { file: string; head: string; lines: string[] } => {
    const file = join(temp(), 'logs', 'audit.jsonl');
    const log = new AuditLog(file, 'tester');
    let head = '';
    for (let i = 0; i < n; i++)
      head = log.append('verify', { model: `m${i}`, signer: 'müller@example.org' }, AT).hash;
    return { file, head, lines: readFileSync(file, 'utf8').trimEnd().split('\n') };
  };

  it('chains its entries and verifies', () => {
    const { file, head } = make(5);
    expect(verifyAuditLog(file, head)).to.deep.include({ entries: 5, head, torn: 0 });
    expect([...readAuditLog(file)].map((e) => e.data.model)).to.deep.equal(['m0', 'm1', 'm2', 'm3', 'm4']);
  });

  const edits: { name: string; edit: (lines: string[]) => string[]; line: number }[] = [
    { name: 'a changed entry', edit: (l) => l.with(1, (l[1] as string).replace('m1', 'mX')), line: 2 },
    { name: 'a removed entry', edit: (l) => l.toSpliced(2, 1), line: 3 },
    { name: 'swapped entries', edit: (l) => [l[1], l[0], ...l.slice(2)] as string[], line: 1 },
    { name: 'a doubled entry', edit: (l) => l.toSpliced(2, 0, l[1] as string), line: 3 },
    {
      name: 'a field that no hash covers',
      edit: (l) => l.with(1, (l[1] as string).replace('{', '{"note":1,')),
      line: 2,
    },
    {
      name: 'a field twice',
      edit: (l) => l.with(1, (l[1] as string).replace('{', '{"sequence":7,')),
      line: 2,
    },
    { name: 'another spelling', edit: (l) => l.with(1, (l[1] as string).replace('m1', '\\u006d1')), line: 2 },
    { name: 'a line that is no entry', edit: (l) => l.toSpliced(2, 0, 'hello'), line: 4 },
  ];
  for (const { name, edit, line } of edits) {
    it(`finds ${name}`, () => {
      const { file, lines } = make(4);
      writeFileSync(file, `${edit(lines).join('\n')}\n`);
      const error = expectCode('ERR_AUDIT_BROKEN', () => verifyAuditLog(file));
      expect(error.details.line).to.equal(line);
    });
  }

  it('finds entries cut off at the end when the head is known', () => {
    const { file, head, lines } = make(3);
    writeFileSync(file, `${lines.slice(0, 2).join('\n')}\n`);
    expect(verifyAuditLog(file).entries).to.equal(2);
    expectCode('ERR_AUDIT_HEAD', () => verifyAuditLog(file, head));
  });

  it('keeps and accounts for a line that a killed process left unfinished', () => {
    const { file, lines } = make(2);
    // Cut inside a two-byte character, as a kill at any byte may.
    const whole = Buffer.from(lines[1] as string);
    appendFileSync(file, whole.subarray(0, whole.indexOf(0xc3) + 1));
    new AuditLog(file, 'tester').append('load', {}, AT);
    expect(verifyAuditLog(file)).to.deep.include({ entries: 4, torn: 1 });
  });

  it('refuses to continue after an entry that is not intact', () => {
    const { file, lines } = make(2);
    writeFileSync(file, `${lines[0]}\n${(lines[1] as string).replace('m1', 'mX')}\n`);
    expectCode('ERR_AUDIT_BROKEN', () => new AuditLog(file, 'tester').append('load', {}, AT));
  });

  it('clears a lock that names nobody, and leaves none behind', function () {
    this.timeout(20_000);
    const { file } = make(1);
    writeFileSync(`${file}.lock`, '');
    new AuditLog(file, 'tester').append('load', {}, AT);
    expect(verifyAuditLog(file).entries).to.equal(2);
    expect(readdirSync(dirname(file))).to.deep.equal([basename(file)]);
  });

  it('stays whole when several processes append at once, one of them killed', async function () {
    this.timeout(60_000);
    const file = join(temp(), 'audit.jsonl');
    const child = fileURLToPath(new URL('../support/audit-writer.ts', import.meta.url));
    const run = (n: number) =>
      spawn(process.execPath, ['--import', 'tsx', child, file, String(n)], { stdio: 'ignore' });
    const victim = run(100_000);
    const steady = [run(40), run(40)];
    const ends = steady.map((p) => new Promise((resolve) => p.once('exit', resolve)));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const dead = new Promise((resolve) => victim.once('exit', resolve));
    victim.kill('SIGKILL');
    await dead;
    expect(await Promise.all(ends)).to.deep.equal([0, 0]);
    new AuditLog(file, 'tester').append('verify', {}, AT);
    const entries = [...readAuditLog(file)];
    expect(verifyAuditLog(file).entries).to.equal(entries.length);
    expect(entries.length).to.be.greaterThan(80);
  });
});
