import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { TrustPolicy } from '../../loader/index.js';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';
import { must, signCommand } from '../stage/trust.js';

export const versionRolledBack: Scenario = {
  id: 'version-rolled-back',
  title: 'an older version, genuinely signed, in the place of the current one',
  command: `${LOAD} --policy modelseal.policy.yaml`,
  expected: { outcome: 'refused', code: 'ERR_MODEL_ROLLBACK' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    const policy = TrustPolicy.of({ minimumVersion: '1.4.0' });
    const sign = async (version: string): Promise<void> => {
      rmSync(join(model, 'model.sig'));
      await must([...signCommand(model, world.path('developer')), '--model-version', version], world);
    };
    await sign('1.4.0');
    const current = compare(await world.useModel(model, { policy }), world);
    if (current.outcome !== 'genuine') return current;
    await sign('1.3.9');
    return compare(await world.useModel(model, { policy }), world);
  },
};
