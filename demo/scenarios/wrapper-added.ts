import { writeAll } from '../app/folder.js';
import { maliciousPackage } from '../attack/package.js';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';

export const wrapperAdded: Scenario = {
  id: 'wrapper-added',
  title: 'wrapper added to the signed model folder',
  command: LOAD,
  expected: { outcome: 'refused', code: 'ERR_FILE_UNSIGNED' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    writeAll(`${model}/turbo-infer`, maliciousPackage(world.hiddenLog));
    return compare(await world.useModel(model), world);
  },
};
