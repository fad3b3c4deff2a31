import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { encryptPrivateKey } from '../../core/keys/index.js';
import { cli } from '../support/cli.js';
import { makeChain } from '../support/pki.js';
import { writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const SECRET = 'marker-of-the-passphrase';

describe('passphrase files', function () {
  this.timeout(60_000);
  const temp = useTemp();

  it('hold one line of text, and never appear in what is printed', async () => {
    const model = writeModel(join(temp(), 'model'));
    const { leaf, issuing } = makeChain();
    const file = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(temp(), name), content, { mode: 0o600 });
      return join(temp(), name);
    };
    const key = file('key.pem', await encryptPrivateKey(leaf.key.privateKey, SECRET));
    const chain = file('chain.pem', leaf.pem + issuing.pem);
    const sign = async (passphrase: string | Uint8Array): Promise<string> => {
      const result = await cli(
        [
          ...['sign', model, '--private-key', key, '--signing-certificate', chain, '--json', '--force'],
          ...['--passphrase-file', file('pass', passphrase)],
        ],
        { MODELSEAL_DEBUG: '1' },
      );
      expect(result.stdout + result.stderr).not.to.include(SECRET);
      return (JSON.parse(result.stdout) as { error?: { code: string } }).error?.code ?? 'signed';
    };
    expect(await sign(SECRET)).to.equal('signed');
    expect(await sign(`${SECRET}\n`)).to.equal('signed');
    expect(await sign(`${SECRET}\r\n`)).to.equal('signed');
    expect(await sign(`${SECRET}-other`)).to.equal('ERR_PASSPHRASE_WRONG');
    expect(await sign(`${SECRET}\nmore\n`)).to.equal('ERR_USAGE');
    expect(await sign(Buffer.from(`${SECRET}\xff`, 'latin1'))).to.equal('ERR_USAGE');
    expect(await sign('')).to.equal('ERR_USAGE');
  });
});
