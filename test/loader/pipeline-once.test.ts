import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { encodePem } from '../../core/pem.js';
import { AT } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const COUNT = fileURLToPath(new URL('../support/count-signatures.ts', import.meta.url));

describe('one verification', () => {
  const temp = useTemp();

  it('checks each signature of a path of two certificates, and that of the model, once', async () => {
    const pub = publisher();
    const folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder);
    const root = join(temp(), 'root.pem');
    writeFileSync(root, encodePem('CERTIFICATE', pub.root.certificate.raw));
    const run = spawnSync(process.execPath, ['--import', 'tsx', COUNT, folder, root, AT.toISOString()], {
      encoding: 'utf8',
    });
    expect(run.stdout.trim(), run.stderr).to.equal('3');
  });
});
