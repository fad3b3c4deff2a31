import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { GIB, KIB, MIB, MODELSEAL, peerPython, writeModel } from './fixtures.js';
import { type Command, runOnce, type Spread, spread } from './measure.js';
import type { Row, Setting } from './row.js';

/** One cell of the comparison with the Python reference implementation. */
export interface Cell {
  readonly operation: 'sign' | 'verify';
  readonly files: number;
  readonly bytes: number;
  readonly ours: Spread;
  readonly theirs: Spread;
}

const SIZES: readonly { readonly files: number; readonly size: number; readonly label: string }[] = [
  { files: 1, size: KIB, label: '1 KiB' },
  { files: 1, size: MIB, label: '1 MiB' },
  { files: 1, size: 64 * MIB, label: '64 MiB' },
  { files: 1, size: GIB, label: '1 GiB' },
  { files: 1, size: 4 * GIB, label: '4 GiB' },
  { files: 16, size: 64 * MIB, label: '16 × 64 MiB' },
  { files: 1000, size: 10 * KIB, label: '1,000 × 10 KiB' },
  { files: 10_000, size: 10 * KIB, label: '10,000 × 10 KiB' },
];

/**
 * Signs and verifies with both implementations, by EC key, over one file of several sizes and many small ones.
 *
 * @param cells Where the figures for the plot are put.
 */
export async function benchReference(s: Setting, cells: Cell[]): Promise<Row[]> {
  const against = 'Python model-signing';
  const python = peerPython('model_signing');
  if (python === undefined) {
    const skipped =
      'the Python package model-signing is not installed (MODELSEAL_PEERS names a virtual environment)';
    return [{ work: 'sign and verify, every size', against, unit: 's', target: 'below 1 ×', skipped }];
  }
  const rows: Row[] = [];
  for (const { files, size, label } of SIZES) {
    const scaled = Math.max(8, Math.floor(size / (size > MIB ? s.scale : 1)));
    const model = join(s.folder, 'reference');
    writeModel(model, files, scaled);
    const [mine, other] = [join(s.folder, 'ours.sig'), join(s.folder, 'theirs.sig')];
    const { ecKey, ecPublic } = s.identity;
    const ours = (...args: string[]): Command => ({
      name: 'modelseal',
      program: process.execPath,
      args: [MODELSEAL, ...args],
    });
    const theirs = (...args: string[]): Command => ({
      name: against,
      program: python,
      args: ['-m', 'model_signing', ...args],
    });
    const pairs = [
      {
        operation: 'sign' as const,
        a: ours('sign', model, '--private-key', ecKey, '--signature', mine, '--force'),
        b: theirs('sign', 'key', model, '--private_key', ecKey, '--signature', other),
      },
      {
        operation: 'verify' as const,
        a: ours('verify', model, '--public-key', ecPublic, '--signature', mine),
        b: theirs('verify', 'key', model, '--public_key', ecPublic, '--signature', other),
      },
    ];
    for (const { operation, a, b } of pairs) {
      const [x, y]: [number[], number[]] = [[], []];
      // The reference takes seconds on the large sizes; three pairs show the order clearly.
      const runs = files * scaled > 512 * MIB ? 2 : Math.min(3, s.runs);
      await runOnce(a);
      await runOnce(b);
      for (let i = 0; i < runs; i++) {
        x.push((await runOnce(a)).seconds);
        y.push((await runOnce(b)).seconds);
      }
      const ratio = spread(x.map((seconds, i) => seconds / (y[i] as number)));
      cells.push({ operation, files, bytes: files * scaled, ours: spread(x), theirs: spread(y) });
      rows.push({
        work: `${operation} ${label}`,
        against,
        unit: 's',
        ours: spread(x),
        theirs: spread(y),
        ratio,
        target: 'below 1 ×',
        met: ratio.median < 1,
      });
    }
    rmSync(model, { recursive: true });
    rmSync(mine, { force: true });
    rmSync(other, { force: true });
  }
  return rows;
}
