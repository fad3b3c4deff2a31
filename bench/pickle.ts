import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MIB, MODELSEAL } from './fixtures.js';
import { runOnce, spread } from './measure.js';
import type { Row, Setting } from './row.js';

/** What the issue asks for: a fiftieth of the time of Python's picklescan. */
const TARGET = 1 / 50;
const SIZE = 200 * MIB;

/** `[{'id': 1, 'name': 'n1', 'v': (1, 0.5)}, …]` as Python writes it in protocol 4: some opcode every three bytes. */
function writeDensePickle(file: string, size: number): void {
  const fd = openSync(file, 'w');
  let at = writeSync(fd, Buffer.from('\x80\x04]\x94(', 'latin1'));
  for (let i = 0; at < size; ) {
    const parts: Buffer[] = [];
    for (const end = i + 1000; i < end; i++) {
      const name = Buffer.from(`n${i}`);
      const int = Buffer.alloc(5, 'J');
      int.writeInt32LE(i, 1);
      const float = Buffer.alloc(9, 'G');
      float.writeDoubleBE(i / 2, 1);
      parts.push(Buffer.from('}\x94(\x8c\x02id', 'latin1'), int, Buffer.from('\x8c\x04name\x8c', 'latin1'));
      parts.push(
        Buffer.of(name.length),
        name,
        Buffer.from('\x94\x8c\x01v', 'latin1'),
        int,
        float,
        Buffer.from('\x86\x94u', 'latin1'),
      );
    }
    parts.push(Buffer.from('e(', 'latin1'));
    at += writeSync(fd, Buffer.concat(parts));
  }
  writeSync(fd, Buffer.from('e.', 'latin1'));
  closeSync(fd);
}

/** The scan of one large pickle, beside picklescan where MODELSEAL_PEERS has it. */
export async function benchPickle(s: Setting): Promise<Row[]> {
  const file = join(s.folder, 'dense.pkl');
  writeDensePickle(file, SIZE / s.scale);
  const work = `scan of a ${Math.round(SIZE / s.scale / MIB)} MiB pickle`;
  const ours = { name: 'modelseal scan', program: process.execPath, args: [MODELSEAL, 'scan', file] };
  const peers = process.env.MODELSEAL_PEERS;
  const program = peers ? join(peers, 'bin', 'picklescan') : '';
  const target = 'at most 0.02 ×';
  if (!existsSync(program)) {
    const alone = await Promise.all([runOnce(ours)]);
    return [
      {
        work,
        against: 'picklescan',
        unit: 's',
        ours: spread(alone.map((sample) => sample.seconds)),
        target,
        skipped: 'picklescan is not here (set MODELSEAL_PEERS)',
      },
    ];
  }
  // The peer needs minutes: one run of it is enough to tell fifty from one.
  const theirs = await runOnce({ name: 'picklescan', program, args: ['-p', file] });
  const times: number[] = [];
  for (let i = 0; i < s.runs; i++) times.push((await runOnce(ours)).seconds);
  const ratio = spread(times.map((seconds) => seconds / theirs.seconds));
  return [
    {
      work,
      against: 'picklescan',
      unit: 's',
      ours: spread(times),
      theirs: spread([theirs.seconds]),
      ratio,
      target,
      met: ratio.median <= TARGET,
      note: 'one run of picklescan',
    },
  ];
}
