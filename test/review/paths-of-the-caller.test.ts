import { join } from 'node:path';
import { verifyModel } from '../../loader/pipeline/index.js';
import { digestModel } from '../../signer/index.js';
import { expectCodeAsync } from '../support/errors.js';
import { AT } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

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
});
