import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { cli } from '../support/cli.js';
import { useTemp } from '../support/temp.js';

describe('completion of commands and options', function () {
  this.timeout(20_000);
  const temp = useTemp();

  /** Lets bash complete a line, as it does for Tab at its end. */
  const complete = (script: string, line: string): string[] => {
    const words = line.split(' ').map((word) => `'${word}'`);
    const ask = `. "$1"; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _modelseal; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-uc', ask, 'bash', script], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    return stdout.trim().split('\n');
  };

  it('offers in bash what the command line takes', async () => {
    const script = join(temp(), 'modelseal.bash');
    writeFileSync(script, (await cli(['completion', 'bash'])).stdout);
    for (const [line, words] of [
      ['modelseal ver', ['verify']],
      ['modelseal help ver', ['verify']],
      ['modelseal ca is', ['issue']],
      ['modelseal help ca is', ['issue']],
      ['modelseal ca issue --email', ['--email']],
      ['modelseal verify m --trust-', ['--trust-root', '--trust-store']],
      ['modelseal verify m --revocation ', ['require', 'prefer', 'off']],
      ['modelseal quarantine restore --without', ['--without-verification']],
      ['modelseal check --js', ['--json']],
      ['modelseal verify m --no-', ['--no-manifest-ignores', '--no-color']],
      ['modelseal completion ', ['bash', 'zsh']],
      // Nothing of ours: the shell goes on with names of files.
      ['modelseal verify mod', ['']],
      ['modelseal verify m --crl is', ['']],
    ] as const) {
      expect(complete(script, line), line).to.deep.equal(words);
    }
  });

  it('names every command and every option of its help', async () => {
    const { stdout: script } = await cli(['completion', 'bash']);
    const help = (await cli(['--help'])).stdout;
    const names = [...help.matchAll(/^ {2}modelseal ([a-z]+) /gm)].map((found) => String(found[1]));
    expect(names.length).to.be.greaterThan(15);
    for (const name of names) {
      const text = (await cli([name, '--help'])).stdout.split('Examples:')[0] as string;
      // A description that was broken in front of an option is indented further.
      const options = text.matchAll(/^ {2,6}(?:-h, )?(--[a-z0-9-]+)/gm);
      const line = script.split('\n').find((text) => text.startsWith(`    '${name} '*' '*)`)) ?? '';
      for (const [, option] of options)
        expect(line, `${name} ${option}`).to.match(new RegExp(`[ ']${option}[ ']`));
    }
  });

  it('is a script that zsh reads', async function () {
    if (spawnSync('zsh', ['--version']).status !== 0) {
      console.log('      skipped: no zsh');
      return this.skip();
    }
    const script = join(temp(), '_modelseal');
    writeFileSync(script, (await cli(['completion', 'zsh'])).stdout);
    const asked = `compdef() { :; }; compadd() { shift; print -l -- $@; }; _files() { :; }; . "$1"
      words=(modelseal verify m --revocation ''); CURRENT=5; _modelseal
      words=(modelseal help ca ''); CURRENT=4; _modelseal`;
    const { stdout, stderr } = spawnSync('zsh', ['-fuc', asked, 'zsh', script], { encoding: 'utf8' });
    expect(stderr).to.equal('');
    expect(stdout.split('\n')).to.include.members(['require', 'off', 'issue', 'revoke']);
  });
});
