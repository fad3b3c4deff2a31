import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodePublicKey, signingKey } from '../../core/keys/index.js';
import type { Report } from '../../loader/index.js';
import { signModel } from '../../signer/index.js';
import { type CliResult, cli } from '../support/cli.js';
import { AT, testKey } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
const TIME = ['--at', AT.toISOString()];

describe('modelseal verify and load', () => {
  const temp = useTemp();
  let folder = '';
  let root = '';
  beforeEach(async () => {
    folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder);
    root = join(temp(), 'root.pem');
    writeFileSync(root, pub.root.pem);
  });
  const verify = (...args: string[]): Promise<CliResult> =>
    cli(['verify', folder, '--trust-root', root, ...TIME, ...args]);

  it('accepts with exit code 0 in five lines, the verdict last', async () => {
    const { code, stdout, stderr } = await verify();
    expect([code, stderr]).to.deep.equal([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.slice(0, 12).trim())).to.deep.equal([
      'signed by',
      'chain',
      'files',
      'checks',
      'ACCEPTED, re',
    ]);
    expect(lines.at(-1)).to.equal(`ACCEPTED, revocation not checked  ${folder}`);
    expect(lines[0]).to.include('email:dev@example.com');
    expect(lines[1]).to.equal('chain       CN=Test Developer ← CN=Test Issuing CA ← CN=Test Root');
  });

  it('shows every check under --verbose', async () => {
    const { code, stdout, stderr } = await verify('--verbose');
    expect(code).to.equal(0);
    expect(stderr).to.equal('');
    expect(stdout.split('\n')[0]).to.equal(`ACCEPTED, revocation not checked  ${folder}`);
    for (const text of [
      'dev@example.com',
      'CN=Test Developer',
      pub.leaf.certificate.fingerprint,
      '3 as signed',
    ]) {
      expect(stdout).to.include(text);
    }
  });

  it('prints the report as one JSON object', async () => {
    const { code, stdout } = await verify('--json');
    expect(code).to.equal(0);
    const report = JSON.parse(stdout) as Report;
    expect(report).to.deep.include({
      verdict: 'accepted',
      subject: folder,
      at: AT.toISOString(),
      errors: [],
    });
  });

  it('says what was verified of a model that no runtime is there for, and why it is not loaded', async () => {
    const other = join(temp(), 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'config.json'), '{}');
    writeFileSync(join(other, 'vocabulary.txt'), 'no\nyes\n');
    await pub.sign(other);
    const args = ['load', other, '--trust-root', root, ...TIME];
    const short = (await cli(args)).stdout.trimEnd().split('\n');
    expect(short.at(-1)).to.equal(`ACCEPTED, revocation not checked, not loaded  ${other}`);
    const { code, stdout } = await cli([...args, '--verbose']);
    expect(code).to.equal(70);
    const [first, second] = stdout.split('\n');
    expect(first).to.equal(`ACCEPTED, revocation not checked, not loaded  ${other}`);
    expect(second).to.include('was verified and is not loaded').and.to.include('onnx, safetensors');
    for (const text of ['Signed by', '2 as signed', '✔ scan', '✖ load']) expect(stdout).to.include(text);
    expect(stdout).not.to.include('NOT CHECKED');
    const json = await cli([...args, '--json']);
    expect(json.code).to.equal(70);
    const report = JSON.parse(json.stdout) as Report;
    expect(report.verdict).to.equal('accepted');
    expect(report.reservations).to.include('not loaded');
    expect(report.errors.map((e) => e.code)).to.deep.equal(['ERR_MODEL_FORMAT_UNKNOWN']);
    // A model that is not the signed one stays refused.
    writeFileSync(join(other, 'config.json'), '{"changed": 1}');
    expect(await cli(args))
      .to.include({ code: 1 })
      .and.to.have.property('stdout')
      .that.matches(/^REFUSED/m);
  });

  it('refuses with exit code 1, names every file and gives the hint', async () => {
    writeFileSync(join(folder, 'config.json'), 'x');
    writeFileSync(join(folder, 'a\u001b[2Jb'), 'x');
    const { code, stdout } = await verify();
    expect(code).to.equal(1);
    expect(stdout.trimEnd().split('\n').at(-1)).to.equal(`REFUSED  ${folder}`);
    for (const text of [
      '[ERR_FILE_CHANGED]',
      'hint:',
      'changed: config.json',
      'not signed:',
      'a\\u001b[2Jb',
    ]) {
      expect(stdout).to.include(text);
    }
    expect(stdout).not.to.include('\u001b');
    const json = await verify('--json');
    expect(json.code).to.equal(1);
    const report = JSON.parse(json.stdout) as Report;
    expect(report.verdict).to.equal('refused');
    expect(report.files?.extra).to.have.length(1);
  });

  it('has its exit codes for what is missing and for wrong calls', async () => {
    const runs: readonly [number, string, string[]][] = [
      [3, 'ERR_FILE_NOT_FOUND', ['verify', join(temp(), 'nothing'), '--trust-root', root]],
      [3, 'ERR_FILE_NOT_FOUND', ['verify', folder, '--trust-root', join(temp(), 'nothing.pem')]],
      [
        3,
        'ERR_SIGNATURE_MISSING',
        ['verify', folder, '--trust-root', root, '--signature', join(temp(), 'no.sig')],
      ],
      [64, 'ERR_TRUST_MISSING', ['verify', folder]],
      [64, 'ERR_TRUST_AMBIGUOUS', ['verify', folder, '--trust-root', root, '--public-key', root]],
      [64, 'ERR_USAGE', ['verify', folder, '--trust-root', root, '--at', 'yesterday']],
      [64, 'ERR_USAGE', ['verify', folder, '--trust-root', root, '--at', '2026-02-30']],
      [64, 'ERR_USAGE', ['verify', folder, '--trust-root', root, '--no-such-option']],
      [64, 'ERR_USAGE', ['verify', folder, '--trust-root', root, '--identity-provider', 'x']],
      [64, 'ERR_OPTION_REPEATED', ['verify', folder, '--trust-root', root, '--at', '1', '--at', '2']],
      [64, 'ERR_USAGE', ['verify', '--trust-root', root]],
      [1, 'ERR_PEM', ['verify', folder, '--trust-root', join(folder, 'config.json')]],
    ];
    for (const [exit, name, args] of runs) {
      const { code, stdout } = await cli([...args, '--json']);
      const { error } = JSON.parse(stdout) as { error: { code: string; hint: string } };
      expect(error.code, args.join(' ')).to.equal(name);
      expect(error.hint).to.match(/\w/);
      expect(code, args.join(' ')).to.equal(exit);
    }
  });

  it('judges at the given time, in every notation', async () => {
    const before = await verify();
    expect(before.code).to.equal(0);
    const run = (at: string): Promise<CliResult> => cli(['verify', folder, '--trust-root', root, '--at', at]);
    for (const at of ['2026-06-01', '2026-06-01T12:00:00Z', '2026-06-01T12:00+02:00', '1780315200']) {
      expect((await run(at)).code, at).to.equal(0);
    }
    const early = await run('2025-01-01');
    expect(early.code).to.equal(1);
    expect(early.stdout).to.include('ERR_CERT_NOT_YET_VALID');
  });

  it('narrows to an identity and a policy, and neither widens the other', async () => {
    expect((await verify('--identity', 'dev@example.com')).code).to.equal(0);
    const other = await verify('--identity', 'other@example.com');
    expect(other.code).to.equal(1);
    expect(other.stdout).to.include('ERR_SIGNER_NOT_ACCEPTED');
    const policy = join(temp(), 'policy.yaml');
    writeFileSync(policy, 'version: 1\nsigners: [{identity: dev@example.com}]\nrevocation: require\n');
    expect((await verify('--policy', policy)).stdout).to.include('ERR_REVOCATION_EVIDENCE_MISSING');
    expect((await verify('--policy', policy, '--revocation', 'off')).code).to.equal(1);
    writeFileSync(policy, 'version: 1\nsigners: [{identity: dev@example.com}]\n');
    expect((await verify('--policy', policy, '--revocation', 'off')).code).to.equal(0);
    expect((await verify('--policy', policy, '--identity', 'other@example.com')).code).to.equal(1);
  });

  it('verifies with a key, some files only, and without the exclusions of the manifest', async () => {
    rmSync(join(folder, 'model.sig'));
    const key = testKey('rsa-2048', 'team');
    await signModel(folder, { key: signingKey(key.privateKey), at: AT, ignorePaths: ['config.json'] });
    const pem = join(temp(), 'team.pub');
    writeFileSync(pem, encodePublicKey(key.publicKey));
    const run = (...args: string[]): Promise<CliResult> =>
      cli(['verify', folder, '--public-key', pem, ...args]);
    expect((await run()).code).to.equal(0);
    const only = await run('--only', 'labels');
    expect(only.code).to.equal(0);
    expect(only.stdout).to.include('1 not looked at');
    const strict = await run('--no-manifest-ignores');
    expect(strict.code).to.equal(1);
    expect(strict.stdout).to.include('ERR_FILE_UNSIGNED');
    expect((await run('--no-manifest-ignores', '--ignore-paths', 'config.json')).code).to.equal(0);
    expect((await run('--no-manifest-ignores', '--ignore-unsigned-files')).code).to.equal(0);
  });

  it('does not load what the scanner does not understand, unless told', async () => {
    writeFileSync(join(folder, 'vocabulary.bin'), Buffer.from([0xc3, 1, 2, 3, 0xfe, 0xff, 0, 9, 0x80, 0x81]));
    rmSync(join(folder, 'model.sig'));
    await pub.sign(folder);
    const args = ['load', folder, '--trust-root', root, ...TIME];
    const refused = await cli(args);
    expect(refused.code).to.equal(70);
    expect(refused.stdout).to.include('ERR_SCAN_INCOMPLETE');
    const told = await cli([...args, '--allow-unparsed']);
    expect(told.code).to.equal(0);
    expect(told.stdout).to.include('vocabulary.bin');
  });

  it('loads, and runs one inference', async () => {
    const input = join(temp(), 'input.json');
    writeFileSync(input, '{"x": {"type": "float32", "dims": [1, 2], "data": [1, 1]}}');
    const args = ['load', folder, '--trust-root', root, ...TIME, '--input', input];
    const { code, stdout } = await cli(args);
    expect(code).to.equal(0);
    expect(stdout).to.include('y = float32 [1, 2]: 4, 6');
    const json = JSON.parse((await cli([...args, '--json'])).stdout) as Report & {
      outputs: { y: { data: number[] } };
    };
    expect(json.verdict).to.equal('accepted');
    expect(json.outputs.y.data).to.deep.equal([4, 6]);
    writeFileSync(input, '{"x": {"type": "float32", "dims": [1, 2], "data": [1]}}');
    expect((await cli(args)).code).to.equal(64);
    writeFileSync(join(folder, 'config.json'), 'x');
    expect((await cli(args)).code).to.equal(1);
  });
});
