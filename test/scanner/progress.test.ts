import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Progress } from '../../core/progress.js';
import { scanPaths } from '../../scanner/scan.js';
import { useTemp } from '../support/temp.js';

describe('progress of a scan', () => {
  const temp = useTemp();

  it('moves within a large file, never backwards, and ends with everything', () => {
    // Strings pushed and popped, all the way.
    const part = Buffer.alloc(1000, 'X\xe2\x03\0\0', 'latin1').fill('a', 5, 999).fill('0', 999);
    part.writeUInt32LE(994, 1);
    const pickle = Buffer.concat([
      Buffer.from([0x80, 4]),
      Buffer.alloc(12000 * part.length, part),
      Buffer.from('N.'),
    ]);
    writeFileSync(join(temp(), 'large.pkl'), pickle);
    writeFileSync(join(temp(), 'small.pkl'), Buffer.from('N.'));
    const seen: Progress[] = [];
    scanPaths([temp()], { progress: (p) => seen.push(p) });
    const bytes = seen.map((p) => p.bytes);
    expect(bytes).to.deep.equal([...bytes].sort((a, b) => a - b));
    expect(bytes.filter((b) => b > 0 && b < pickle.length)).to.have.length.greaterThan(3);
    const total = pickle.length + 2;
    expect(seen.at(-1)).to.deep.equal({ bytes: total, total, files: 2, totalFiles: 2 });
  });
});
