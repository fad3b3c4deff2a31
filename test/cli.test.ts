import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { AuditLog } from '../core/audit/index.js';
import { main } from '../cli.js';
import { cli } from './support/cli.js';
import { useTemp } from './support/temp.js';

const AT = new Date('2026-03-01T12:00:00Z');

describe('command line', () => {
  const temp = useTemp();
  const log = (): string => {
    const file = join(temp(), 'audit.jsonl');
    new AuditLog(file, 'tester').append('verify', { model: 'm' }, AT);
    return file;
  };

  it('prints help and version on stdout with exit code 0', async () => {
    const help = await cli(['--help']);
    expect(help).to.deep.include({ code: 0, stderr: '' });
    expect(help.stdout).to.include('modelseal audit');
    const sub = await cli(['audit', 'verify', '--help']);
    expect(sub.code).to.equal(0);
    expect(sub.stdout).to.include('--head').and.to.include('Examples:');
    expect((await cli(['--version'])).stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('has an example in the help of every command', async () => {
    const parents: Record<string, string[]> = {
      ca: ['init', 'issue', 'request', 'list', 'show', 'revoke', 'crl', 'ocsp'],
      quarantine: ['list', 'show', 'add', 'restore', 'purge'],
      audit: ['verify', 'show'],
      metadata: ['verify', 'write'],
      certificate: ['verify'],
    };
    const help = (await cli(['--help'])).stdout;
    const names = [...help.matchAll(/^ {2}modelseal (\w+) /gm)].map((found) => found[1] as string);
    expect(names.length).to.be.greaterThan(15);
    for (const name of names) {
      for (const words of [[name], ...(parents[name] ?? []).map((sub) => [name, sub])])
        expect((await cli([...words, '--help'])).stdout, words.join(' ')).to.include('Examples:');
    }
  });

  const usage: { name: string; args: (file: string) => string[]; code: string }[] = [
    { name: 'no command', args: () => [], code: 'ERR_USAGE' },
    { name: 'an unknown command', args: () => ['foo'], code: 'ERR_USAGE' },
    { name: 'no sub-command', args: () => ['audit'], code: 'ERR_USAGE' },
    { name: 'an unknown sub-command', args: () => ['audit', 'foo'], code: 'ERR_USAGE' },
    { name: 'an unknown option', args: (f) => ['audit', 'verify', f, '--foo'], code: 'ERR_USAGE' },
    { name: 'a surplus argument', args: (f) => ['audit', 'verify', f, 'more'], code: 'ERR_USAGE' },
    { name: 'a missing argument', args: () => ['audit', 'verify'], code: 'ERR_USAGE' },
    {
      name: 'a repeated option',
      args: (f) => ['audit', 'verify', f, '--head', 'a', '--head', 'b'],
      code: 'ERR_OPTION_REPEATED',
    },
    {
      name: 'a repeated flag',
      args: (f) => ['audit', 'verify', f, '--quiet', '--quiet'],
      code: 'ERR_OPTION_REPEATED',
    },
  ];
  for (const { name, args, code } of usage) {
    it(`refuses ${name} with exit code 64`, async () => {
      const human = await cli(args(log()));
      expect(human).to.deep.include({ code: 64, stdout: '' });
      expect(human.stderr).to.include(`[${code}]`).and.to.include('hint:');
      const json = await cli([...args(log()), '--json']);
      expect(json.code).to.equal(64);
      expect((JSON.parse(json.stdout) as { error: { code: string } }).error.code).to.equal(code);
    });
  }

  it('names the word that is unknown, and the one that was probably meant', async () => {
    const said = async (...args: string[]): Promise<string> =>
      (await cli(args)).stderr.split('\n')[0] as string;
    expect(await said('verfy', 'm')).to.equal(
      'error: unknown command: verfy; did you mean verify? [ERR_USAGE]',
    );
    expect(await said('ca', 'isseu')).to.equal(
      'error: unknown command: isseu; did you mean issue? [ERR_USAGE]',
    );
    expect(await said('digest', 'm', '--frobnicate')).to.equal(
      'error: unknown option: --frobnicate [ERR_USAGE]',
    );
  });

  it('names an option and a sub-command that was probably meant', async () => {
    const said = async (...args: string[]): Promise<string> =>
      (await cli(args)).stderr.split(' [')[0] as string;
    for (const [line, problem] of [
      ['verify m --trust-rot x', 'unknown option: --trust-rot; did you mean --trust-root?'],
      ['ca issue --emial x', 'unknown option: --emial; did you mean --email?'],
      ['quarantine restroe x', 'unknown command: restroe; did you mean restore?'],
      ['certificate verfy x', 'unknown command: verfy; did you mean verify?'],
      ['digest m n', 'surplus argument: n'],
      ['ca frobnicate', 'unknown command or surplus argument: frobnicate'],
      ['help verfy', 'unknown command: verfy; did you mean verify?'],
      ['help ca isseu', 'unknown command: isseu; did you mean issue?'],
      ['help verify it', 'unknown command: it'],
    ] as const)
      expect(await said(...line.split(' ')), line).to.equal(`error: ${problem}`);
  });

  it('gives the help of a command for -h and for help', async () => {
    for (const [words, path] of [
      [[], []],
      [['verify'], ['verify']],
      [
        ['ca', 'issue'],
        ['ca', 'issue'],
      ],
      [['quarantine'], ['quarantine']],
    ] as const) {
      const long = await cli([...words, '--help']);
      expect(long.code).to.equal(0);
      expect(long.stdout).to.match(new RegExp(`^modelseal ${path.join(' ')}`));
      expect(await cli([...words, '-h'])).to.deep.equal(long);
      expect(await cli(['help', ...path])).to.deep.equal(long);
    }
  });

  it('ends with 0 when accepted, 1 when refused, 3 when a named file is missing', async () => {
    const file = log();
    const good = await cli(['audit', 'verify', file, '--json']);
    expect(good.code).to.equal(0);
    expect(JSON.parse(good.stdout)).to.deep.include({ entries: 1 });
    expect(await cli(['audit', 'verify', `${file}.none`])).to.deep.include({ code: 3, stdout: '' });
    writeFileSync(file, readFileSync(file, 'utf8').replace('"m"', '"x"'));
    const bad = await cli(['audit', 'verify', file]);
    expect(bad.code).to.equal(1);
    expect(bad.stderr).to.include('ERR_AUDIT_BROKEN');
  });

  it('prints nothing but errors with --quiet, and no colour without a terminal', async () => {
    expect(await cli(['audit', 'verify', log(), '--quiet'])).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect((await cli(['audit', 'verify', log()])).stdout).not.to.include('\u001b[');
  });

  it('paints on a terminal, unless it is told not to or the terminal only prints', async () => {
    const said = async (env: Record<string, string>, ...args: string[]): Promise<string> => {
      const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
      await main(['audit', 'verify', join(temp(), 'none'), ...args], { stdout: stream, stderr: stream }, env);
      return String(stream.read());
    };
    expect(await said({ TERM: 'xterm' })).to.include('\u001b[');
    for (const plain of [said({ TERM: 'dumb' }), said({ NO_COLOR: '1' }), said({}, '--no-color')])
      expect(await plain)
        .to.include('error:')
        .and.not.to.include('\u001b');
  });

  it('makes a name from outside harmless on the terminal', async () => {
    const { stderr } = await cli(['audit', 'verify', `no\u001b[31m\nthing\u202e`]);
    expect(stderr).not.to.include('\u001b[31m').and.not.to.include('\u202e');
    expect(stderr).to.include('\\u001b[31m');
  });
});
