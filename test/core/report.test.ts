import { expect } from 'chai';
import { ModelsealError } from '../../core/errors/index.js';
import { ReportBuilder, summarize, toHtml, toJUnit, toMarkdown, toSarif } from '../../core/report/index.js';

const AT = new Date('2026-03-01T12:00:00Z');
const HOSTILE = 'mod<el>&"`|](x)\u202e\u0000.bin';

const reports = () => {
  const good = new ReportBuilder('models/good', AT);
  good.passed('path.validity', 'every certificate is valid', 'RFC 5280 §6.1.3');
  const bad = new ReportBuilder(`models/${HOSTILE}`, AT);
  bad.failed('signature', new ModelsealError('ERR_FILE_NOT_FOUND', { file: HOSTILE, what: 'signature' }));
  bad.threat({
    file: HOSTILE,
    rule: 'PKL-EXEC',
    severity: 'critical',
    message: `calls os.system from ${HOSTILE}`,
  });
  bad.warning('revocation.mode', 'revocation was not checked');
  const built = [good.build(), bad.build()];
  return summarize('models', AT, built, (built[0] as (typeof built)[0]).tool);
};

describe('report', () => {
  it('keeps everything found before a failure, and the failure', async () => {
    const builder = new ReportBuilder('m', AT);
    const failing = builder.step('match', () => {
      builder.passed('signature', 'ok');
      throw new ModelsealError('ERR_PEM', { file: 'f', problem: 'p' });
    });
    const error = await failing.then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).to.be.instanceOf(ModelsealError);
    const report = builder.build();
    expect(report.verdict).to.equal('refused');
    expect(report.checks.map((c) => [c.name, c.outcome])).to.deep.equal([
      ['signature', 'passed'],
      ['match', 'failed'],
    ]);
    expect(report.errors[0]?.code).to.equal('ERR_PEM');
    expect(report.timings.match).to.be.a('number');
  });

  it('lets the worst model speak for the run', () => {
    expect(reports().verdict).to.equal('unchecked');
    expect(reports().counts).to.deep.equal({ accepted: 1, refused: 0, threat: 0, unchecked: 1 });
  });

  it('renders SARIF whose results point at declared rules', () => {
    const sarif = toSarif(reports()) as {
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number; level: string }[];
      }[];
    };
    const run = sarif.runs[0];
    expect(run?.results.map((r) => [r.ruleId, r.level])).to.deep.equal([
      ['ERR_FILE_NOT_FOUND', 'error'],
      ['PKL-EXEC', 'error'],
      ['revocation.mode', 'warning'],
    ]);
    for (const r of run?.results ?? []) expect(run?.tool.driver.rules[r.ruleIndex]?.id).to.equal(r.ruleId);
  });

  it('renders JUnit that stays well-formed with a hostile name', () => {
    const xml = toJUnit(reports());
    expect(xml).to.include('tests="2" failures="0" errors="1"');
    expect(xml).not.to.include('<el>');
    expect(xml).not.to.include('\u0000');
    expect(xml).to.include('mod&lt;el&gt;&amp;&quot;');
  });

  it('renders Markdown and HTML that a hostile name cannot break', () => {
    const markdown = toMarkdown(reports());
    expect(markdown).to.include('| ✅ | `models/good` |');
    expect(markdown.replace(/`[^`\n]*`/g, '')).not.to.include('](x)');
    expect(markdown).not.to.include('\u202e');
    const html = toHtml(reports());
    expect(html).not.to.include('<el>');
    expect(html).to.include('PKL-EXEC');
  });
});
