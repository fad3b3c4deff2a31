import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { verifyModel } from '../../../loader/pipeline/index.js';
import { digestModel } from '../../../signer/index.js';
import { cli } from '../../support/cli.js';
import { expectCodeAsync } from '../../support/errors.js';
import { AT } from '../../support/pki.js';
import { publisher, writeModel } from '../../support/signed-model.js';
import { useTemp } from '../../support/temp.js';

describe('paths that the caller names', () => {
  const temp = useTemp();

  it('are a wrong call where they lead out of the model, not a fault of the model', async () => {
    const signer = publisher();
    const folder = writeModel(join(temp(), 'model'));
    await signer.sign(folder);
    const options = { at: AT, trustRoots: signer.trustRoots, revocation: 'off' as const };
    await verifyModel(folder, { ...options, only: ['./labels/'], ignorePaths: ['./cache/'] });
    for (const path of ['../x', '/etc/passwd', '', '.', 'a/../..']) {
      await expectCodeAsync('ERR_USAGE', () => verifyModel(folder, { ...options, only: [path] }));
      await expectCodeAsync('ERR_USAGE', () => verifyModel(folder, { ...options, ignorePaths: [path] }));
      await expectCodeAsync('ERR_USAGE', () => digestModel(folder, { ignorePaths: [path] }));
    }
  });

  it('may name what to leave out as it lies from here, when signing and when verifying', async () => {
    const signer = publisher();
    const folder = writeModel(join(temp(), 'model'), { 'cache/x': 'x' });
    await signer.sign(folder, { ignorePaths: ['cache'] });
    writeFileSync(join(temp(), 'root.pem'), signer.root.pem);
    const words = ['verify', folder, '--trust-root', join(temp(), 'root.pem'), '--at', AT.toISOString()];
    for (const path of ['extra', join(folder, 'extra')]) {
      const given = [...words, '--ignore-paths', path];
      expect((await cli(given)).code).to.equal(0);
      writeFileSync(join(folder, 'extra'), 'x');
      expect((await cli(given)).code).to.equal(0);
      expect((await cli(words)).code).to.equal(1);
      rmSync(join(folder, 'extra'));
    }
    expect((await cli([...words, '--ignore-paths', join(temp(), 'other')])).code).to.equal(64);
  });
});
