import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodePem } from '../../../core/pem.js';
import type { CheckSummary } from '../../../core/report/index.js';
import { findHubModel, findModels, hubCache } from '../../../loader/index.js';
import { cli } from '../../support/cli.js';
import { expectCode } from '../../support/errors.js';
import { cacheModel, COMMIT } from '../../support/hub.js';
import { AT } from '../../support/pki.js';
import { publisher, writeModel } from '../../support/signed-model.js';
import { useTemp } from '../../support/temp.js';

const OTHER = 'f'.repeat(40);

describe('Hugging Face cache', () => {
  const temp = useTemp();
  const alice = publisher();

  const cached = async (name = 'acme/tiny', commit = COMMIT): Promise<string> => {
    const folder = writeModel(join(temp(), 'source', name, commit));
    await alice.sign(folder);
    return cacheModel(join(temp(), 'hf/hub'), name, folder, commit);
  };
  const trust = (): string[] => {
    const root = join(temp(), 'root.pem');
    writeFileSync(root, encodePem('CERTIFICATE', alice.root.certificate.raw));
    return ['--trust-root', root, '--at', AT.toISOString(), '--revocation', 'off'];
  };

  it('lies where the variables of its own libraries say', () => {
    for (const [env, cache] of [
      [{ HOME: '/h' }, '/h/.cache/huggingface/hub'],
      [{ HOME: '/h', XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
      [{ HOME: '/h', XDG_CACHE_HOME: '/x', HF_HOME: '/hf' }, '/hf/hub'],
      [{ HOME: '/h', HF_HOME: '~/models' }, '/h/models/hub'],
      [{ HOME: '/h', HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
      [{ HOME: '/h', HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/new' }, '/new'],
    ] as const)
      expect(hubCache(env)).to.equal(cache);
  });

  it('finds a model by branch, tag and commit, and says what is there instead', async () => {
    const snapshot = await cached();
    const cache = join(temp(), 'hf/hub');
    const refs = join(cache, 'models--acme--tiny/refs');
    mkdirSync(join(refs, 'refs/pr'), { recursive: true });
    writeFileSync(join(refs, 'refs/pr/1'), `${COMMIT}\n`);
    for (const revision of ['', '@main', `@${COMMIT}`, '@refs/pr/1'])
      expect(findHubModel(`hf://acme/tiny${revision}`, cache)).to.equal(snapshot);
    const { message } = expectCode('ERR_HUB_NOT_CACHED', () => findHubModel('hf://acme/tiny@v2', cache));
    expect(message).to.contain(COMMIT);
    expectCode('ERR_HUB_NOT_CACHED', () => findHubModel('hf://acme/none', cache));
    expectCode('ERR_HUB_NOT_CACHED', () => findHubModel(`hf://acme/tiny@${OTHER}`, cache));
    writeFileSync(join(refs, 'main'), '../../..');
    expectCode('ERR_HUB_CACHE_MALFORMED', () => findHubModel('hf://acme/tiny', cache));
  });

  for (const address of [
    'hf://',
    'hf://acme/',
    'hf://../tiny',
    'hf://acme/..',
    'hf://acme/a--b',
    'hf://acme/tiny/model.onnx',
    'hf://acme/tiny@',
    'hf://acme/tiny@../../x',
    'hf://acme/tiny@a//b',
    'hf://acme/tiny@/etc',
    'hf://acme/tiny@a/.hidden',
    'hf://acme/ti ny',
  ])
    it(`refuses the address ${address}`, () => {
      expectCode('ERR_HUB_ADDRESS', () => findHubModel(address, temp()));
    });

  it('verify, load, scan and check take an address, and never ask the network', async () => {
    await cached();
    const env = { HF_HOME: join(temp(), 'hf') };
    for (const args of [
      ['verify', 'hf://acme/tiny', ...trust()],
      ['load', `hf://acme/tiny@${COMMIT}`, ...trust()],
      ['scan', 'hf://acme/tiny'],
      ['check', 'hf://acme/tiny', ...trust()],
    ]) {
      const { code, stderr, stdout } = await cli(args, env);
      expect(code, args[0] + stderr + stdout).to.equal(0);
    }
    expect((await cli(['verify', 'hf://acme/none', ...trust()], env)).code).to.equal(3);
    expect((await cli(['verify', 'hf://acme', '--bogus', ...trust()], env)).code).to.equal(64);
    expect((await cli(['scan', 'hf://acme/../x'], env)).code).to.equal(64);
  });

  it('check lists every model of the machine: name, revision, signer or none, threats, size', async () => {
    await cached();
    await cached('acme/tiny', OTHER);
    const hub = join(temp(), 'hf/hub');
    const plain = writeModel(join(temp(), 'plain'));
    cacheModel(hub, 'gpt2', plain);
    const evil = writeModel(join(temp(), 'evil'), { 'pytorch_model.bin': "cos\nsystem\n(S'id'\ntR." });
    cacheModel(hub, 'mallory/evil', evil);
    writeFileSync(join(temp(), 'hf/token'), 'secret');
    const { code, stdout } = await cli(['check', join(temp(), 'hf'), ...trust(), '--json']);
    const { models } = JSON.parse(stdout) as CheckSummary;
    expect(
      models.map((m) => [
        m.model?.name,
        m.model?.revision,
        m.verdict,
        m.signers.length,
        m.threats.length > 0,
      ]),
    ).to.have.deep.members([
      ['acme/tiny', COMMIT, 'accepted', 1, false],
      ['acme/tiny', OTHER, 'accepted', 1, false],
      ['gpt2', COMMIT, 'refused', 0, false],
      ['mallory/evil', COMMIT, 'threat', 0, true],
    ]);
    for (const { model } of models) expect(model?.bytes).to.be.greaterThan(50);
    expect(code).to.equal(2);
    const text = (await cli(['check', join(temp(), 'hf'), ...trust()])).stdout;
    expect(text).to.match(new RegExp(`accepted.* +acme/tiny@${COMMIT} +\\d.*\\n +signed by `));
    expect(text).to.match(/refused +gpt2@.*\n +signed by none/);
  });

  it('check judges a link beside its release as that release', async () => {
    const releases = join(temp(), 'models/releases');
    const v1 = writeModel(join(releases, 'v1'));
    await alice.sign(v1);
    symlinkSync('v1', join(releases, 'current'));
    symlinkSync('releases/current', join(temp(), 'models/stable'));
    const { code, stdout } = await cli(['check', join(temp(), 'models'), ...trust(), '--json']);
    const { models } = JSON.parse(stdout) as CheckSummary;
    expect(models.map((m) => m.subject)).to.deep.equal([v1]);
    expect(models[0]?.checks.find((c) => c.name === 'links')?.detail)
      .to.contain('releases/current')
      .and.contain('stable');
    expect(code).to.equal(0);
    // Named itself, and out of the folder that is checked.
    expect((await cli(['check', join(releases, 'current'), ...trust()])).code).to.equal(0);
    mkdirSync(join(temp(), 'elsewhere'));
    symlinkSync('../models/releases/v1', join(temp(), 'elsewhere/current'));
    expect((await cli(['check', join(temp(), 'elsewhere'), ...trust()])).code).to.equal(0);
  });

  it('check leaves out what --ignore-paths names, in the folder and in a model', async () => {
    const dir = join(temp(), 'models');
    const model = writeModel(join(dir, 'a/model'));
    await alice.sign(model);
    mkdirSync(join(dir, 'lost+found'));
    writeFileSync(join(dir, 'lost+found/x.pkl'), "cos\nsystem\n(S'id'\ntR.");
    writeFileSync(join(model, 'download.log'), 'x');
    expect((await cli(['check', dir, ...trust()])).code).to.equal(2);
    const ignore = ['--ignore-paths', 'lost+found', '--ignore-paths', join(dir, 'a/model/download.log')];
    const { code, stdout } = await cli(['check', dir, ...trust(), ...ignore]);
    expect(code, stdout).to.equal(0);
    expect((await cli(['check', dir, ...trust(), '--ignore-paths', '../x'])).code).to.equal(64);
    // Whole models, and snapshots, as well.
    expect(findModels(dir, [], ['a', 'lost+found']).models).to.deep.equal([]);
    await cached();
    expect(findModels(join(temp(), 'hf'), [], ['hub/models--acme--tiny']).models).to.deep.equal([]);
    expect(findModels(join(temp(), 'hf')).models.map((m) => m.kind)).to.deep.equal(['signed']);
    rmSync(join(temp(), 'hf/hub/models--acme--tiny/snapshots', COMMIT, 'model.sig'));
    expect(findModels(join(temp(), 'hf')).models.map((m) => m.kind)).to.deep.equal(['snapshot']);
  });
});
