import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeStatement, UnverifiedBundle } from '../../core/bundle/index.js';
import { cli } from '../support/cli.js';
import { needOpenssl } from '../support/openssl.js';
import {
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestKeyKind,
  testKey,
} from '../support/pki.js';
import { sharedFile } from '../support/shared.js';
import { useTemp } from '../support/temp.js';

describe('commands of the signer', () => {
  const temp = useTemp();
  const root = makeRoot();
  const issuing = makeIntermediate(root);

  const put = (name: string, content: string | Buffer): string => {
    const path = join(temp(), name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  function ready(kind: TestKeyKind = 'ec-p256'): { leaf: Issued; model: string; args: string[] } {
    const leaf = makeLeaf(issuing, { key: testKey(kind) });
    put('model/config.json', '{"transformers_version": "4.57.1", "model_type": "bert"}');
    put('model/weights.bin', Buffer.alloc(2000, 3));
    const key = put('key.pem', leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    const chain = put('chain.pem', leaf.pem + issuing.pem);
    const model = join(temp(), 'model');
    return { leaf, model, args: ['sign', model, '--private-key', key, '--signing-certificate', chain] };
  }
  const statementOf = (model: string): ReturnType<typeof decodeStatement> =>
    decodeStatement(UnverifiedBundle.parse(readFileSync(join(model, 'model.sig'))).payload);

  it('sign writes the signature and says so, for people and as JSON', async () => {
    const { model, args, leaf } = ready();
    const text = await cli(args);
    expect(text.code, text.stderr).to.equal(0);
    expect(text.stdout).to.include('2 files').and.to.include('model.sig');
    const json = await cli([...args, '--force', '--json']);
    const report = JSON.parse(json.stdout);
    expect(report.files).to.equal(2);
    expect(report.method).to.equal('certificate');
    expect(report.certificate).to.equal(leaf.certificate.fingerprint);
    expect(report.rootDigest).to.equal(statementOf(model).rootDigest);
  });

  it('sign --detect, --metadata and options: the more explicit wins', async () => {
    const { model, args } = ready();
    put(
      'model/requirements.txt',
      'numpy==2.1.0\n# comment\ntorch>=2.0 ; python_version>"3"\nhttps://x/y.whl\n',
    );
    const metadata = put(
      'meta.json',
      '{"modelName":"from file","modelVersion":"1","frameworks":{"onnx":"1.19"}}',
    );
    const run = await cli([
      ...args,
      '--detect',
      '--metadata',
      metadata,
      '--model-version',
      '2',
      '--dependency',
      'numpy=2.2',
    ]);
    expect(run.code, run.stderr).to.equal(0);
    expect(statementOf(model).annotations).to.deep.equal({
      modelName: 'from file',
      modelVersion: '2',
      frameworks: { transformers: '4.57.1', onnx: '1.19' },
      dependencies: { numpy: '2.2', torch: '>=2.0' },
    });
  });

  it('sign leaves out paths given relative to the model or to where it runs', async () => {
    const { model, args } = ready();
    put('model/cache/x', 'x');
    put('model/notes.txt', 'x');
    const run = await cli([...args, '--ignore-paths', 'cache', '--ignore-paths', join(model, 'notes.txt')]);
    expect(run.code, run.stderr).to.equal(0);
    expect(statementOf(model).manifest.files()).to.deep.equal(['config.json', 'weights.bin']);
  });

  it('sign in shards, with an encrypted key', async () => {
    const { model, args, leaf } = ready();
    put(
      'key.pem',
      leaf.key.privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: 'pw',
      }) as string,
    );
    const wrong = await cli([...args, '--passphrase-env', 'P', '--json'], { P: 'other' });
    expect(wrong.code).to.equal(1);
    expect(JSON.parse(wrong.stdout).error.code).to.equal('ERR_PASSPHRASE_WRONG');
    expect(existsSync(join(model, 'model.sig'))).to.equal(false);
    const none = await cli([...args, '--json']);
    expect(JSON.parse(none.stdout).error.code).to.equal('ERR_PASSPHRASE_NEEDED');
    const run = await cli([...args, '--passphrase-env', 'P', '--method', 'shards', '--shard-size', '1_000'], {
      P: 'pw',
    });
    expect(run.code, run.stderr).to.equal(0);
    expect(statementOf(model).manifest.resources).to.have.length(3);
  });

  const wrong: [string, string[], number, string][] = [
    ['a missing model', ['sign', 'NONE', '--private-key', 'KEY'], 3, 'ERR_FILE_NOT_FOUND'],
    ['a missing key', ['sign', 'MODEL', '--private-key', 'NONE'], 3, 'ERR_FILE_NOT_FOUND'],
    ['no key', ['sign', 'MODEL'], 64, 'ERR_USAGE'],
    [
      'a chain alone',
      ['sign', 'MODEL', '--private-key', 'KEY', '--certificate-chain', 'CHAIN'],
      64,
      'ERR_SIGN_CHAIN_WITHOUT_CERTIFICATE',
    ],
    [
      'a shard size that is none',
      ['sign', 'MODEL', '--private-key', 'KEY', '--method', 'shards', '--shard-size', '1e3'],
      64,
      'ERR_SIGN_OPTION',
    ],
    [
      'a repeated option',
      ['sign', 'MODEL', '--private-key', 'KEY', '--private-key', 'KEY'],
      64,
      'ERR_OPTION_REPEATED',
    ],
    ['an unknown hash', ['sign', 'MODEL', '--private-key', 'KEY', '--hash', 'md5'], 64, 'ERR_USAGE'],
    [
      'a pattern as excluded path',
      ['sign', 'MODEL', '--private-key', 'KEY', '--ignore-paths', '*.tmp'],
      64,
      'ERR_SIGN_OPTION',
    ],
    [
      'a dependency without version',
      ['sign', 'MODEL', '--private-key', 'KEY', '--dependency', 'numpy'],
      64,
      'ERR_SIGN_OPTION',
    ],
    ['a certificate as the key', ['sign', 'MODEL', '--private-key', 'CHAIN'], 1, 'ERR_PEM'],
    ['something missing to inspect', ['inspect', 'NONE'], 3, 'ERR_FILE_NOT_FOUND'],
    ['a detached view of certificates', ['inspect', 'CHAIN', '--extract', 'OUT'], 64, 'ERR_USAGE'],
    ['a missing model to digest', ['digest', 'NONE'], 3, 'ERR_FILE_NOT_FOUND'],
  ];
  for (const [name, args, code, error] of wrong) {
    it(`refuse ${name} with exit code ${code}`, async () => {
      const { model } = ready();
      const places: Record<string, string> = {
        MODEL: model,
        NONE: join(temp(), 'none'),
        KEY: join(temp(), 'key.pem'),
        CHAIN: join(temp(), 'chain.pem'),
        OUT: join(temp(), 'out'),
      };
      const before = readdirSync(model);
      const run = await cli([...args.map((word) => places[word] ?? word), '--json']);
      expect(JSON.parse(run.stdout).error.code).to.equal(error);
      expect(run.code).to.equal(code);
      expect(readdirSync(model)).to.deep.equal(before);
    });
  }

  for (const [kind, hash] of [
    ['rsa-2048', 'sha256'],
    ['ec-p256', 'sha256'],
    ['ec-p384', 'sha384'],
    ['ec-p521', 'sha512'],
  ] as const) {
    it(`inspect --extract of ${kind} gives what OpenSSL alone verifies`, async function () {
      needOpenssl(this);
      const { model, args } = ready(kind);
      await cli(args);
      const view = join(temp(), 'view');
      const run = await cli(['inspect', model, '--extract', view, '--json']);
      expect(run.code, run.stderr).to.equal(0);
      const report = JSON.parse(run.stdout);
      expect(report.verified).to.equal(false);
      expect(report.extracted.command).to.equal(
        `openssl dgst -${hash} -verify public-key.pem -signature signature.bin signed-bytes.bin`,
      );
      expect(readdirSync(view).sort()).to.deep.equal([
        'chain.pem',
        'manifest.json',
        'public-key.pem',
        'signature.bin',
        'signed-bytes.bin',
      ]);
      const [, ...words] = report.extracted.command.split(' ');
      const openssl = spawnSync('openssl', words, { cwd: view, encoding: 'utf8' });
      expect(openssl.stdout).to.equal('Verified OK\n');
      expect(JSON.parse(readFileSync(join(view, 'manifest.json'), 'utf8')).subject[0].name).to.equal('model');
      writeFileSync(join(view, 'signed-bytes.bin'), 'x');
      expect(spawnSync('openssl', words, { cwd: view }).status).to.equal(1);
      const again = await cli(['inspect', model, '--extract', view, '--json']);
      expect(JSON.parse(again.stdout).error.code).to.equal('ERR_FILE_EXISTS');
    });
  }

  it('inspect --extract of a signature of release 0.2', async function () {
    needOpenssl(this);
    const file = sharedFile(this, 'oms', 'published', 'v0.2.0-certificate', 'model.sig');
    const view = join(temp(), 'view');
    const run = await cli(['inspect', file, '--extract', view, '--json']);
    const { extracted } = JSON.parse(run.stdout);
    expect(extracted.form).to.equal('v0.2');
    const [, ...words] = extracted.command.split(' ');
    expect(spawnSync('openssl', words, { cwd: view, encoding: 'utf8' }).stdout).to.equal('Verified OK\n');
  });

  it('inspect shows certificates, keys and an unsigned model, and says that nothing is verified', async () => {
    const { model, leaf } = ready();
    const chain = await cli(['inspect', join(temp(), 'chain.pem')]);
    expect(chain.stdout)
      .to.match(/^UNVERIFIED/)
      .and.to.include('dev@example.com');
    const key = put('key.pub', leaf.key.publicKey.export({ type: 'spki', format: 'pem' }) as string);
    expect(JSON.parse((await cli(['inspect', key, '--json'])).stdout).claims.key).to.equal('EC P-256');
    const der = put('leaf.der', Buffer.from(leaf.der));
    expect(JSON.parse((await cli(['inspect', der, '--json'])).stdout).kind).to.equal('certificates');
    expect((await cli(['inspect', model])).stdout).to.include('no signature found');
  });

  it('inspect shows a bundle whose payload is something else', async function () {
    const file = sharedFile(
      this,
      'oms',
      'test-vectors',
      'v1.0',
      'invalid-payload',
      'wrong-predicate.bundle.json',
    );
    const run = await cli(['inspect', file, '--json']);
    expect(run.code).to.equal(0);
    expect(JSON.parse(run.stdout).claims.problem.code).to.equal('ERR_STATEMENT_PREDICATE_TYPE');
  });

  it('inspect makes hostile text visible', async () => {
    const { model, args } = ready();
    const metadata = put('meta.json', JSON.stringify({ modelName: 'x\u001b[2Jy\u202e' }));
    await cli([...args, '--metadata', metadata]);
    const run = await cli(['inspect', model]);
    expect(run.stdout).to.include('\\u001b').and.to.include('\\u202e');
    expect(run.stdout.includes('\u001b')).to.equal(false);
    expect(run.stdout.includes('\u202e')).to.equal(false);
  });

  it('digest prints what sign signs', async () => {
    const { model, args } = ready();
    const digest = JSON.parse((await cli(['digest', model, '--json'])).stdout);
    await cli(args);
    expect(digest.rootDigest).to.equal(statementOf(model).rootDigest);
    expect(digest.treeDigest).to.equal(statementOf(model).treeDigest);
    const again = await cli(['digest', model]);
    expect(again.stdout).to.include(`root digest  sha256:${digest.rootDigest}`);
  });
});
