import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateSummary } from '../../core/report/index.js';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';
import { issueCommand, must, signCommand } from '../stage/trust.js';
import { TSA_TRUST, withTsa } from '../stage/tsa.js';

export const revokedKeyStamped: Scenario = {
  id: 'revoked-key-stamped',
  title: 'signed with a stolen key after its revocation, with a time stamp that is honest and too late',
  command: `${LOAD} ${TSA_TRUST}`,
  expected: { outcome: 'refused', code: 'ERR_REVOKED' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    const developer = world.path('scenarios', this.id, 'developer');
    const { certificate } = (await must(issueCommand(world.authority, developer), world)) as {
      certificate: CertificateSummary;
    };
    const home = ['--home', world.authority];
    await must(['ca', 'revoke', certificate.serialNumber, ...home, '--reason', 'keyCompromise'], world);
    await must(['ca', 'crl', ...home], world);
    rmSync(join(model, 'model.sig'));
    await withTsa(world, (url) => must([...signCommand(model, developer), '--timestamp-url', url], world));
    const { trustRoots } = world.trust();
    return compare(await world.useModel(model, { tsaRoots: trustRoots }), world);
  },
};
