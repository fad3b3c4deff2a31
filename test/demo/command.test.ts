import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DemoResult } from '../../demo/index.js';
import { guardEntry } from '../../loader/guard/run.js';
import { cli } from '../support/cli.js';
import { useTemp } from '../support/temp.js';

describe('modelseal demo', function () {
  this.timeout(120_000);
  const temp = useTemp();

  it('prints one JSON object, ends with 0 and keeps its files on request', async function () {
    try {
      guardEntry();
    } catch {
      console.log('      skipped: the guard is not compiled (npm run build)');
      this.skip();
    }
    const folder = join(temp(), 'kept');
    const run = await cli(['demo', '--json', '--keep', folder]);
    expect(run.code, run.stdout + run.stderr).to.equal(0);
    const result = JSON.parse(run.stdout) as DemoResult;
    expect(result.asExpected).to.equal(true);
    expect(result.scenarios).to.have.lengthOf(12);
    for (const name of ['model/model.sig', 'app/model.sig', 'ca/root.pem', 'developer/cert.pem']) {
      expect(existsSync(join(folder, name)), name).to.equal(true);
    }
    expect(existsSync(join(folder, 'hidden.log'))).to.equal(false);
  });

  it('does not work in a folder that exists', async () => {
    const run = await cli(['demo', '--keep', temp()]);
    expect(run.code).to.equal(64);
    expect(run.stderr).to.include('ERR_FILE_EXISTS');
  });
});
