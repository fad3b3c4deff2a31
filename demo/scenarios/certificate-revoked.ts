import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateSummary } from '../../core/report/index.js';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';
import { issueCommand, must, signCommand } from '../stage/trust.js';

export const certificateRevoked: Scenario = {
  id: 'certificate-revoked',
  title: 'signed with a revoked certificate',
  command: LOAD,
  expected: { outcome: 'refused', code: 'ERR_REVOKED' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    const developer = world.path('scenarios', this.id, 'developer');
    const { certificate } = (await must(issueCommand(world.authority, developer), world)) as {
      certificate: CertificateSummary;
    };
    rmSync(join(model, 'model.sig'));
    await must(signCommand(model, developer), world);
    const home = ['--home', world.authority];
    await must(['ca', 'revoke', certificate.serialNumber, ...home, '--reason', 'keyCompromise'], world);
    await must(['ca', 'crl', ...home], world);
    return compare(await world.useModel(model), world);
  },
};
