import { observeRun, RUN, type Scenario } from '../stage/scenario.js';

export const genuineUnderGuard: Scenario = {
  id: 'genuine-under-guard',
  title: 'the genuine application and model under the guard',
  command: RUN,
  expected: { outcome: 'genuine' },
  async play(world) {
    return observeRun(await world.runGuarded(world.copyOfApplication(this.id), {}), world);
  },
};
