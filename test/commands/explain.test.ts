import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { RULES } from '../../scanner/rules.js';
import { cli } from '../support/cli.js';

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

describe('modelseal explain', () => {
  it('says of an error what the page of errors says', async () => {
    const codes = [...page.matchAll(/^\| `(ERR_[A-Z_0-9]+)` \| (\d+) \|/gm)];
    expect(codes.length).to.be.greaterThan(300);
    for (const [, code = '', exit] of codes) {
      const { stdout, code: status } = await cli(['explain', code, '--json']);
      expect(status, code).to.equal(0);
      const found = JSON.parse(stdout) as { exit: number; says: string; hint: string };
      expect(String(found.exit), code).to.equal(exit);
      const cell = (text: string): string =>
        text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
      expect(page).to.include(`| ${cell(found.says)} | ${cell(found.hint)} |`);
    }
  }).timeout(60_000);

  it('knows every rule, in small letters as well', async () => {
    const [id = ''] = Object.keys(RULES);
    const { stdout } = await cli(['explain', id.toLowerCase()]);
    const { title, remedy } = RULES[id as keyof typeof RULES];
    expect(stdout).to.include(title).and.to.include(remedy);
  });

  it('says what was probably meant', async () => {
    const run = await cli(['explain', 'ERR_CERT_EXPIRD']);
    expect(run.code).to.equal(64);
    expect(run.stderr).to.include('did you mean ERR_CERT_EXPIRED?');
  });
});
