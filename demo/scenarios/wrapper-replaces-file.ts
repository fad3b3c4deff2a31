import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { maliciousClassifier } from '../attack/package.js';
import { observeRun, RUN, type Scenario } from '../stage/scenario.js';

export const wrapperReplacesFile: Scenario = {
  id: 'wrapper-replaces-file',
  title: 'wrapper in place of a signed file of the application',
  command: RUN,
  expected: { outcome: 'refused', code: 'ERR_GUARD_MODULE_CHANGED' },
  async play(world) {
    const app = world.copyOfApplication(this.id);
    const target = join(app, 'classifier.js');
    writeFileSync(target, maliciousClassifier(readFileSync(target, 'utf8'), world.hiddenLog));
    return observeRun(await world.runGuarded(app, {}), world);
  },
};
