import { join } from 'node:path';
import { signingKey } from '../../core/keys/index.js';
import { readCertificates } from '../../core/x509/index.js';
import { signModel } from '../../signer/index.js';
import { forge } from '../attack/forge.js';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';

export const attackerCa: Scenario = {
  id: 'attacker-ca',
  title: "re-signed by an attacker's CA with the same names",
  command: LOAD,
  expected: { outcome: 'refused', code: 'ERR_PATH_SIGNATURE' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    const [leaf, issuing] = readCertificates(world.path('developer', 'chain.pem'));
    const [root] = readCertificates(join(world.authority, 'root.pem'));
    if (!leaf || !issuing || !root) throw new Error('the genuine chain is not there');
    const forgedIssuing = await forge(issuing, await forge(root));
    const forged = await forge(leaf, forgedIssuing);
    await signModel(model, {
      key: signingKey(forged.key),
      certificate: forged.certificate,
      chain: [forgedIssuing.certificate],
      at: world.now(),
      overwrite: true,
    });
    return compare(await world.useModel(model), world);
  },
};
