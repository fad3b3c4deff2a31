import { setTimeout } from 'node:timers/promises';
import { copyFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GIB, MODELSEAL, modelseal, writeModel, writeRandom } from './fixtures.js';
import { node, type Row, ratioRow, type Setting, verify } from './row.js';

/** A model of 4 GiB with a small file beside its weights: what changes between two releases of a configuration. */
export async function benchCache(s: Setting): Promise<Row[]> {
  const model = join(s.folder, 'cached');
  writeModel(model, 8, GIB / 2 / s.scale);
  const small = join(model, 'config.bin');
  writeRandom(small, 1024);
  const cache = [
    '--digest-cache',
    join(s.folder, 'digests'),
    '--digest-cache-key',
    join(s.folder, 'cache-key'),
  ];
  const signing = ['--private-key', s.identity.key, '--signing-certificate', s.identity.chain];
  const old = join(s.folder, 'old.sig');
  const trust = ['--trust-root', s.identity.root];
  const again = (...more: string[]) => node('sign', MODELSEAL, 'sign', model, ...signing, '--force', ...more);
  // A file that changed a moment ago is not kept.
  await setTimeout(2500);
  modelseal('sign', model, ...signing, ...cache);
  copyFileSync(join(model, 'model.sig'), old);
  writeFileSync(small, Buffer.alloc(statSync(small).size, 1));
  const full = { ...again(), name: 'the same, every file read' };
  const signed = await ratioRow(
    're-sign 4 GiB after a change of a 1 KiB file',
    0.02,
    again(...cache, '--reuse', old),
    full,
    s.runs,
  );
  const read = { ...verify(model, ...trust), name: 'the same, every file read' };
  const verified = await ratioRow(
    'verify 4 GiB again with a digest cache, after that change',
    0.02,
    verify(model, ...trust, ...cache),
    read,
    s.runs,
  );
  return [signed, verified];
}
