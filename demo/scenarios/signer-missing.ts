import { compare, LOAD, type Scenario } from '../stage/scenario.js';

export const signerMissing: Scenario = {
  id: 'signer-missing',
  title: 'signed by one, where two different signers are asked for',
  command: `${LOAD} --threshold 2`,
  expected: { outcome: 'refused', code: 'ERR_THRESHOLD' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    return compare(await world.useModel(model, { threshold: 2 }), world);
  },
};
