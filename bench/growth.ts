import { closeSync, ftruncateSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GIB, KIB, modelseal, writeModel } from './fixtures.js';
import { runOnce, type Sample, spread } from './measure.js';
import { peakRow, type Row, type Setting, verify } from './row.js';

/** No more than its share, and a little for the noise of few runs. */
const LINEAR = 1.1;

/** A model ten or sixteen times as large must cost no more than ten or sixteen times as much, and no more memory. */
export async function growthRows(s: Setting): Promise<Row[]> {
  const files = Math.round(100_000 / s.scale);
  const few = await timed(s, 'few', (model) => writeModel(model, files / 10, KIB));
  const many = await timed(s, 'many', (model) => writeModel(model, files, KIB));
  // Sparse: what is measured is reading and hashing, for which the disk need not have the room.
  const size = (8 * GIB) / s.scale;
  const small = await timed(s, 'small', (model) => writeSparse(model, size / 16));
  const large = await timed(s, 'large', (model) => writeSparse(model, size));
  const gib = (size * 8) / GIB;
  return [
    growth(`verify ${files.toLocaleString('en')} × 1 KiB`, many, few, 10),
    peakRow(`verify, ${files.toLocaleString('en')} × 1 KiB`, many.peakMiB, 120),
    growth(`verify 8 × ${gib / 8} GiB (sparse)`, large, small, 16),
    peakRow(`verify, 8 × ${gib / 8} GiB`, large.peakMiB, 120),
  ];
}

function growth(work: string, large: Sample, small: Sample, times: number): Row {
  const ratio = large.seconds / (small.seconds * times);
  return {
    work,
    against: `${times} × the time of a ${times}th`,
    unit: 's',
    ours: spread([large.seconds]),
    theirs: spread([small.seconds * times]),
    ratio: spread([ratio]),
    target: `at most ${LINEAR} ×`,
    met: ratio <= LINEAR,
  };
}

async function timed(s: Setting, name: string, write: (model: string) => void): Promise<Sample> {
  const model = join(s.folder, `growth-${name}`);
  write(model);
  modelseal('sign', model, '--private-key', s.identity.key, '--signing-certificate', s.identity.chain);
  const sample = await runOnce(verify(model, '--trust-root', s.identity.root));
  rmSync(model, { recursive: true });
  return sample;
}

function writeSparse(folder: string, size: number): void {
  mkdirSync(folder);
  for (let i = 0; i < 8; i++) {
    const fd = openSync(join(folder, `sparse-${i}.bin`), 'w');
    ftruncateSync(fd, size);
    closeSync(fd);
  }
}
