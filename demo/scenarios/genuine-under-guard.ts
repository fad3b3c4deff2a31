import { observeRun, type Scenario } from '../stage/scenario.js';

export const genuineUnderGuard: Scenario = {
  id: 'genuine-under-guard',
  title: 'the genuine application and model under the guard',
  command: 'modelseal run app/main.js --signed app --signed model --trust-root ca/root.pem',
  expected: { outcome: 'genuine' },
  async play(world) {
    return observeRun(await world.runGuarded(world.copyOfApplication(this.id), {}), world);
  },
};
