import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { applyPolicy, ruleIds, type ScanPolicy } from '../../scanner/policy.js';
import { RULES, type RuleId } from '../../scanner/rules.js';
import { type FileScan, scanPaths, scanSource } from '../../scanner/scan.js';
import { ScannedModel } from '../../scanner/scanned-model.js';
import { MemorySource } from '../../core/formats/source.js';
import type { Finding } from '../../scanner/types.js';
import { buildZip } from '../support/archive-builder.js';
import { cli } from '../support/cli.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import {
  EVIL_PICKLE,
  GOOD_PICKLE,
  onnxExternal,
  onnxModel,
  safetensors,
  tensor,
} from '../support/model-builder.js';
import { useTemp } from '../support/temp.js';

const UNKNOWN = Buffer.from('9f1c03d7aa00fe1277c4e1b20df3', 'hex');
const GOOD = safetensors(`{"a":${tensor(0, 8)}}`, Buffer.alloc(8));
const scan = (name: string, bytes: Uint8Array | string, policy: ScanPolicy = {}): FileScan =>
  scanSource(name, new MemorySource(Buffer.from(bytes as string)), { policy });

describe('scan', () => {
  const temp = useTemp();
  const write = (files: Readonly<Record<string, Uint8Array | string>>): string => {
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(join(temp(), name, '..'), { recursive: true });
      writeFileSync(join(temp(), name), bytes);
    }
    return temp();
  };

  describe('verdict and policy', () => {
    it('names the place of a finding through every container', () => {
      const inner = buildZip([{ name: 'm/x.bin', data: EVIL_PICKLE }]);
      const result = scan('a.zip', buildZip([{ name: 'b.zip', data: inner, deflate: true }]));
      expect(result.findings.map((f) => f.location)).to.include('a.zip!/b.zip!/m/x.bin');
    });

    it('keeps what was not understood beside what was found', () => {
      const result = scan(
        'a.zip',
        buildZip([
          { name: 'a', data: EVIL_PICKLE },
          { name: 'b', data: UNKNOWN },
        ]),
      );
      expect(result.verdict).to.equal('malicious');
      expect(result.unparsed.map((u) => u.location)).to.deep.equal(['a.zip!/b']);
    });

    it('drops the findings of a disabled rule', () => {
      expect(scan('x.py', 'x = 1').verdict).to.equal('suspicious');
      expect(scan('x.py', 'x = 1', { disable: ['CODE-PYTHON'] }).verdict).to.equal('clean');
    });

    it('lets the policy set a severity', () => {
      expect(scan('x.py', 'x = 1', { severity: { 'CODE-PYTHON': 'high' } }).verdict).to.equal('malicious');
    });

    it('reports a failed inspection as a finding only where that rule is switched on', () => {
      expect(scan('m.bin', UNKNOWN).findings).to.deep.equal([]);
      const enabled = scan('m.bin', UNKNOWN, { enable: ['STORE-INSPECTION-FAILED'] });
      expect(enabled.findings.map((f) => f.rule)).to.deep.equal(['STORE-INSPECTION-FAILED']);
    });

    it('remarks on a pickle above the size limit, exactly', () => {
      const pickle = Buffer.concat([
        Buffer.from('\x80\x03X\x00\x04\x00\x00', 'latin1'),
        Buffer.alloc(1024, 'a'),
        Buffer.from('.'),
      ]);
      const rules = (maxPickleBytes: number): string[] =>
        scan('m.pkl', pickle, { maxPickleBytes }).findings.map((f) => f.rule);
      expect(rules(pickle.length)).to.deep.equal([]);
      expect(rules(pickle.length - 1)).to.deep.equal(['STORE-SIZE']);
    });

    it('knows only the rules of the table', () => {
      expect(ruleIds(['CODE-PYTHON'])).to.deep.equal(['CODE-PYTHON']);
      expectCode('ERR_RULE_UNKNOWN', () => ruleIds(['CODE-COBOL']));
    });

    it('applies a policy to findings of every rule', () => {
      const all: Finding[] = (Object.keys(RULES) as RuleId[]).map((rule) => {
        return { rule, severity: RULES[rule].severity, message: '', location: '' };
      });
      const off = all.filter(({ rule }) => RULES[rule].off);
      expect(applyPolicy(all, {}).length).to.equal(all.length - off.length);
      expect(applyPolicy(all, { disable: all.map((f) => f.rule) })).to.deep.equal([]);
    });
  });

  describe('limits', () => {
    const many = buildZip(Array.from({ length: 50 }, (_, i) => ({ name: `t${i}`, data: 'text' })));

    it('stops at the number of members', () => {
      const source = new MemorySource(many);
      expect(scanSource('a.zip', source, { limits: { members: 51 } }).verdict).to.equal('clean');
      expect(scanSource('a.zip', source, { limits: { members: 50 } }).verdict).to.equal('unparsed');
    });

    it('stops at the work that the size allows', () => {
      const result = scanSource('a.zip', new MemorySource(many), { limits: { units: 100, unitsPerByte: 0 } });
      expect(result.verdict).to.equal('unparsed');
    });

    it('stops at what may be expanded', () => {
      const bytes = buildZip([{ name: 't.txt', data: 'ab '.repeat(1000), deflate: true }]);
      const limited = (expandedBytes: number): string =>
        scanSource('a.zip', new MemorySource(bytes), { limits: { expandedBytes } }).verdict;
      expect(limited(3000)).to.equal('clean');
      expect(limited(2000)).not.to.equal('clean');
    });
  });

  describe('folders', () => {
    it('scans every file, sorted, and says what was covered', () => {
      const folder = write({
        'b/m.pkl': EVIL_PICKLE,
        'a.safetensors': GOOD,
        'c.txt': 'x',
        '.git/index': UNKNOWN,
      });
      const result = scanPaths([folder]);
      expect(result.verdict).to.equal('threat');
      expect(result.files.map((f) => [f.file.slice(folder.length + 1), f.verdict])).to.deep.equal([
        ['a.safetensors', 'clean'],
        ['b/m.pkl', 'malicious'],
        ['c.txt', 'clean'],
      ]);
      expect(result.coverage.files).to.equal(3);
      expect(result.coverage.omitted).to.deep.equal([join(folder, '.git')]);
    });

    it('is incomplete, not clean, with an unknown file, unless the policy allows it', () => {
      const folder = write({ 'a.safetensors': GOOD, 'm.bin': UNKNOWN });
      expect(scanPaths([folder]).verdict).to.equal('incomplete');
      expect(scanPaths([folder], { policy: { allowUnparsed: true } }).verdict).to.equal('clean');
    });

    it('takes the external data of an ONNX model for numbers, and no other unknown file', () => {
      const model = onnxModel({ tensors: [onnxExternal({ location: 'w.data' })] });
      expect(scanPaths([write({ 'm.onnx': model, 'w.data': UNKNOWN })]).verdict).to.equal('clean');
      expect(scanPaths([write({ 'v.data': UNKNOWN })]).verdict).to.equal('incomplete');
    });

    it('does not take a pickle for numbers because an ONNX model names it', () => {
      const model = onnxModel({ tensors: [onnxExternal({ location: 'w.data' })] });
      expect(scanPaths([write({ 'm.onnx': model, 'w.data': EVIL_PICKLE })]).verdict).to.equal('threat');
    });

    it('does not let external data be a link out of the folder', () => {
      const model = onnxModel({ tensors: [onnxExternal({ location: 'w.data' })] });
      const folder = write({ 'in/m.onnx': model, 'out/w.data': UNKNOWN });
      symlinkSync(join(folder, 'out/w.data'), join(folder, 'in/w.data'));
      const rules = scanPaths([join(folder, 'in')])
        .files.flatMap((f) => f.findings)
        .map((f) => f.rule);
      expect(rules).to.deep.equal(['FILE-LINK-OUTSIDE', 'ONNX-EXTERNAL-ESCAPE']);
    });

    it('follows links to files, reports where they lead, and skips links to folders', () => {
      const folder = write({ 'in/a.txt': 'x', 'out/b.txt': 'x', 'out/d/e.txt': 'x' });
      symlinkSync(join(folder, 'in/a.txt'), join(folder, 'in/inside'));
      expect(scanPaths([join(folder, 'in')]).verdict).to.equal('clean');
      symlinkSync(join(folder, 'out/b.txt'), join(folder, 'in/outside'));
      const result = scanPaths([join(folder, 'in')]);
      expect(result.files.flatMap((f) => f.findings).map((f) => f.rule)).to.deep.equal(['FILE-LINK-OUTSIDE']);
      symlinkSync(join(folder, 'out/d'), join(folder, 'in/folder'));
      const skipped = scanPaths([join(folder, 'in')]);
      expect(skipped.verdicts.skipped).to.equal(1);
      expect(skipped.verdict).to.equal('incomplete');
    });

    it('refuses a path that is not there', () => {
      expectCode('ERR_FILE_NOT_FOUND', () => scanPaths([join(temp(), 'nothing')]));
    });
  });

  describe('scanned model', () => {
    const model = (files: Readonly<Record<string, Uint8Array>>) => ({
      names: Object.keys(files),
      read: (name: string): Uint8Array => files[name] ?? Buffer.alloc(0),
    });

    it('exists for a model without threats and keeps what was scanned', async () => {
      const verified = model({ 'm.safetensors': GOOD });
      const scanned = await ScannedModel.from(verified, 'the model');
      expect(scanned.model).to.equal(verified);
      expect(scanned.result.verdict).to.equal('clean');
    });

    it('does not exist for a model with a threat', async () => {
      const error = await expectCodeAsync('ERR_THREAT_FOUND', () =>
        ScannedModel.from(model({ 'm.safetensors': GOOD, 'm.pkl': EVIL_PICKLE }), 'the model'),
      );
      expect(error.details.rules).to.include('PKL-GLOBAL-DANGEROUS');
    });

    it('does not exist for a model that was not understood, unless the policy allows it', async () => {
      const unknown = model({ 'm.bin': UNKNOWN });
      await expectCodeAsync('ERR_SCAN_INCOMPLETE', () => ScannedModel.from(unknown, 'the model'));
      const allowed = await ScannedModel.from(unknown, 'the model', { policy: { allowUnparsed: true } });
      expect(allowed.result.verdicts.unparsed).to.equal(1);
    });

    it('cannot be made without a scan', () => {
      // @ts-expect-error the constructor is private
      expect(() => new ScannedModel(model({}), undefined)).not.to.throw();
      // @ts-expect-error a look-alike has no private field
      const fake: ScannedModel = { model: model({}), result: undefined };
      expect(fake).not.to.be.instanceOf(ScannedModel);
    });
  });

  describe('command', () => {
    it('exits 0 for clean, 2 for a threat, 70 for what was not understood, 3 for nothing', async () => {
      const folder = write({ 'good.pkl': GOOD_PICKLE, 'evil.pkl': EVIL_PICKLE, 'm.bin': UNKNOWN });
      const code = async (...args: string[]): Promise<number> => (await cli(['scan', ...args])).code;
      expect(await code(join(folder, 'good.pkl'))).to.equal(0);
      expect(await code(join(folder, 'evil.pkl'))).to.equal(2);
      expect(await code(join(folder, 'm.bin'))).to.equal(70);
      expect(await code(join(folder, 'm.bin'), '--allow-unparsed')).to.equal(0);
      expect(await code(folder)).to.equal(2);
      expect(await code(join(folder, 'none'))).to.equal(3);
      expect(await code(join(folder, 'good.pkl'), '--disable-rule', 'NOTHING')).to.equal(64);
    });

    it('fails from the severity that was asked for', async () => {
      const folder = write({ 'x.py': 'x = 1\n' });
      expect((await cli(['scan', folder])).code).to.equal(2);
      expect((await cli(['scan', folder, '--fail-on', 'high'])).code).to.equal(0);
      expect((await cli(['scan', folder, '--disable-rule', 'CODE-PYTHON'])).code).to.equal(0);
    });

    it('skips what has no size and content all the same, as files of the kernel have', function () {
      const file = '/proc/self/environ';
      if (!existsSync(file)) {
        console.log('      skipped: this system has no /proc');
        this.skip();
      }
      const scan = scanPaths([file]);
      expect(scan.verdicts.skipped).to.equal(1);
      expect(scan.verdict).to.equal('incomplete');
    });

    it('does not wait for pipes', function () {
      const folder = write({ 'a.txt': 'x' });
      const made = spawnSync('mkfifo', [join(folder, 'pipe')]);
      if (made.status !== 0) {
        console.log('      skipped: this system makes no pipes');
        this.skip();
      }
      const scan = scanPaths([folder]);
      expect(scan.verdicts.skipped).to.equal(1);
      expect(scan.verdicts.clean).to.equal(1);
    });

    it('prints one JSON object with every file', async () => {
      const folder = write({ 'evil.pkl': EVIL_PICKLE, 'a.txt': 'x' });
      const { stdout } = await cli(['scan', folder, '--json']);
      const report = JSON.parse(stdout) as { verdict: string; files: { verdict: string }[] };
      expect(report.verdict).to.equal('threat');
      expect(report.files.map((f) => f.verdict)).to.deep.equal(['clean', 'malicious']);
    });

    it('tells people the rule, the place and the coverage, and hides escape sequences', async () => {
      const folder = write({ 'a\u001b[31m.zip': buildZip([{ name: 'm/data.pkl', data: EVIL_PICKLE }]) });
      const { stdout } = await cli(['scan', folder]);
      expect(stdout).to.include('malicious').and.include('PKL-GLOBAL-DANGEROUS').and.include('m/data.pkl');
      expect(stdout).to.include('1 files').and.not.include('\u001b[31m');
    });
  });
});
