import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { scanPaths } from '../../scanner/index.js';
import { scanPathsOnAllCores } from '../../scanner/parallel.js';
import { cli } from '../support/cli.js';
import { expectCodeAsync } from '../support/errors.js';
import { useTemp } from '../support/temp.js';

describe('a scan on two threads', function () {
  this.timeout(30_000);
  const temp = useTemp();
  const folder = (count: number): string => {
    const path = join(temp(), `many-${count}`);
    mkdirSync(path, { recursive: true });
    for (let i = 0; i < count; i++) {
      const kinds = [
        '{"a":1}',
        '{"auto_map":{"a":"b"}}',
        'cos\nsystem\n(S"id"\ntR.',
        'plain text\n',
        '\u0001\u0002',
      ];
      writeFileSync(join(path, `f${i}.${i % 5 === 2 ? 'pkl' : 'json'}`), kinds[i % 5] ?? '');
    }
    return path;
  };

  it('finds the same in the same order', async () => {
    const path = folder(300);
    const policy = { severity: { 'CFG-REMOTE-CODE': 'critical' } } as const;
    expect(await scanPathsOnAllCores([path], { policy }, 2)).to.deep.equal(scanPaths([path], { policy }));
    expect(await scanPathsOnAllCores([path], {}, 2)).to.deep.equal(scanPaths([path]));
  });

  it('prints findings with and without a place in the file as the schema says', async () => {
    const { code, stdout } = await cli(['scan', folder(5), '--json']);
    expect(code).to.equal(2);
    const { files } = JSON.parse(stdout) as { files: { findings: { offset?: number }[] }[] };
    const offsets = files.flatMap(({ findings }) => findings.map(({ offset }) => offset !== undefined));
    expect(new Set(offsets)).to.deep.equal(new Set([true, false]));
  });

  it('counts every file and byte once', async () => {
    const path = folder(120);
    const seen: { bytes: number; files: number }[] = [];
    const { coverage } = await scanPathsOnAllCores(
      [path],
      { progress: ({ bytes, files }) => seen.push({ bytes, files }) },
      2,
    );
    expect(seen.at(-1)).to.deep.equal({ bytes: coverage.bytes, files: 120 });
    expect(seen.map(({ files }) => files)).to.deep.equal(
      [...seen.map(({ files }) => files)].sort((a, b) => a - b),
    );
  });

  it('refuses what scanPaths refuses', async () => {
    await expectCodeAsync('ERR_FILE_NOT_FOUND', () => scanPathsOnAllCores([join(temp(), 'missing')], {}, 2));
  });
});
