import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { loadModel, ReportBuilder, TrustPolicy, verifyModel } from '../../loader/index.js';
import type { SignOptions } from '../../signer/index.js';
import { expectCodeAsync } from '../support/errors.js';
import { AT } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
const BASE = { trustRoots: pub.trustRoots, at: AT, policy: TrustPolicy.of({ revocation: 'off' }) };
/** Nobody reads so much within the time of a test. Holes take no room on the disk. */
const HUGE = 2 ** 41;

describe('a file of another size than was signed', () => {
  const temp = useTemp();
  const many = Object.fromEntries(
    Array.from({ length: 1200 }, (_, i) => [`part-${String(i).padStart(4, '0')}`, `${i}`]),
  );
  const models: readonly (readonly [string, Partial<SignOptions>, Readonly<Record<string, string>>])[] = [
    ['a few files', {}, {}],
    ['files that are only looked at when they are opened', {}, many],
    ['shards', { method: 'shards', shardSize: 3 }, {}],
  ];
  for (const [what, options, more] of models) {
    for (const [way, use] of [
      ['verified', verifyModel],
      ['loaded', loadModel],
    ] as const) {
      for (const size of [HUGE, 3, 0]) {
        it(`${what}: ${size} bytes are refused without reading them when ${way}`, async () => {
          const folder = writeModel(join(temp(), 'model'), more);
          await pub.sign(folder, options);
          truncateSync(join(folder, 'labels/names.txt'), size);
          const report = new ReportBuilder(folder, AT);
          let read = 0;
          const onProgress = ({ bytes }: { bytes: number }): void => {
            read = Math.max(read, bytes);
          };
          await expectCodeAsync('ERR_FILE_CHANGED', () => use(folder, { ...BASE, report, onProgress }));
          const { files } = report.build();
          expect(files?.changed).to.deep.equal(['labels/names.txt']);
          expect(files?.missing).to.deep.equal([]);
          // The others were read: a report names every difference.
          expect(files?.matched).to.equal(2 + Object.keys(more).length);
          expect(read).to.be.lessThan(1_000_000);
        });
      }
    }
  }

  it('is refused as well when it grows after the verification', async () => {
    const folder = writeModel(join(temp(), 'model'), many);
    await pub.sign(folder);
    const { model } = await verifyModel(folder, BASE);
    truncateSync(join(folder, 'part-0007'), HUGE);
    await expectCodeAsync('ERR_FILE_CHANGED', () => model.read('part-0007'));
  });
});
