import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readBounded } from '../../core/files.js';
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

  it('a link to itself is unreadable, not a defect', async () => {
    symlinkSync('loop', join(temp(), 'loop'));
    for (const words of [['inspect'], ['verify', '--public-key', 'x'], ['digest'], ['scan']]) {
      const [command = '', ...more] = words;
      const { stdout } = await cli([command, join(temp(), 'loop'), ...more, '--json']);
      expect(stdout, command).not.to.include('ERR_INTERNAL');
    }
  });
});
