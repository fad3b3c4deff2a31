import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';

export const signatureStripped: Scenario = {
  id: 'signature-stripped',
  title: 'signature stripped',
  command: LOAD,
  expected: { outcome: 'refused', code: 'ERR_SIGNATURE_MISSING' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    rmSync(join(model, 'model.sig'));
    return compare(await world.useModel(model), world);
  },
};
