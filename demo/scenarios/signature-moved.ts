import { cpSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';
import { must, signCommand } from '../stage/trust.js';

export const signatureMoved: Scenario = {
  id: 'signature-moved',
  title: 'a signature moved from another model of the same developer',
  command: LOAD,
  expected: { outcome: 'refused', code: 'ERR_FILE_MISSING' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    const other = world.path('scenarios', this.id, 'other');
    cpSync(world.model, other, { recursive: true });
    renameSync(join(other, 'model.onnx'), join(other, 'ranking.onnx'));
    await must([...signCommand(other, world.path('developer')), '--force'], world);
    cpSync(join(other, 'model.sig'), join(model, 'model.sig'));
    return compare(await world.useModel(model), world);
  },
};
