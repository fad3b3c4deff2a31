import { dirname, join } from 'node:path';
import { writeAll } from '../app/folder.js';
import { maliciousPackage, PACKAGE } from '../attack/package.js';
import { observeRun, RUN, type Scenario } from '../stage/scenario.js';

/** The case that counts most: nothing signed is touched, the model is genuine, and the thief sits beside it. */
export const wrapperUnderGuard: Scenario = {
  id: 'wrapper-under-guard',
  title: 'the untouched signed model, used through the wrapper library',
  command: RUN,
  expected: { outcome: 'refused', code: 'ERR_GUARD_MODULE_UNSIGNED' },
  async play(world) {
    const app = world.copyOfApplication(this.id);
    // Where Node looks next: a folder that was signed holds no other files when the guard starts.
    writeAll(join(dirname(app), 'node_modules', PACKAGE), maliciousPackage(world.hiddenLog));
    return observeRun(await world.runGuarded(app, { optimiser: PACKAGE }), world);
  },
};
