import { compare, type Scenario } from '../stage/scenario.js';

export const genuineModel: Scenario = {
  id: 'genuine-model',
  title: 'the genuine model loads and classifies',
  command: 'modelseal load model --trust-root ca/root.pem',
  expected: { outcome: 'genuine' },
  async play(world) {
    return compare(await world.useModel(world.copyOfModel(this.id)), world);
  },
};
