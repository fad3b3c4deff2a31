import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ruleTable } from '../../scanner/rule-table.js';
import { RULES } from '../../scanner/rules.js';

const FILE = fileURLToPath(new URL('../../docs/scanner.md', import.meta.url));
const START = '<!-- rules: generated from scanner/rules.ts -->\n';
const END = '\n<!-- end of rules -->';

describe('scanner documentation', () => {
  it('has the table of rules that the source has (UPDATE_DOCS=1 writes it)', () => {
    const text = readFileSync(FILE, 'utf8');
    const from = text.indexOf(START) + START.length;
    const to = text.indexOf(END);
    expect(from).to.be.greaterThan(START.length);
    expect(to).to.be.greaterThan(from - 1);
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(FILE, text.slice(0, from) + ruleTable() + text.slice(to));
    } else {
      expect(text.slice(from, to)).to.equal(ruleTable());
    }
  });

  it('explains every rule in sentences', () => {
    for (const [id, rule] of Object.entries(RULES)) {
      expect(id).to.match(/^[A-Z0-9]+(-[A-Z0-9]+)+$/);
      for (const text of [rule.description, rule.remedy]) expect(text, id).to.match(/[.)]$/);
      expect(rule.title, id).not.to.match(/\.$/);
    }
  });
});
