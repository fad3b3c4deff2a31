import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TrustAnchors, type VerifyOptions, verifyModel } from '../../loader/index.js';
import { expectCodeAsync } from '../support/errors.js';
import { needPython, runPython } from '../support/peers.js';
import { AT, makeChain, type TestKey, testKey } from '../support/pki.js';
import { writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

/** Signs with the reference implementation: model, signature and settings as JSON. */
const SIGN = `
import sys, json, pathlib
from model_signing import hashing, signing
model, sig, settings = sys.argv[1:4]
s = json.loads(settings)
h = hashing.Config()
if s["method"] == "shards": h.use_shard_serialization(hashing_algorithm=s["hash"], shard_size=s["shardSize"])
else: h.use_file_serialization(hashing_algorithm=s["hash"])
h.set_ignored_paths(paths=[sig], ignore_git_paths=True)
c = signing.Config().set_hashing_config(h)
if s.get("certificate"):
    c.use_certificate_signer(private_key=s["key"], signing_certificate=s["certificate"], certificate_chain=s["chain"])
else: c.use_elliptic_key_signer(private_key=s["key"])
c.sign(pathlib.Path(model), sig)
print("OK")
`;

const SETTINGS = [
  { method: 'files', hash: 'sha256' },
  { method: 'files', hash: 'blake2' },
  { method: 'files', hash: 'blake3' },
  { method: 'shards', hash: 'sha256', shardSize: 100 },
  { method: 'shards', hash: 'blake2', shardSize: 64 },
] as const;

describe('verifyModel on models that the Python reference implementation signed', function () {
  this.timeout(120_000);
  const temp = useTemp();
  const write = (name: string, text: string): string => {
    const path = join(temp(), name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const sign = (context: Mocha.Context, model: string, sig: string, settings: object): void => {
    const python = needPython(context, 'model_signing.signing');
    const run = runPython(python, SIGN, [model, sig, JSON.stringify(settings)]);
    expect(run.output.trim().endsWith('OK'), run.output.slice(-400)).to.equal(true);
  };
  const privatePem = (key: TestKey): string =>
    write('key.pem', key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);

  for (const settings of SETTINGS) {
    it(`key and certificate, ${settings.method}, ${settings.hash}`, async function () {
      const folder = writeModel(join(temp(), 'model'));
      mkdirSync(join(folder, '.git'));
      writeFileSync(join(folder, '.git', 'HEAD'), 'ref');
      const sig = join(folder, 'model.sig');
      const key = testKey('ec-p384', 'reference');
      sign(this, folder, sig, { ...settings, key: privatePem(key) });
      const byKey: VerifyOptions = { at: AT, publicKey: key.publicKey };
      const { report } = await verifyModel(folder, byKey);
      expect(report.files?.matched).to.equal(3);

      const { root, issuing, leaf } = makeChain({ key });
      const certificate = write('leaf.pem', leaf.pem);
      const chain = [write('issuing.pem', issuing.pem)];
      sign(this, folder, sig, { ...settings, key: privatePem(key), certificate, chain });
      const byRoot: VerifyOptions = { at: AT, trustRoots: TrustAnchors.from([root.certificate]) };
      await verifyModel(folder, byRoot);
      await expectCodeAsync('ERR_TRUST_METHOD', () => verifyModel(folder, byKey));

      writeFileSync(join(folder, 'config.json'), '{"classes": 3}');
      await expectCodeAsync('ERR_FILE_CHANGED', () => verifyModel(folder, byRoot));
    });
  }

  it('a single file, which it lists without a name', async function () {
    const folder = writeModel(join(temp(), 'model'));
    const file = join(folder, 'model.onnx');
    const signature = join(temp(), 'single.sig');
    const key = testKey('ec-p256', 'reference');
    sign(this, file, signature, { method: 'files', hash: 'sha256', key: privatePem(key) });
    const options: VerifyOptions = { at: AT, publicKey: key.publicKey, signature };
    const { model } = await verifyModel(file, { ...options, hold: true });
    expect(model.files).to.deep.equal(['.']);
    writeFileSync(file, 'other');
    await expectCodeAsync('ERR_FILE_CHANGED', () => verifyModel(file, options));
  });
});
