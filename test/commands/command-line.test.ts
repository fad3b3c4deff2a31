import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseTime } from '../../commands/terminal/index.js';
import { cli } from '../support/cli.js';
import { expectCode } from '../support/errors.js';
import { useTemp } from '../support/temp.js';

const codeOf = (stdout: string): string | undefined =>
  (JSON.parse(stdout) as { error?: { code: string } }).error?.code;

describe('command line, odd words', () => {
  const temp = useTemp();

  const wrong: { name: string; words: string[]; code: string }[] = [
    {
      name: 'an option repeated in camel case',
      words: ['--publicKey', 'a', '--publicKey', 'b'],
      code: 'ERR_OPTION_REPEATED',
    },
    {
      name: 'both spellings of one option',
      words: ['--public-key', 'a', '--publicKey', 'b'],
      code: 'ERR_OPTION_REPEATED',
    },
    { name: 'the negation of an option with a value', words: ['--no-trust-root'], code: 'ERR_USAGE' },
    { name: 'a dot in the name of an option', words: ['--trust-root.a', 'x'], code: 'ERR_USAGE' },
    { name: 'an option without its value', words: ['--public-key'], code: 'ERR_USAGE' },
    { name: 'an option with an empty value', words: ['--public-key='], code: 'ERR_USAGE' },
    { name: 'only a list option without a value', words: ['--public-key', 'x', '--crl'], code: 'ERR_USAGE' },
  ];
  for (const { name, words, code } of wrong) {
    it(`refuses ${name}`, async () => {
      const { code: exit, stdout } = await cli(['verify', temp(), ...words, '--json']);
      expect(codeOf(stdout)).to.equal(code);
      expect(exit).to.equal(64);
    });
  }

  it('takes --json=true for --json, and words behind -- for those of the program', async () => {
    const named = await cli(['verify', temp(), '--json=true']);
    expect(codeOf(named.stdout)).to.equal('ERR_TRUST_MISSING');
    const behind = await cli([
      'run',
      join(temp(), 'none.js'),
      '--trust-root',
      'x',
      '--',
      '--json',
      '--quiet',
    ]);
    expect(behind.code).not.to.equal(0);
    expect(behind.stdout).to.equal('');
    expect(behind.stderr).to.include('error:');
  });

  it('says under --quiet why something was refused', async () => {
    const folder = join(temp(), 'model');
    mkdirSync(folder);
    writeFileSync(join(folder, 'bad.pkl'), 'cos\nsystem\n(S"id"\ntR.');
    const scan = await cli(['scan', folder, '--quiet']);
    expect(scan).to.deep.include({ code: 2, stdout: '' });
    expect(scan.stderr).to.include('error:');
  });

  it('names a folder where an audit log belongs, and a file where a quarantine does', async () => {
    const file = join(temp(), 'file');
    writeFileSync(file, 'x');
    for (const args of [
      ['audit', 'verify', temp()],
      ['quarantine', 'list', '--quarantine', file],
    ]) {
      const { stdout } = await cli([...args, '--json']);
      expect(codeOf(stdout)).to.match(/^ERR_FILE_/);
    }
    // A stray file in a quarantine is no entry and no obstacle.
    expect((await cli(['quarantine', 'list', '--quarantine', temp(), '--json'])).code).to.equal(0);
  });

  it('refuses a day that does not exist, with or without a time of day', () => {
    expect(parseTime('2026-02-28T23:59:59Z', '--at').toJSON()).to.equal('2026-02-28T23:59:59.000Z');
    expect(parseTime('2026-03-01T00:30:00+01:00', '--at').toJSON()).to.equal('2026-02-28T23:30:00.000Z');
    for (const text of ['2026-02-30', '2026-02-30T00:00:00Z', '2026-04-31T12:00+02:00', '2026-13-01'])
      expectCode('ERR_USAGE', () => parseTime(text, '--at'));
  });
});
