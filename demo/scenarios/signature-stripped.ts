import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { compare, type Scenario } from '../stage/scenario.js';

export const signatureStripped: Scenario = {
  id: 'signature-stripped',
  title: 'signature stripped',
  command: 'rm model/model.sig && modelseal load model --trust-root ca/root.pem',
  expected: { outcome: 'refused', code: 'ERR_SIGNATURE_MISSING' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    rmSync(join(model, 'model.sig'));
    return compare(await world.useModel(model), world);
  },
};
