import { createHash } from 'node:crypto';
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

  describe('as HTML', () => {
    const subject = 'models/goo d.pkl';
    const certificate = (subject: string) => ({
      ...{ subject, issuer: 'CN=Root', serialNumber: '01', notBefore: '2026-01-01', notAfter: '2027-01-01' },
      ...{ fingerprint: 'ab'.repeat(32), key: 'RSA-2048', identities: [] },
    });
    const html = (): string => {
      const signed = new ReportBuilder(subject, AT);
      signed.passed('signature', 'the signature is good');
      signed.signer({
        method: 'certificate',
        identities: ['email:ada@example.org'],
        keyFingerprint: 'cd'.repeat(32),
        chain: ['CN=Ada', 'CN=Issuing', 'CN=Root <img src=x onerror=alert(1)>'].map(certificate),
      });
      const built = [...reports().models, signed.build()];
      return toHtml(summarize('models', AT, built, reports().tool));
    };

    it('opens with a table of models and verdicts, each row leading to its section', () => {
      const page = html();
      const table = page.slice(page.indexOf('id="models"'), page.indexOf('<section'));
      const rows = [
        ...table.matchAll(/data-verdict="(\w+)" data-section="(model-\d)".*?href="#(model-\d)"/g),
      ];
      expect(rows.map(([, verdict, section]) => [verdict, section])).to.deep.equal([
        ['accepted', 'model-0'],
        ['unchecked', 'model-1'],
        ['accepted', 'model-2'],
      ]);
      for (const [, , section, link] of rows) {
        expect(link).to.equal(section);
        expect(page).to.include(`<section id="${section}">`);
      }
      expect(table).to.include('<code class="name">goo d.pkl</code>');
    });

    it('draws the chain from the trust anchor down to the model', () => {
      const chain = html().split('<ol class="chain">')[1]?.split('</ol>')[0] ?? '';
      const roles = [...chain.matchAll(/<strong>([^<]*)<\/strong> · ([^<]*)</g)].map(([, who, role]) => [
        who,
        role,
      ]);
      expect(roles).to.deep.equal([
        ['CN=Root &#60;img src=x onerror=alert(1)&#62;', 'trust anchor'],
        ['CN=Issuing', 'issuing CA'],
        ['CN=Ada', 'signer'],
      ]);
      expect(chain.trimEnd()).to.match(
        /<li class="model" data-arrow="signs"><code class="name">models\/goo d\.pkl/,
      );
    });

    it('allows its own script and style by their digests, and nothing else', () => {
      const page = html();
      const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
      const digest = (tag: string): string => {
        const all = [...page.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, 'g'))];
        expect(all).to.have.length(1);
        return createHash('sha256').update(String(all[0]?.[1])).digest('base64');
      };
      expect(policy.split('; ')).to.deep.equal([
        "default-src 'none'",
        `style-src 'sha256-${digest('style')}'`,
        `script-src 'sha256-${digest('script')}'`,
        "base-uri 'none'",
        "form-action 'none'",
      ]);
      expect(page).not.to.match(/ (?:style|on\w+|src)=["']|<link|url\(|@import|https?:/);
    });

    it('can be read without its script: nothing but the filter is hidden, and every check is open', () => {
      expect(html().match(/<[^>]* hidden>/g)).to.deep.equal(['<form id="filter" hidden>']);
      expect(html()).to.include('<details open>').and.not.to.include('<details>');
    });
  });
});
