import { createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeStatement, keyHint, matchSignature, UnverifiedBundle } from '../../core/bundle/index.js';
import { signingKey } from '../../core/keys/index.js';
import { Certificate, Oid } from '../../core/x509/index.js';
import { type SignOptions, signModel } from '../../signer/index.js';
import { expectCodeAsync } from '../support/errors.js';
import {
  AT,
  type CertificateSpec,
  extensions,
  type Issued,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestKeyKind,
  testKey,
} from '../support/pki.js';
import { useTemp } from '../support/temp.js';

describe('signModel', () => {
  const temp = useTemp();
  const root = makeRoot();
  const issuing = makeIntermediate(root);
  const leafWith = (spec: CertificateSpec = {}): Issued => makeLeaf(issuing, spec);

  function model(): string {
    const folder = join(temp(), 'model');
    mkdirSync(join(folder, 'sub'), { recursive: true });
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, '.git', 'config'), 'x');
    writeFileSync(join(folder, 'config.json'), '{}');
    writeFileSync(join(folder, 'sub', 'weights.bin'), Buffer.alloc(3000, 7));
    return folder;
  }

  const optionsFor = (leaf: Issued, more: Partial<SignOptions> = {}): SignOptions => ({
    key: signingKey(leaf.key.privateKey),
    certificate: leaf.certificate,
    chain: [issuing.certificate],
    at: AT,
    ...more,
  });

  const read = (file: string): UnverifiedBundle => UnverifiedBundle.parse(readFileSync(file));

  for (const kind of ['rsa-2048', 'rsa-3072', 'ec-p256', 'ec-p384', 'ec-p521'] as const) {
    it(`signs a folder with ${kind} and a certificate`, async () => {
      const folder = model();
      const leaf = leafWith({ key: testKey(kind) });
      const signed = await signModel(folder, optionsFor(leaf));
      expect(signed.signature).to.equal(join(folder, 'model.sig'));
      const bundle = read(signed.signature);
      expect(bundle.method).to.equal('certificate');
      expect(bundle.chain.map((der) => Certificate.decode(der).fingerprint)).to.deep.equal([
        leaf.certificate.fingerprint,
        issuing.certificate.fingerprint,
      ]);
      const [signature] = bundle.signatures;
      expect(signature && matchSignature(bundle, signature, leaf.key.publicKey)).to.equal('dsse');
      const statement = decodeStatement(bundle.payload);
      expect(statement.manifest.files()).to.deep.equal(['config.json', 'sub/weights.bin']);
      expect(statement.manifest.serialization.ignorePaths).to.include.members(['.git', 'model.sig']);
      expect(statement.rootDigest).to.equal(signed.rootDigest);
      expect(statement.treeDigest).to.equal(signed.treeDigest);
    });
  }

  it('signs with a bare key and writes its hint', async () => {
    const key = testKey('ec-p256');
    const signed = await signModel(model(), { key: signingKey(key.privateKey), at: AT });
    const bundle = read(signed.signature);
    expect(bundle.method).to.equal('key');
    expect(bundle.keyHint).to.equal(keyHint(createPublicKey(key.privateKey)));
  });

  it('signs a single file, named by its base name, with the signature beside it', async () => {
    const file = join(temp(), 'one.onnx');
    writeFileSync(file, 'weights');
    const signed = await signModel(file, optionsFor(leafWith()));
    expect(signed.signature).to.equal(join(temp(), 'model.sig'));
    const { manifest } = decodeStatement(read(signed.signature).payload);
    expect(manifest.files()).to.deep.equal(['one.onnx']);
    expect(manifest.modelName).to.equal('one.onnx');
  });

  it('signs shards', async () => {
    const signed = await signModel(model(), optionsFor(leafWith(), { method: 'shards', shardSize: 1024 }));
    const { manifest } = decodeStatement(read(signed.signature).payload);
    expect(manifest.resources.map((r) => r.name)).to.deep.equal([
      'config.json:0:2',
      'sub/weights.bin:0:1024',
      'sub/weights.bin:1024:2048',
      'sub/weights.bin:2048:3000',
    ]);
  });

  it('leaves the root and the signing certificate out of the chain, and puts the rest in order', async () => {
    const leaf = leafWith();
    const chain = [root.certificate, issuing.certificate, leaf.certificate];
    const signed = await signModel(model(), optionsFor(leaf, { chain }));
    expect(read(signed.signature).chain).to.have.length(2);
  });

  it('signs metadata along', async () => {
    const metadata = { modelName: 'm', dependencies: { numpy: '2.0' }, free: { a: [1] } };
    const signed = await signModel(model(), optionsFor(leafWith(), { metadata }));
    expect(decodeStatement(read(signed.signature).payload).annotations).to.deep.equal(metadata);
  });

  describe('refuses, and writes nothing', () => {
    const refused = (
      name: string,
      code: Parameters<typeof expectCodeAsync>[0],
      options: () => SignOptions,
      prepare: (folder: string) => void = () => {},
    ): void => {
      it(name, async () => {
        const folder = model();
        prepare(folder);
        const before = readdirSync(folder).sort();
        await expectCodeAsync(code, () => signModel(folder, options()));
        expect(readdirSync(folder).sort()).to.deep.equal(before);
      });
    };
    const spec =
      (more: CertificateSpec): (() => SignOptions) =>
      () =>
        optionsFor(leafWith(more));

    refused('a key of another certificate', 'ERR_SIGN_KEY_MISMATCH', () => ({
      ...optionsFor(leafWith()),
      key: signingKey(testKey('ec-p256', 'other').privateKey),
    }));
    refused(
      'an expired certificate',
      'ERR_SIGN_CERT_EXPIRED',
      spec({ notAfter: new Date('2026-05-31T00:00:00Z') }),
    );
    refused(
      'a certificate not yet valid',
      'ERR_SIGN_CERT_NOT_YET_VALID',
      spec({ notBefore: new Date('2026-06-02T00:00:00Z') }),
    );
    refused(
      'a certificate without digitalSignature',
      'ERR_SIGN_CERT_KEY_USAGE',
      spec({ extensions: { [Oid.keyUsage]: extensions.keyUsage(['keyEncipherment']) } }),
    );
    refused(
      'a certificate for another purpose',
      'ERR_SIGN_CERT_PURPOSE',
      spec({ extensions: { [Oid.extKeyUsage]: extensions.extKeyUsage(['1.3.6.1.5.5.7.3.1']) } }),
    );
    refused(
      'a certificate without a purpose',
      'ERR_SIGN_CERT_PURPOSE',
      spec({ extensions: { [Oid.extKeyUsage]: undefined } }),
    );
    it('warns of a CA certificate that may sign models, and refuses one that may not', async () => {
      const ca = { [Oid.basicConstraints]: extensions.basicConstraints(true) };
      const folder = model();
      const signed = await signModel(folder, spec({ extensions: ca })());
      expect(signed.warnings.join()).to.include('certificate of a CA');
      await expectCodeAsync('ERR_SIGN_CERT_KEY_USAGE', () =>
        signModel(
          folder,
          spec({ extensions: { ...ca, [Oid.keyUsage]: extensions.keyUsage(['keyCertSign']) } })(),
        ),
      );
    });
    refused('a weak key', 'ERR_KEY_WEAK', () => {
      const key = testKey('rsa-1024' as TestKeyKind);
      const own = { publicKey: key.publicKey, sign: async () => new Uint8Array(128) };
      return { ...optionsFor(leafWith({ key }), {}), key: own };
    });
    refused('a key that signs wrongly', 'ERR_SIGN_SELF_CHECK', () => {
      const leaf = leafWith();
      const wrong = signingKey(testKey('ec-p256', 'other').privateKey);
      return { ...optionsFor(leaf), key: { publicKey: leaf.key.publicKey, sign: (b) => wrong.sign(b) } };
    });
    refused('a chain of another CA', 'ERR_SIGN_CHAIN_BROKEN', () =>
      optionsFor(leafWith(), {
        chain: [makeIntermediate(makeRoot({ key: testKey('ec-p256', 'r2') }), { subject: 'X' }).certificate],
      }),
    );
    refused('a chain certificate that is no CA', 'ERR_SIGN_CHAIN_CA', () => {
      const middle = makeLeaf(issuing, { subject: 'Middle' });
      return optionsFor(makeLeaf(middle), { chain: [middle.certificate, issuing.certificate] });
    });
    refused('an expired intermediate', 'ERR_SIGN_CERT_EXPIRED', () => {
      const old = makeIntermediate(root, { subject: 'Old', notAfter: new Date('2026-05-01T00:00:00Z') });
      return optionsFor(makeLeaf(old), { chain: [old.certificate] });
    });
    refused('a chain without a certificate', 'ERR_SIGN_CHAIN_WITHOUT_CERTIFICATE', () => ({
      key: signingKey(testKey().privateKey),
      chain: [issuing.certificate],
      at: AT,
    }));
    refused('a shard size with the method files', 'ERR_SIGN_OPTION', () =>
      optionsFor(leafWith(), { shardSize: 5 }),
    );
    refused('a shard size of zero', 'ERR_SIGN_OPTION', () =>
      optionsFor(leafWith(), { method: 'shards', shardSize: 0 }),
    );
    refused('metadata with a wrong type', 'ERR_SIGN_METADATA', () =>
      optionsFor(leafWith(), { metadata: { trainingDate: 'yesterday' } }),
    );
    refused('an excluded path outside the model', 'ERR_USAGE', () =>
      optionsFor(leafWith(), { ignorePaths: ['../x'] }),
    );
    refused(
      'a symbolic link',
      'ERR_MODEL_SYMLINK',
      () => optionsFor(leafWith()),
      (folder) => symlinkSync('config.json', join(folder, 'link')),
    );
    refused(
      'a file that is no signature in the place of the signature',
      'ERR_SIGN_TARGET',
      () => optionsFor(leafWith(), { overwrite: true }),
      (folder) => writeFileSync(join(folder, 'model.sig'), 'something else'),
    );
    refused('a model file as the place of the signature', 'ERR_SIGN_TARGET', () =>
      optionsFor(leafWith(), { signature: join(temp(), 'model', 'config.json'), overwrite: true }),
    );
  });

  it('refuses an empty model', async () => {
    const folder = join(temp(), 'empty');
    mkdirSync(join(folder, '.git'), { recursive: true });
    await expectCodeAsync('ERR_MODEL_EMPTY', () => signModel(folder, optionsFor(leafWith())));
    await expectCodeAsync('ERR_FILE_NOT_FOUND', () =>
      signModel(join(temp(), 'none'), optionsFor(leafWith())),
    );
  });

  it('replaces an older signature only on request', async () => {
    const folder = model();
    const leaf = leafWith();
    const first = await signModel(folder, optionsFor(leaf));
    const bytes = readFileSync(first.signature);
    await expectCodeAsync('ERR_FILE_EXISTS', () => signModel(folder, optionsFor(leaf)));
    expect(readFileSync(first.signature)).to.deep.equal(bytes);
    const second = await signModel(folder, optionsFor(leaf, { overwrite: true }));
    expect(second.rootDigest).to.equal(first.rootDigest);
  });

  it('writes elsewhere when told', async () => {
    const out = join(temp(), 'else.sig');
    const signed = await signModel(model(), optionsFor(leafWith(), { signature: out }));
    expect(existsSync(out)).to.equal(true);
    expect(signed.manifest.serialization.ignorePaths).to.not.include('else.sig');
  });
});
