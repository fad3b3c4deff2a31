import published from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { expect } from 'chai';
import { ModelsealError } from '../../core/errors/index.js';
import { ReportBuilder, summarize, toSarif } from '../../core/report/index.js';
import { RULES } from '../../scanner/rules.js';

const AT = new Date('2026-03-01T12:00:00Z');

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly Descriptor[] } };
    readonly results: readonly { readonly ruleId: string; readonly ruleIndex: number }[];
  }[];
}
interface Descriptor {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription: { readonly text: string };
  readonly help: { readonly text: string };
  readonly helpUri: string;
  readonly properties: { readonly 'security-severity': string };
}

/** The schema that OASIS published, which is of draft 4; of the words it uses only `id` means something else today. */
const { id: _id, $schema: _draft, ...schema } = published;
const validate = new Ajv({ strictTypes: false, allErrors: true, unicodeRegExp: false })
  .addFormat('uri', (text: string) => URL.canParse(text) && /^[\x21-\x7e]+$/.test(text))
  .addFormat('uri-reference', (text: string) =>
    /^(?:[\w.~!$&'()*+,;=:@/?#[\]-]|%[0-9A-Fa-f]{2})*$/.test(text),
  )
  .addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/)
  .compile(schema);

/** A check of one model with everything that a report can hold, its names as bad as names can be. */
function log(): Log {
  const builder = new ReportBuilder('models/ä b%/c#d?e|f"<g>\\h\u202e[1]', AT);
  builder.failed('files', new ModelsealError('ERR_PEM', { file: 'a b/ü%.bin', problem: 'cut' }));
  builder.failed('bundle', new Error('broken'));
  for (const severity of ['low', 'medium', 'high', 'critical'] as const)
    builder.threat({
      file: 'x.zip!/in ner.pkl',
      rule: 'PKL-EXEC-SOURCE',
      severity,
      message: `${severity} "finding"`,
    });
  builder.threat({ file: 'y', rule: 'ARC-BOMB', severity: 'high', message: 'expands' });
  builder.warning('revocation.mode', 'revocation was not checked');
  const good = new ReportBuilder('models/good', AT);
  good.passed('signature', 'ok');
  const reports = [builder.build(), good.build()];
  const ruleText = (rule: string) =>
    RULES[rule as keyof typeof RULES] as (typeof RULES)[keyof typeof RULES] | undefined;
  return toSarif(summarize('models', AT, reports, reports[1]?.tool as never), ruleText) as Log;
}

describe('SARIF', () => {
  it('is what the published schema of SARIF 2.1.0 wants', () => {
    expect(validate(JSON.parse(JSON.stringify(log()))), JSON.stringify(validate.errors)).to.equal(true);
    const empty = toSarif(summarize('models', AT, [], { name: 'modelseal', version: '1.0.0' }));
    expect(validate(JSON.parse(JSON.stringify(empty))), JSON.stringify(validate.errors)).to.equal(true);
  });

  it('would not pass with a mistake', () => {
    const broken = (edit: (log: Record<string, unknown>) => void): boolean => {
      const copy = JSON.parse(JSON.stringify(log())) as Record<string, unknown>;
      edit(copy);
      return validate(copy);
    };
    const run = (copy: Record<string, unknown>) => (copy.runs as [{ readonly results: [object] }])[0];
    expect(broken(() => {})).to.equal(true);
    expect(broken((copy) => Object.assign(copy, { version: '2.0.0' }))).to.equal(false);
    expect(broken((copy) => Object.assign(copy, { more: 1 }))).to.equal(false);
    expect(broken((copy) => Object.assign(run(copy).results[0], { level: 'fatal' }))).to.equal(false);
    expect(broken((copy) => Object.assign(run(copy).results[0], { message: 'text' }))).to.equal(false);
    expect(broken((copy) => Object.assign(run(copy), { tool: {} }))).to.equal(false);
  });

  it('says where a finding lies, as seen by whoever started the check', () => {
    for (const [subject, file, uri] of [
      ['store/model', 'weights.pkl', 'store/model/weights.pkl'],
      ['store/model', 'store/model/weights.pkl', 'store/model/weights.pkl'],
      ['store/model', 'a.zip!/b c.pkl', 'store/model/a.zip!/b%20c.pkl'],
      ['store/one.zip', 'one.zip!/b.pkl', 'store/one.zip!/b.pkl'],
      ['store/one.pkl', 'store/one.pkl', 'store/one.pkl'],
      ['/srv/store/model', 'weights.pkl', 'file:///srv/store/model/weights.pkl'],
    ] as const) {
      const builder = new ReportBuilder(subject, AT);
      builder.threat({ file, rule: 'ARC-BOMB', severity: 'high', message: 'expands' });
      const report = builder.build();
      const sarif = JSON.parse(JSON.stringify(toSarif(summarize('store', AT, [report], report.tool))));
      expect(validate(sarif), JSON.stringify(validate.errors)).to.equal(true);
      const place = 'runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri';
      expect(sarif, `${subject} ${file}`).to.have.nested.property(place, uri);
    }
  });

  it('describes each kind of problem, in words of its own', () => {
    const [run] = log().runs;
    const rules = run?.tool.driver.rules ?? [];
    expect(rules.map((rule) => rule.id)).to.deep.equal([
      'ERR_PEM',
      'ERR_INTERNAL',
      'PKL-EXEC-SOURCE',
      'ARC-BOMB',
      'revocation.mode',
    ]);
    for (const rule of rules) {
      expect(rule.helpUri).to.equal(`urn:modelseal:explain:${rule.id}`);
      expect(Number(rule.properties['security-severity'])).to.be.within(0.1, 10);
      for (const { text } of [rule.shortDescription, rule.fullDescription, rule.help]) {
        expect(text, rule.id).to.have.length.greaterThan(10);
        expect(text).not.to.include('undefined').and.not.to.include('models/');
      }
    }
    expect(rules[0]?.shortDescription.text).to.equal('‹file› is not valid PEM or DER: ‹problem›');
    expect(rules[3]?.fullDescription.text).to.equal(RULES['ARC-BOMB'].description);
    for (const result of run?.results ?? []) expect(rules[result.ruleIndex]?.id).to.equal(result.ruleId);
  });
});
