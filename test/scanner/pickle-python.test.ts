import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { scanPaths } from '../../scanner/scan.js';
import { unpickleFile } from '../../scanner/unpickle/index.js';
import { needPython, runPython } from '../support/peers.js';
import { WRITE_MODELS } from '../support/python-models.js';
import { useTemp } from '../support/temp.js';

describe('pickles that Python wrote', () => {
  const folder = useTemp();

  it('raise no alarm and are rebuilt as data, whatever library and protocol', function () {
    this.timeout(180_000);
    const python = needPython(this, 'pickle');
    const run = runPython(python, WRITE_MODELS, [folder()]);
    expect(run.status, run.output).to.equal(0);
    const files = readdirSync(folder());
    console.log(`      ${files.length} files`);
    expect(files.length).to.be.at.least(12);
    const { files: scans } = scanPaths([folder()]);
    const alarms = scans.filter((scan) => scan.verdict !== 'clean');
    expect(alarms.map((a) => `${a.file}: ${JSON.stringify([a.findings, a.unparsed])}`)).to.deep.equal([]);
    expect(scans.length).to.equal(files.length);
    for (const file of files) unpickleFile(join(folder(), file));
  });
});
