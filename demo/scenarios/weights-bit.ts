import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare, LOAD, type Scenario } from '../stage/scenario.js';

/** Flips the lowest bit of one byte in the middle of the weights. */
export function flipOneBit(file: string): void {
  const bytes = readFileSync(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

export const weightsBit: Scenario = {
  id: 'weights-bit',
  title: 'one bit of the weights flipped',
  command: LOAD,
  expected: { outcome: 'refused', code: 'ERR_FILE_CHANGED' },
  async play(world) {
    const model = world.copyOfModel(this.id);
    flipOneBit(join(model, 'model.onnx'));
    return compare(await world.useModel(model), world);
  },
};
