import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { signingKey } from '../../../core/keys/index.js';
import { encodePem } from '../../../core/pem.js';
import type { CheckSummary } from '../../../core/report/index.js';
import { signModel } from '../../../signer/index.js';
import { cli } from '../../support/cli.js';
import { AT, makeLeaf, makeRoot, testKey } from '../../support/pki.js';
import { publisher, writeModel } from '../../support/signed-model.js';
import { useTemp } from '../../support/temp.js';

/** `os.system('id')` as protocol 0; never loaded, only scanned. */
const EVIL = "cos\nsystem\n(S'id'\ntR.";
const PLAIN = Buffer.from([0x80, 2, 0x5d, 0x71, 0, 0x2e]);

describe('check', () => {
  const temp = useTemp();
  const us = publisher();

  /** A store with one good model; returns the folder and the options that accept it. */
  const store = async (): Promise<{ dir: string; good: string; options: string[] }> => {
    const dir = join(temp(), 'models');
    const good = writeModel(join(dir, 'good'));
    await us.sign(good);
    const root = join(temp(), 'root.pem');
    writeFileSync(root, encodePem('CERTIFICATE', us.root.certificate.raw));
    return { dir, good, options: ['--trust-root', root, '--at', AT.toISOString()] };
  };
  const json = async (args: string[], env = {}): Promise<{ code: number; summary: CheckSummary }> => {
    const { code, stdout } = await cli([...args, '--json'], env);
    return { code, summary: JSON.parse(stdout) as CheckSummary };
  };
  const codes = (summary: CheckSummary, name: string): string[] =>
    summary.models.filter((m) => m.subject.includes(name)).flatMap((m) => m.errors.map((e) => e.code));

  it('accepts a store of signed models', async () => {
    const { dir, options } = await store();
    const { code, summary } = await json(['check', dir, ...options]);
    expect(summary.models.flatMap((m) => m.errors)).to.deep.equal([]);
    expect(summary.counts.accepted).to.equal(1);
    expect(code).to.equal(0);
  });

  it('refuses a changed file, an unsigned model and a foreign signer, each by its own code', async () => {
    const { dir, options } = await store();
    const changed = writeModel(join(dir, 'changed'));
    await us.sign(changed);
    appendFileSync(join(changed, 'config.json'), ' ');
    mkdirSync(join(dir, 'loose'));
    writeFileSync(join(dir, 'loose', 'weights.pkl'), PLAIN);
    const foreign = writeModel(join(dir, 'foreign'));
    const root = makeRoot({ key: testKey('ec-p256', 'foreign root') });
    const leaf = makeLeaf(root, { key: testKey('ec-p256', 'foreign leaf') });
    const key = signingKey(leaf.key.privateKey);
    await signModel(foreign, { key, certificate: leaf.certificate, at: AT });
    const { code, summary } = await json(['check', dir, ...options]);
    expect(code).to.equal(1);
    expect(codes(summary, 'changed')).to.include('ERR_FILE_CHANGED');
    expect(codes(summary, 'loose')).to.include('ERR_MODEL_UNSIGNED');
    expect(codes(summary, 'foreign')).to.have.length(1);
    expect(summary.counts).to.deep.equal({ accepted: 1, refused: 3, threat: 0, unchecked: 0 });
    const tolerant = await json(['check', join(dir, 'loose'), ...options, '--allow-unsigned']);
    expect(tolerant.code).to.equal(0);
    expect((await cli(['check', join(dir, 'loose'), ...options, '--ci', '--allow-unsigned'])).code).to.equal(
      64,
    );
  });

  it('finds a threat in a signed model: a signature says who, not what', async () => {
    const { dir, options } = await store();
    const evil = writeModel(join(dir, 'evil'), { 'extra.pkl': EVIL });
    await us.sign(evil);
    const { code, summary } = await json(['check', dir, ...options]);
    expect(code).to.equal(2);
    expect(codes(summary, 'evil')).to.deep.equal(['ERR_THREAT_FOUND']);
    expect(summary.models.find((m) => m.subject === evil)?.threats[0]?.file).to.include('extra.pkl');
  });

  it('finds models by content, and refuses to call an empty folder checked', async () => {
    const { options } = await store();
    const dir = join(temp(), 'odd');
    mkdirSync(dir);
    writeFileSync(join(dir, 'notes.txt'), 'hello');
    expect((await cli(['check', dir, ...options])).code).to.equal(3);
    expect((await cli(['check', dir, ...options, '--allow-empty'])).code).to.equal(0);
    expect((await cli(['check', join(dir, 'none'), ...options])).code).to.equal(3);
    writeFileSync(join(dir, 'innocent.dat'), PLAIN);
    expect(codes((await json(['check', dir, ...options])).summary, 'innocent')).to.include(
      'ERR_MODEL_UNSIGNED',
    );
  });

  it('explains how the model is kept, by rules that a policy can switch', async () => {
    const { dir, good, options } = await store();
    const rules = (summary: CheckSummary): string[] =>
      summary.models.flatMap((m) => m.threats.map((t) => t.rule));
    expect(rules((await json(['check', dir, ...options])).summary)).to.deep.equal([]);
    await us.sign(good, {
      overwrite: true,
      metadata: { dependencies: { numpy: '1.26.4', Scikit_Learn: 'unknown', 'nunpy-utils': '1.0' } },
    });
    const odd = await json(['check', dir, ...options]);
    expect(odd.code).to.equal(0);
    expect(odd.summary.models[0]?.threats.map((t) => t.message)).to.deep.equal([
      'the version of Scikit_Learn is not known',
      'nunpy-utils is not among the known packages',
    ]);
    const known = await json(['check', dir, ...options, '--known-dependency', 'Nunpy.Utils']);
    expect(rules(known.summary)).to.deep.equal(['STORE-DEPENDENCY-UNKNOWN']);
    const off = ['--disable-rule', 'STORE-DEPENDENCY-UNKNOWN'];
    expect(rules((await json(['check', dir, ...options, ...off])).summary)).to.deep.equal([]);
    expect((await cli(['check', dir, ...options, '--disable-rule', 'NONE'])).code).to.equal(64);
    appendFileSync(join(good, 'config.json'), ' ');
    writeFileSync(join(dir, 'loose.pkl'), PLAIN);
    const both = await json(['check', dir, ...options]);
    expect(both.code).to.equal(1);
    // Each fact is said once: as an error where it refuses, as a finding where it is allowed.
    expect(rules(both.summary)).to.deep.equal([]);
    expect(codes(both.summary, 'loose')).to.deep.equal(['ERR_MODEL_UNSIGNED']);
    const allowed = await json([
      'check',
      join(dir, 'loose.pkl'),
      ...options,
      '--allow-unsigned',
      '--fail-on',
      'high',
    ]);
    expect(rules(allowed.summary)).to.deep.equal(['STORE-UNSIGNED']);
    expect(codes(allowed.summary, 'loose')).to.deep.equal([]);
  });

  it('puts a threat before a missing signature, in exit code and counts', async () => {
    const { options } = await store();
    const dir = join(temp(), 'bad');
    mkdirSync(dir);
    writeFileSync(join(dir, 'bad.pkl'), EVIL);
    const { code, summary } = await json(['check', dir, ...options]);
    expect(code).to.equal(2);
    expect(summary.counts).to.deep.equal({ accepted: 0, refused: 0, threat: 1, unchecked: 0 });
  });

  it('judges what links lead to, once, and says what it could not read', async () => {
    const { dir, options } = await store();
    const links = join(temp(), 'links');
    mkdirSync(links);
    symlinkSync(dir, join(links, 'current'));
    symlinkSync(dir, join(links, 'again'));
    symlinkSync(links, join(links, 'circle'));
    const followed = await json(['check', links, ...options]);
    expect(followed.code).to.equal(0);
    expect(followed.summary.models.map((m) => m.subject)).to.deep.equal(
      (await json(['check', dir, ...options])).summary.models.map((m) =>
        m.subject.replace(dir, join(links, 'again')),
      ),
    );
    const broken = join(temp(), 'broken');
    mkdirSync(broken);
    symlinkSync('nowhere', join(broken, 'model'));
    const unread = await json(['check', broken, ...options]);
    expect(unread.code).to.equal(70);
    expect(unread.summary.counts).to.deep.equal({ accepted: 0, refused: 0, threat: 0, unchecked: 1 });
  });

  it('writes SARIF, JUnit, Markdown and HTML beside its result', async () => {
    const { dir, good, options } = await store();
    appendFileSync(join(good, 'config.json'), ' ');
    const out = (name: string): string => join(temp(), name);
    const forms = ['sarif', 'junit', 'markdown', 'html'].flatMap((f) => [`--${f}`, out(f)]);
    expect((await cli(['check', dir, ...options, ...forms])).code).to.equal(1);
    expect(JSON.parse(readFileSync(out('sarif'), 'utf8'))).to.have.nested.property(
      'runs[0].results[0].ruleId',
      'ERR_FILE_CHANGED',
    );
    for (const form of ['junit', 'markdown', 'html'])
      expect(readFileSync(out(form), 'utf8')).to.include('ERR_FILE_CHANGED');
    const direct = await cli(['check', dir, ...options, '--sarif', '--quiet']);
    expect(JSON.parse(direct.stdout)).to.have.property('version', '2.1.0');
    for (const words of [
      ['--sarif', '-'],
      ['--sarif', '-', '--junit', out('junit')],
    ])
      expect(JSON.parse((await cli(['check', dir, ...options, ...words])).stdout)).to.have.property(
        'version',
      );
    for (const words of [
      ['--sarif', '--junit'],
      ['--junit', '--json'],
      // Both would be JSON, and only one of them the report that --json means.
      ['--sarif', '--json'],
      ['--html', '-', '--markdown', '-'],
    ])
      expect((await cli(['check', dir, ...options, ...words])).code, words.join(' ')).to.equal(64);
  });

  it('restores what was signed with a key alone', async () => {
    const model = writeModel(join(temp(), 'keyed'));
    const [key, other] = [testKey('ec-p256', 'restorer'), testKey('ec-p256', 'another')];
    await signModel(model, { key: signingKey(key.privateKey), at: AT });
    const pem = (name: string, k: typeof key): string => {
      writeFileSync(join(temp(), name), k.publicKey.export({ type: 'spki', format: 'pem' }));
      return join(temp(), name);
    };
    const kept = ['--quarantine', join(temp(), 'q'), '--json'];
    const added = await cli(['quarantine', 'add', model, '--reason', 'test', ...kept]);
    const { id } = JSON.parse(added.stdout) as { id: string };
    const restore = ['quarantine', 'restore', id, ...kept, '--public-key'];
    expect((await cli([...restore, pem('other.pem', other)])).code).to.equal(1);
    expect(existsSync(model)).to.equal(false);
    const restored = await cli([...restore, pem('key.pem', key)]);
    expect(restored.code, restored.stdout).to.equal(0);
    expect(existsSync(model)).to.equal(true);
  });

  it('quarantines what it refuses, and restores it only when it verifies again', async () => {
    const { dir, good, options } = await store();
    const config = join(good, 'config.json');
    const original = readFileSync(config);
    appendFileSync(config, ' ');
    const quarantine = join(temp(), 'q');
    const audit = join(temp(), 'audit.jsonl');
    const kept = ['--quarantine', quarantine, '--audit-log', audit];
    expect((await cli(['check', dir, ...options, ...kept])).code).to.equal(1);
    expect(existsSync(good)).to.equal(false);
    const listed = await cli(['quarantine', 'list', '--quarantine', quarantine, '--json', '--fail-if-held']);
    expect(listed.code).to.equal(2);
    const { entries } = JSON.parse(listed.stdout) as {
      entries: { id: string; reason: string; codes: string[] }[];
    };
    expect(entries[0]).to.deep.include({ reason: 'integrity-mismatch', codes: ['ERR_FILE_CHANGED'] });
    const id = entries[0]?.id ?? '';
    const shown = await cli(['quarantine', 'show', id, '--quarantine', quarantine]);
    expect(shown.stdout)
      .to.include(good)
      .and.to.include('ERR_FILE_CHANGED')
      .and.to.include('claimed to be CN=');
    const restore = ['quarantine', 'restore', id, '--quarantine', quarantine, '--audit-log', audit];
    expect((await cli(restore)).code).to.equal(64);
    const root = options[1] as string;
    const refused = await cli([...restore, '--trust-root', root]);
    expect(refused.code, refused.stderr).to.equal(1);
    expect(existsSync(good)).to.equal(false);
    expect((await cli([...restore, '--without-verification'])).code).to.equal(0);
    writeFileSync(config, original);
    expect((await cli(['check', dir, ...options])).code).to.equal(0);
    const shownLog = await cli(['audit', 'show', audit, '--json']);
    const events = (JSON.parse(shownLog.stdout) as { entries: { event: string }[] }).entries.map(
      (e) => e.event,
    );
    expect(events).to.deep.equal(['refuse', 'quarantine', 'restore']);
    expect((await cli(['audit', 'verify', audit])).code).to.equal(0);
    expect((await cli(['quarantine', 'purge', id, '--quarantine', quarantine])).code).to.equal(64);
    expect((await cli(['quarantine', 'purge', id, '--quarantine', quarantine, '--yes'])).code).to.equal(0);
    expect(readdirSync(quarantine)).to.deep.equal([]);
  });

  it('enforces trusted storage', async () => {
    const { dir, options } = await store();
    const trusted = ['--trusted-path', join(temp(), 'elsewhere')];
    const { code, stderr } = await cli(['check', dir, ...options, ...trusted]);
    expect(code).to.equal(1);
    expect(stderr).to.include('ERR_STORAGE_UNTRUSTED');
    expect((await cli(['check', dir, ...options, '--trusted-path', temp()])).code).to.equal(0);
  });

  it('holds unsigned files against their records, and migrates them to a signed model', async () => {
    const dir = join(temp(), 'legacy');
    mkdirSync(dir);
    const file = join(dir, 'risk.pkl');
    writeFileSync(file, PLAIN);
    const hmac = { MODEL_VERIFY_SIGNATURE: 'true', MODEL_SIGNATURE_KEY: 'secret' };
    expect((await cli(['metadata', 'write', file], hmac)).code).to.equal(0);
    expect((await cli(['metadata', 'verify', file], hmac)).code).to.equal(0);
    expect(
      (await cli(['metadata', 'verify', file], { ...hmac, MODEL_SIGNATURE_KEY: 'other' })).code,
    ).to.equal(1);
    const { options } = await store();
    const lenient = ['check', dir, ...options, '--records', '--allow-unsigned'];
    expect((await json(lenient)).code).to.equal(0);
    appendFileSync(file, 'x');
    expect(codes((await json(lenient)).summary, 'risk')).to.include('ERR_RECORD_CHECKSUM');
    const dry = await cli(['migrate', dir]);
    expect(dry).to.have.property('code', 1);
    expect(dry.stdout).to.include('ERR_RECORD_CHECKSUM');
    writeFileSync(file, PLAIN);
    const key = join(temp(), 'key.pem');
    writeFileSync(key, us.leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const chain = join(temp(), 'chain.pem');
    writeFileSync(
      chain,
      [us.leaf, us.issuing].map((c) => encodePem('CERTIFICATE', c.certificate.raw)).join(''),
    );
    const plan = await cli(['migrate', dir]);
    expect(plan).to.have.property('code', 0);
    expect(readdirSync(dir)).not.to.include('model.sig');
    // The certificates of the tests lie in the past; the command signs now.
    const now = publisher({
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 3_600_000),
    });
    writeFileSync(key, now.leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(
      chain,
      [now.leaf, now.issuing].map((c) => encodePem('CERTIFICATE', c.certificate.raw)).join(''),
    );
    const applied = await cli([
      'migrate',
      dir,
      '--apply',
      '--private-key',
      key,
      '--signing-certificate',
      chain,
    ]);
    expect(applied.code, applied.stderr + applied.stdout).to.equal(0);
    expect(readdirSync(dir).sort()).to.deep.equal(['metadata.json', 'model.sig', 'risk.pkl']);
    const root = join(temp(), 'now.pem');
    writeFileSync(root, encodePem('CERTIFICATE', now.root.certificate.raw));
    const checked = await json(['check', dir, '--trust-root', root]);
    expect(checked.code).to.equal(0);
    rmSync(join(dir, 'metadata.json'));
    expect(codes((await json(['check', dir, '--trust-root', root])).summary, 'legacy')).to.include(
      'ERR_FILE_MISSING',
    );
  });
});
