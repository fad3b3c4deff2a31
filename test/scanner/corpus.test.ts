import { expect } from 'chai';
import { type FileScan, scanSource } from '../../scanner/scan.js';
import { MemorySource } from '../../core/formats/source.js';
import type { ScanCase } from '../support/scan-case.js';
import { ARCHIVE_CASES } from '../corpora/archives.js';
import { EVASION_CASES } from '../corpora/evasions.js';
import { MODEL_CASES } from '../corpora/models.js';
import { TEXT_CASES } from '../corpora/texts.js';

const GROUPS = { archives: ARCHIVE_CASES, models: MODEL_CASES, texts: TEXT_CASES, evasions: EVASION_CASES };
const ALL = Object.values(GROUPS).flat();

function scan({ file, bytes }: ScanCase): FileScan {
  return scanSource(file, new MemorySource(Buffer.from(bytes() as string)));
}

/** What a scan said, for the message of a failure. */
const told = (result: FileScan): string =>
  JSON.stringify({
    findings: result.findings.map((f) => `${f.rule} ${f.message}`),
    unparsed: result.unparsed,
    formats: result.formats,
  });

describe('scan corpus', () => {
  for (const [group, cases] of Object.entries(GROUPS)) {
    describe(group, () => {
      for (const test of cases) {
        it(`${test.verdict}: ${test.name}`, () => {
          const result = scan(test);
          expect(result.verdict, told(result)).to.equal(test.verdict);
          const rules = result.findings.map((f) => f.rule);
          for (const rule of test.rules ?? []) expect(rules, told(result)).to.include(rule);
          if (test.verdict === 'unparsed') expect(result.unparsed).not.to.deep.equal([]);
          if (test.verdict === 'clean') expect(result.unparsed).to.deep.equal([]);
        });
      }
    });
  }

  it('has not shrunk, names each case once, and has a clean twin for every fault that names one', () => {
    expect(ALL.filter((c) => c.verdict === 'malicious' || c.verdict === 'suspicious').length).to.be.at.least(
      160,
    );
    expect(ALL.filter((c) => c.verdict === 'clean').length).to.be.at.least(60);
    expect(new Set(ALL.map((c) => c.name)).size).to.equal(ALL.length);
    const twins = new Map(ALL.map((c) => [c.name, c]));
    for (const { twin } of ALL)
      if (twin !== undefined) expect(twins.get(twin)?.verdict, twin).to.equal('clean');
  });
});
