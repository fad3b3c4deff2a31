import { join } from 'node:path';
import { LiveModel, verifyModel } from '../../loader/index.js';
import { ScannedModel } from '../../scanner/scanned-model.js';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';
import { classifyWith } from '../stage/world.js';
import { flipOneBit } from './weights-bit.js';

/** The attacker wins the race for the disk, and gains nothing: what is loaded are the bytes that were verified. */
export const swappedAfterVerification: Scenario = {
  id: 'swapped-after-verification',
  title: 'weights swapped on disk between verification and load',
  command: LOAD,
  expected: { outcome: 'genuine' },
  async play(world) {
    const folder = world.copyOfModel(this.id);
    const { model } = await verifyModel(folder, { ...world.trust(), hold: true });
    flipOneBit(join(folder, 'model.onnx'));
    const live = await LiveModel.from(await ScannedModel.from(model, folder), { engine: 'wasm' });
    try {
      return compare(await classifyWith(live), world);
    } finally {
      await live.close();
    }
  },
};
