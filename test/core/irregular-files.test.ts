import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeFolders, readBounded } from '../../core/files.js';
import { verifyModel } from '../../loader/pipeline/index.js';
import { cli } from '../support/cli.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { AT } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

describe('files that are none', () => {
  const temp = useTemp();

  before(function () {
    if (spawnSync('mkfifo', ['--help']).status !== 0) {
      console.log('skipped: there is no mkfifo here');
      this.skip();
    }
  });

  it('a named pipe in place of a signature refuses instead of waiting for a writer', async () => {
    const signer = publisher();
    const folder = writeModel(join(temp(), 'model'));
    await signer.sign(folder);
    const options = { at: AT, trustRoots: signer.trustRoots, revocation: 'off' as const };
    await verifyModel(folder, options);
    rmSync(join(folder, 'model.sig'));
    execFileSync('mkfifo', [join(folder, 'model.sig')]);
    await expectCodeAsync('ERR_FILE_UNREADABLE', () => verifyModel(folder, options));
  });

  it('devices and pipes reached by another name are not read, streams of the shell are', () => {
    const pipe = join(temp(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    symlinkSync('/dev/zero', join(temp(), 'zero'));
    mkdirSync(join(temp(), 'folder'));
    writeFileSync(join(temp(), 'file'), 'x');
    readBounded(join(temp(), 'file'), 'file', 10);
    for (const name of ['pipe', 'zero', 'folder'])
      expectCode('ERR_FILE_UNREADABLE', () => readBounded(join(temp(), name), 'file', 10));
    readBounded('/dev/null', 'file', 10);
    expectCode('ERR_FILE_TOO_LARGE', () => readBounded('/dev/zero', 'file', 10));
  });

  it('a named pipe as the argument of a command is an error, not a wait', async () => {
    const pipe = join(temp(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const words of [
      ['inspect'],
      ['audit', 'verify'],
      ['audit', 'show'],
      ['metadata', 'write'],
      ['convert'],
    ]) {
      const { code, stdout } = await cli([...words, pipe, '--json']);
      expect(code, words.join(' ')).to.be.oneOf([64, 70]);
      expect(stdout, words.join(' ')).not.to.include('ERR_INTERNAL');
    }
    const logged = await cli(['scan', '--log-file', pipe, writeModel(join(temp(), 'model'))]);
    expect(logged).to.include({ code: 0 });
    expect(logged.stderr).to.include('warning: log: ENXIO');
  });

  it('a folder that cannot hold new ones is an error, not a wait', async function () {
    if (!existsSync('/proc/self')) {
      console.log('      skipped: there is no /proc here');
      this.skip();
    }
    expectCode('ERR_FILE_UNWRITABLE', () => makeFolders('/proc/x/y'));
    expectCode('ERR_FILE_UNWRITABLE', () =>
      makeFolders(join(writeModel(join(temp(), 'm')), 'config.json', 'x')),
    );
    expect(makeFolders(join(temp(), 'a', 'b'))).to.equal(join(temp(), 'a'));
    expect(makeFolders(join(temp(), 'a', 'b'))).to.equal(undefined);
    writeFileSync(join(temp(), 'file'), 'x');
    const words = ['quarantine', 'add', join(temp(), 'file'), '--reason', 'r', '--quarantine', '/proc/x/y'];
    const { code, stderr } = await cli(words);
    expect(code).to.equal(70);
    expect(stderr).to.include('ERR_FILE_UNWRITABLE');
    expect(existsSync(join(temp(), 'file'))).to.equal(true);
  });

  it('a dash is the name of a file for every command', async () => {
    writeFileSync(join(temp(), 'file'), 'x');
    for (const words of [
      ['scan', '-'],
      ['scan', join(temp(), 'file'), '-'],
      ['scan', '--all', '-'],
      ['digest', '-'],
    ])
      expect((await cli(words)).code, words.join(' ')).to.equal(3);
  });

  it('a link to itself is unreadable, not a defect', async () => {
    symlinkSync('loop', join(temp(), 'loop'));
    for (const words of [['inspect'], ['verify', '--public-key', 'x'], ['digest'], ['scan']]) {
      const [command = '', ...more] = words;
      const { stdout } = await cli([command, join(temp(), 'loop'), ...more, '--json']);
      expect(stdout, command).not.to.include('ERR_INTERNAL');
    }
  });
});
