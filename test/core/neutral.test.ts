import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli } from '../support/cli.js';
import { useTemp } from '../support/temp.js';

/** What a CI service takes for a command, wherever or at the beginning of a line. */
const COMMANDS = /##(?:vso|teamcity)?\[|^\s*::[a-z-]+(?: |::)/m;
const NAMES = [
  '##vso[task.setvariable variable=x]y',
  '##[add-mask]z',
  '##teamcity[buildStatus text=ok]',
  '::add-mask::w',
  '::set-output name=a::b',
  'line\n::warning::v',
];

describe('names that are commands to a CI service', () => {
  const temp = useTemp();

  for (const name of NAMES) {
    for (const args of [
      ['verify'],
      ['verify', '--json'],
      ['scan'],
      ['scan', '--json'],
      ['check'],
      ['check', '--json'],
      ['check', '--sarif', '-'],
      ['check', '--junit', '-'],
      ['check', '--markdown', '-'],
      ['check', '--html', '-'],
      ['inspect'],
      ['load'],
      ['digest'],
    ]) {
      it(`${JSON.stringify(name)} stays a name in ${args.join(' ')}`, async () => {
        const folder = join(temp(), `${name}-model`);
        mkdirSync(folder);
        writeFileSync(join(folder, `${name}.pkl`), Buffer.from('cos\nsystem\n(S"id"\ntR.'));
        const trust = ['verify', 'load', 'check'].includes(args[0] as string)
          ? ['--trust-root', join(folder, `${name}.pem`)]
          : [];
        for (const path of [folder, join(folder, 'absent'), temp()]) {
          const [command = '', ...rest] = args;
          const { stdout, stderr } = await cli([command, path, ...trust, ...rest]);
          expect(stdout + stderr).not.to.match(COMMANDS);
          if (args.includes('--json')) JSON.parse(stdout.split('\n')[0] ?? '');
        }
      });
    }
  }
});
