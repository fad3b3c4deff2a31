import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Quarantine } from '../../loader/store/index.js';
import { cli } from '../support/cli.js';
import { AT } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

describe('load with quarantine', () => {
  const temp = useTemp();
  const us = publisher();
  const load = async (model: string, ...more: string[]) => {
    const root = join(temp(), 'root.pem');
    writeFileSync(root, us.root.pem);
    const words = ['load', model, '--trust-root', root, '--at', AT.toISOString()];
    return cli([...words, '--quarantine', join(temp(), 'q'), ...more]);
  };
  const held = () => new Quarantine(join(temp(), 'q')).list().map((i) => i.reason);

  it('leaves a good model where it is', async () => {
    const model = writeModel(join(temp(), 'model'));
    await us.sign(model);
    expect((await load(model)).code).to.equal(0);
    expect(held()).to.deep.equal([]);
  });

  const cases = [
    {
      name: 'a changed file',
      file: 'config.json',
      content: undefined,
      code: 1,
      reason: 'integrity-mismatch',
    },
    { name: 'a threat', file: 'extra.pkl', content: "cos\nsystem\n(S'id'\ntR.", code: 2, reason: 'threat' },
  ] as const;
  for (const { name, file, content, code, reason } of cases) {
    it(`moves ${name} out of use`, async () => {
      const model = writeModel(join(temp(), 'model'), content === undefined ? {} : { [file]: content });
      await us.sign(model);
      if (content === undefined) appendFileSync(join(model, file), ' ');
      const result = await load(model);
      expect(result.code, result.stdout + result.stderr).to.equal(code);
      expect(held(), result.stdout).to.deep.equal([reason]);
      expect(existsSync(model)).to.equal(false);
    });
  }

  it('moves what no runtime opens out of use', async () => {
    const model = join(temp(), 'model');
    mkdirSync(model);
    writeFileSync(join(model, 'config.json'), '{}');
    await us.sign(model);
    expect((await load(model)).code).not.to.equal(0);
    expect(held()).to.deep.equal(['load-failed']);
  });

  it('does so only for the reasons that are asked for', async () => {
    const model = writeModel(join(temp(), 'model'));
    await us.sign(model);
    appendFileSync(join(model, 'config.json'), ' ');
    expect((await load(model, '--quarantine-on', 'threat')).code).to.equal(1);
    expect(held()).to.deep.equal([]);
  });
});
