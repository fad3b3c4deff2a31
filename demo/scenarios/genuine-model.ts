import { compare, LOAD, type Scenario } from '../stage/scenario.js';

export const genuineModel: Scenario = {
  id: 'genuine-model',
  title: 'the genuine model loads and classifies',
  command: LOAD,
  expected: { outcome: 'genuine' },
  async play(world) {
    return compare(await world.useModel(world.copyOfModel(this.id)), world);
  },
};
