import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { foreignOptionOf, splitNodeOptions } from '../../core/node-options.js';
import { useTemp } from '../support/temp.js';

/** What Node itself makes of NODE_OPTIONS: the values of an option that may be given any number of times. */
function byNode(text: string): string[] | undefined {
  const print = "require('internal/options').getOptionValue('--conditions')";
  const run = spawnSync(process.execPath, ['--expose-internals', '-p', `JSON.stringify(${print})`], {
    encoding: 'utf8',
    env: { NODE_OPTIONS: text },
  });
  return run.status === 0 ? (JSON.parse(run.stdout) as string[]) : undefined;
}

/** Values as people and attackers write them: quotes inside of words, escapes, spaces that do not part. */
const VALUES = [
  'plain',
  '"in quotes"',
  'half"in quotes"half',
  '"an escaped \\" quote"',
  '"an escaped \\\\ backslash"',
  'no\\escape',
  "'single",
  'tab\there',
  'line\nhere',
  '"\\--require"',
  'x""y',
  'é',
  'a"\\ b"\\c',
];

describe('Node options', () => {
  it('are split as Node splits them', function () {
    this.timeout(20_000);
    const texts = [
      ...VALUES.map((value) => `--conditions=${value} --conditions=last`),
      VALUES.map((value) => `--conditions=${value}`).join('  '),
      '"--conditions=whole word" --cond"itions="split',
      '  --conditions=a   --conditions=b  ',
    ];
    for (const text of texts) {
      const words = splitNodeOptions(text).map((word) => word.replace(/^--conditions=/, ''));
      expect(byNode(text), text).to.deep.equal(words);
    }
  });

  it('are foreign unless they are known to change no code', () => {
    for (const text of [
      '--require x',
      '-r x',
      '--import=x',
      '--loader x',
      '--experimental-loader=x',
      '--env-file=.env',
      '--experimental-config-file=x',
      '--experimental-default-config-file',
      '--inspect',
      '--inspect-brk=0',
      '--inspect_port=0',
      '--conditions=x',
      '-C x',
      '--preserve-symlinks',
      '--experimental-strip-types',
      '--openssl-config=x',
      '--title "a b" --require=x',
      '--title="a\\" --no-warnings" "--require=x"',
      '--no-warnings "--im"port=x',
      '--no-warnings\t--require=x',
      'stray',
    ])
      expect(foreignOptionOf([], text), text).to.include({ source: 'NODE_OPTIONS' });
    for (const text of [
      undefined,
      '',
      ' ',
      '--max-old-space-size=4096 --no-warnings',
      '--title "x --require y"',
      '--enable-source-maps',
    ])
      expect(foreignOptionOf([], text), text).to.equal(undefined);
    expect(foreignOptionOf(['--require', 'x'], undefined)).to.deep.equal({
      option: '--require',
      source: 'command line',
    });
  });
});

describe('command line: code of others in the process', function () {
  this.timeout(20_000);
  const temp = useTemp();
  const program = fileURLToPath(new URL('../../dist/bin/modelseal.cjs', import.meta.url));
  const start = (args: readonly string[], nodeOptions = '', execArgv: readonly string[] = []) =>
    spawnSync(process.execPath, [...execArgv, program, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, NODE_OPTIONS: nodeOptions, MODELSEAL_CODE_CACHE: 'off' },
    });

  it('judges nothing beside it, and says which option it was', function () {
    if (!existsSync(program)) {
      console.log('      skipped: the command line is not built (npm run build)');
      this.skip();
    }
    const evil = join(temp(), 'evil file.cjs');
    writeFileSync(evil, '');
    const model = join(temp(), 'model.bin');
    writeFileSync(model, 'x');
    for (const command of ['verify', 'scan', 'check', 'load', 'run', 'digest']) {
      const run = start([command, model], `--require "${evil}"`);
      expect(run.status, command).to.equal(70);
      expect(run.stderr).to.include('ERR_NODE_OPTION').and.to.include('--require (NODE_OPTIONS)');
    }
    const json = start(['digest', model, '--json'], '', ['--require', evil]);
    expect(json.status).to.equal(70);
    expect((JSON.parse(json.stdout) as { error: { code: string } }).error.code).to.equal('ERR_NODE_OPTION');
    expect(start(['digest', model], '--max-old-space-size=512').status).to.equal(0);
    // Helping judges nothing.
    expect(start(['--help'], `--require "${evil}"`).status).to.equal(0);
  });
});
