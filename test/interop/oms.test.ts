import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeStatement, matchSignature, namedKey, UnverifiedBundle } from '../../core/bundle/index.js';
import { signingKey } from '../../core/keys/index.js';
import { compareModel, DEFAULT_IGNORED, measureModel, walkModel } from '../../core/model/index.js';
import { Certificate } from '../../core/x509/index.js';
import { type SignOptions, signModel } from '../../signer/index.js';
import { needPython, runPython } from '../support/peers.js';
import { AT, type Issued, makeIntermediate, makeLeaf, makeRoot, testKey } from '../support/pki.js';
import { useTemp } from '../support/temp.js';

/** Signs or verifies with the reference implementation: operation, model, signature and settings as JSON. */
const REFERENCE = `
import sys, json, pathlib
import model_signing
from model_signing import hashing, signing, verifying
op, model, sig, settings = sys.argv[1:5]
s = json.loads(settings)
def hashing_config():
    c = hashing.Config()
    h = {"sha256": "sha256", "blake2b": "blake2", "blake3": "blake3"}[s["hash"]]
    if s["method"] == "shards": c.use_shard_serialization(hashing_algorithm=h, shard_size=s["shardSize"])
    else: c.use_file_serialization(hashing_algorithm=h)
    return c.set_ignored_paths(paths=["model.sig"], ignore_git_paths=True)
if op == "sign":
    c = signing.Config().set_hashing_config(hashing_config())
    if s.get("certificate"):
        c.use_certificate_signer(private_key=s["key"], signing_certificate=s["certificate"], certificate_chain=s["chain"])
    else: c.use_elliptic_key_signer(private_key=s["key"])
    c.sign(pathlib.Path(model), sig)
else:
    c = verifying.Config()
    if s.get("roots"): c.use_certificate_verifier(certificate_chain=s["roots"])
    else: c.use_elliptic_key_verifier(public_key=s["public"])
    if s.get("unsigned"): c.set_ignore_unsigned_files(True)
    c.set_hashing_config(hashing_config())
    c.verify(pathlib.Path(model), sig)
print("OK")
`;

const KINDS = ['ec-p256', 'ec-p384', 'ec-p521'] as const;

interface Settings {
  readonly hash: 'sha256' | 'blake2b' | 'blake3';
  readonly method: 'files' | 'shards';
  readonly shardSize?: number;
}

// The reference implementation has no shards with BLAKE3: it falls back to whole files.
const SETTINGS: readonly Settings[] = [
  { hash: 'sha256', method: 'files' },
  { hash: 'blake2b', method: 'files' },
  { hash: 'blake3', method: 'files' },
  { hash: 'sha256', method: 'shards', shardSize: 1000 },
  { hash: 'blake2b', method: 'shards', shardSize: 777 },
];

describe('round trips with the Python reference implementation', function () {
  this.timeout(120_000);
  const temp = useTemp();
  const root = makeRoot();
  const issuing = makeIntermediate(root);

  before(function () {
    needPython(this, 'model_signing.signing');
  });
  const python = (context: Mocha.Context): string => needPython(context, 'model_signing.signing');

  const file = (name: string, content: string | Buffer): string => {
    const path = join(temp(), name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  function model(): string {
    const folder = join(temp(), 'model');
    mkdirSync(join(folder, 'a'), { recursive: true });
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, '.git', 'HEAD'), 'ref');
    // "a.txt" and "a/b" are ordered differently by the specification and by the reference implementation.
    for (const name of ['a/b', 'a.txt', 'ü.json', 'a b'])
      writeFileSync(join(folder, name), `content of ${name}`);
    writeFileSync(join(folder, 'weights.bin'), Buffer.alloc(12_345, 5));
    return folder;
  }
  const pem = (key: Issued['key']): string =>
    file('key.pem', key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
  const publicPem = (key: Issued['key']): string =>
    file('key.pub', key.publicKey.export({ type: 'spki', format: 'pem' }) as string);
  /** A failure of the reference implementation quotes every digest; the start of its last line says enough. */
  const brief = (output: string): string => output.trim().split('\n').at(-1)?.slice(0, 400) ?? '';
  const reference = (
    context: Mocha.Context,
    op: string,
    path: string,
    sig: string,
    settings: object,
  ): void => {
    const run = runPython(python(context), REFERENCE, [op, path, sig, JSON.stringify(settings)]);
    expect(run.output.trim().endsWith('OK'), brief(run.output)).to.equal(true);
  };

  async function weAccept(path: string, sig: string, key: Issued['key']): Promise<void> {
    const bundle = UnverifiedBundle.parse(readFileSync(sig));
    const [signature] = bundle.signatures;
    const [leaf] = bundle.chain;
    if (!leaf) expect(namedKey(bundle, key.publicKey)).to.equal('hint');
    const used = leaf ? Certificate.decode(leaf).publicKey() : key.publicKey;
    expect(used.equals(key.publicKey)).to.equal(true);
    expect(signature && matchSignature(bundle, signature, used)).to.equal('dsse');
    const { manifest } = decodeStatement(bundle.payload);
    const tree = walkModel(path, { ignore: manifest.ignoreRules(DEFAULT_IGNORED), allowSymlinks: false });
    const result = compareModel(manifest, await measureModel(tree, manifest.serialization));
    expect([...result.changed, ...result.missing, ...result.extra]).to.deep.equal([]);
    expect(result.matched).to.have.length(tree.files.length);
  }

  for (const settings of SETTINGS) {
    // Curve and serialization do not depend on each other: every curve once, every serialization once.
    for (const kind of settings === SETTINGS[0] ? KINDS : KINDS.slice(1, 2)) {
      const options = (leaf?: Issued): SignOptions => ({
        ...settings,
        key: signingKey((leaf?.key ?? testKey(kind)).privateKey),
        ...(leaf ? { certificate: leaf.certificate, chain: [issuing.certificate] } : {}),
        at: AT,
        // It departs from the specification in the algorithm name of shards, and reads no other.
        forPythonReference: settings.method === 'shards',
      });
      const name = `${settings.method}, ${settings.hash}, ${kind}`;

      it(`it reads what we write: ${name}`, async function () {
        const folder = model();
        const leaf = makeLeaf(issuing, { key: testKey(kind) });
        const signed = await signModel(folder, options());
        reference(this, 'verify', folder, signed.signature, {
          ...settings,
          public: publicPem(testKey(kind)),
        });
        const roots = [file('root.pem', root.pem)];
        const certified = await signModel(folder, { ...options(leaf), overwrite: true });
        reference(this, 'verify', folder, certified.signature, { ...settings, roots });
      });

      it(`we read what it writes: ${name}`, async function () {
        const folder = model();
        const key = testKey(kind);
        const sig = join(folder, 'model.sig');
        reference(this, 'sign', folder, sig, { ...settings, key: pem(key) });
        await weAccept(folder, sig, key);
        const leaf = makeLeaf(issuing, { key });
        const certificate = file('leaf.pem', leaf.pem);
        const chain = [file('issuing.pem', issuing.pem)];
        reference(this, 'sign', folder, sig, { ...settings, key: pem(key), certificate, chain });
        await weAccept(folder, sig, key);
      });
    }
  }

  it('it refuses what we signed once a byte of the model is another', async function () {
    const folder = model();
    const key = testKey('ec-p256');
    const signed = await signModel(folder, { key: signingKey(key.privateKey), at: AT });
    writeFileSync(join(folder, 'a.txt'), 'other');
    const settings = JSON.stringify({ hash: 'sha256', method: 'files', public: publicPem(key) });
    const run = runPython(python(this), REFERENCE, ['verify', folder, signed.signature, settings]);
    expect(run.output).to.include('Signature mismatch');
  });

  it('single files: we read its nameless entry, and it reads our named one through the folder', async function () {
    mkdirSync(join(temp(), 'one'));
    const single = file('one/model.onnx', 'weights');
    const key = testKey('ec-p256');
    const sig = join(temp(), 'single.sig');
    const settings = { hash: 'sha256', method: 'files' };
    reference(this, 'sign', single, sig, { ...settings, key: pem(key) });
    await weAccept(single, sig, key);
    const nameless = await signModel(single, {
      key: signingKey(key.privateKey),
      at: AT,
      signature: join(temp(), 'nameless.sig'),
      forPythonReference: true,
    });
    reference(this, 'verify', single, nameless.signature, { ...settings, public: publicPem(key) });
    await weAccept(single, nameless.signature, key);
    const signed = await signModel(single, {
      key: signingKey(key.privateKey),
      at: AT,
      signature: join(temp(), 'ours.sig'),
    });
    reference(this, 'verify', join(temp(), 'one'), signed.signature, {
      ...settings,
      public: publicPem(key),
      unsigned: true,
    });
  });
});
