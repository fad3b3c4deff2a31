import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Report } from '../../../core/report/index.js';
import { watchFolder } from '../../../loader/check/index.js';
import { expectCodeAsync } from '../../support/errors.js';
import { AT } from '../../support/pki.js';
import { publisher, writeModel } from '../../support/signed-model.js';
import { useTemp } from '../../support/temp.js';

describe('watch', () => {
  const temp = useTemp();

  it('judges at the start, what changes, and everything on schedule', async () => {
    const us = publisher();
    const dir = join(temp(), 'models');
    const [a, b] = [writeModel(join(dir, 'a')), writeModel(join(dir, 'b'))];
    await us.sign(a);
    await us.sign(b);
    const stop = new AbortController();
    const seen: string[] = [];
    let wake: (() => void) | undefined;
    const until = async (count: number): Promise<void> => {
      while (seen.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    };
    const onReport = (report: Report, cause: string): void => {
      seen.push(`${cause} ${report.subject.slice(dir.length + 1)} ${report.verdict}`);
      wake?.();
    };
    const failures: unknown[] = [];
    const watching = watchFolder(dir, {
      check: async () => ({ verify: { trustRoots: us.trustRoots, at: AT } }),
      interval: 2500,
      settle: 60,
      signal: stop.signal,
      onReport,
      onError: (error) => failures.push(error),
    });
    await until(2);
    const config = join(b, 'config.json');
    const original = readFileSync(config);
    appendFileSync(config, ' ');
    await until(3);
    writeFileSync(config, original);
    await until(4);
    expect(seen).to.deep.equal([
      'start a accepted',
      'start b accepted',
      'change b refused',
      'change b accepted',
    ]);
    await until(6);
    expect(seen.slice(4)).to.deep.equal(['schedule a accepted', 'schedule b accepted']);
    stop.abort();
    await watching;
    expect(failures).to.deep.equal([]);
  });

  it('refuses a folder that is not there', async () => {
    const options = {
      check: async () => ({ verify: { at: AT } }),
      interval: 1000,
      settle: 10,
      signal: new AbortController().signal,
      onReport: () => {},
      onError: () => {},
    };
    await expectCodeAsync('ERR_FILE_NOT_FOUND', () => watchFolder(join(temp(), 'none'), options));
  });
});
