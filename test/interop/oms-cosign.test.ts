import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { UnverifiedBundle } from '../../core/bundle/index.js';
import { signingKey } from '../../core/keys/index.js';
import { TrustAnchors, verifyModel } from '../../loader/index.js';
import { type SignOptions, signModel } from '../../signer/index.js';
import { editBundle, flip } from '../support/edit-bundle.js';
import { expectCodeAsync } from '../support/errors.js';
import {
  makeIntermediate,
  makeLeaf,
  makeRoot,
  type TestKey,
  type TestKeyKind,
  testKey,
} from '../support/pki.js';
import { writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const DAY = 86_400_000;
const PREDICATE = 'https://model_signing/signature/v1.0';
/** cosign takes the hash of a signature from its caller, not from the key. */
const KINDS: readonly (readonly [TestKeyKind, string])[] = [
  ['ec-p256', 'sha256'],
  ['ec-p384', 'sha384'],
  ['ec-p521', 'sha512'],
  ['rsa-2048', 'sha256'],
];

// What it says when it refuses: each refusal must be for the reason of the test.
const WRONG_DIGEST = /digest does not match any digest in statement/;
const WRONG_SIGNATURE = /accepted signatures do not match threshold/;
const WRONG_ROOT = /leaf certificate verification failed/;
const WRONG_IDENTITY = /no matching CertificateIdentity found/;

const cosign = process.env.MODELSEAL_COSIGN ?? 'cosign';
let found: boolean | undefined;

/** Skips, with the reason on the console, where there is no cosign. */
function needCosign(context: Mocha.Context): void {
  found ??= spawnSync(cosign, ['version']).status === 0;
  if (found) return;
  console.log('      skipped: no cosign (set MODELSEAL_COSIGN to its binary, version 3)');
  context.skip();
}

describe('exchange with cosign, a reader and writer of Sigstore bundles that knows nothing of models', function () {
  this.timeout(120_000);
  const temp = useTemp();
  // cosign knows no other time than the clock's; certificates of this test are made around it.
  const now = new Date();

  before(function () {
    needCosign(this);
  });

  const write = (name: string, text: string): string => {
    const path = join(temp(), name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const publicPem = (key: TestKey): string =>
    write('key.pub', key.publicKey.export({ type: 'spki', format: 'pem' }) as string);

  function run(...args: string[]): { ok: boolean; output: string } {
    const env = { ...process.env, COSIGN_PASSWORD: '', HOME: temp(), TUF_ROOT: join(temp(), 'tuf') };
    const done = spawnSync(cosign, args, { encoding: 'utf8', env, timeout: 60_000 });
    if (done.error) throw done.error;
    return { ok: done.status === 0, output: `${done.stdout}${done.stderr}`.slice(-600) };
  }
  function attested(signature: string, digest: string, ...trust: string[]): { ok: boolean; output: string } {
    const what = ['--bundle', signature, '--type', PREDICATE, '--digest', digest, '--digestAlg', 'sha256'];
    return run('verify-blob-attestation', ...what, '--insecure-ignore-tlog', ...trust);
  }
  const accepted = (result: { ok: boolean; output: string }): void => {
    expect(result.ok, result.output).to.equal(true);
    expect(result.output).to.include('Verified OK');
  };
  const refused = (result: { ok: boolean; output: string }, reason: RegExp): void => {
    expect(result.ok, result.output).to.equal(false);
    expect(result.output).to.match(reason);
  };

  for (const [kind, hash] of KINDS) {
    it(`it reads what we write with a key, ${kind}`, async () => {
      const folder = writeModel(join(temp(), 'model'));
      const key = testKey(kind);
      const options: SignOptions = { key: signingKey(key.privateKey), at: now };
      const { signature, rootDigest } = await signModel(folder, options);
      const trust = ['--key', publicPem(key), '--signature-digest-algorithm', hash];
      accepted(attested(signature, rootDigest, ...trust));
      refused(attested(signature, '0'.repeat(64), ...trust), WRONG_DIGEST);

      editBundle(signature, ({ dsseEnvelope: e }) => (e.payload = flip(e.payload, 9)));
      refused(attested(signature, rootDigest, ...trust), WRONG_SIGNATURE);
      await expectCodeAsync('ERR_SIGNATURE_INVALID', () =>
        verifyModel(folder, { at: now, publicKey: key.publicKey }),
      );
    });
  }

  for (const kind of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
    it(`it reads what we write with a certificate, ${kind}, once it is told to take chains`, async () => {
      const folder = writeModel(join(temp(), 'model'));
      const validity = { notBefore: new Date(+now - DAY), notAfter: new Date(+now + DAY) };
      const root = makeRoot(validity);
      const issuing = makeIntermediate(root, validity);
      const leaf = makeLeaf(issuing, { ...validity, key: testKey(kind, 'developer') });
      const { signature, rootDigest } = await signModel(folder, {
        key: signingKey(leaf.key.privateKey),
        certificate: leaf.certificate,
        chain: [issuing.certificate],
        at: now,
      });
      const options = { at: now, trustRoots: TrustAnchors.from([root.certificate]) };
      expect((await verifyModel(folder, options)).report.verdict).to.equal('accepted');
      const trust = (pem: string, identity = 'dev@example.com'): string[] => {
        const service = `url=https://ca.example,certificate-chain=${write('root.pem', pem)}`;
        const file = join(temp(), 'trusted-root.json');
        const made = run('trusted-root', 'create', '--fulcio', service, '--out', file);
        expect(made.ok, made.output).to.equal(true);
        // The certificates come from no Sigstore service: no log of certificates, no identity provider.
        const who = ['--certificate-identity', identity, '--certificate-oidc-issuer-regexp', '.*'];
        return ['--allow-certificate-chain', '--insecure-ignore-sct', '--trusted-root', file, ...who];
      };
      accepted(attested(signature, rootDigest, ...trust(root.pem)));
      refused(attested(signature, '0'.repeat(64), ...trust(root.pem)), WRONG_DIGEST);
      refused(attested(signature, rootDigest, ...trust(root.pem, 'eve@example.com')), WRONG_IDENTITY);
      const other = makeRoot({ ...validity, subject: 'Other Root', key: testKey('ec-p256', 'other root') });
      refused(attested(signature, rootDigest, ...trust(other.pem)), WRONG_ROOT);

      editBundle(signature, ({ dsseEnvelope: e }) => (e.payload = flip(e.payload, 9)));
      refused(attested(signature, rootDigest, ...trust(root.pem)), WRONG_SIGNATURE);
      await expectCodeAsync('ERR_SIGNATURE_INVALID', () => verifyModel(folder, options));
    });
  }

  it('we read what it writes with a key over our statement', async () => {
    const folder = writeModel(join(temp(), 'model'));
    const key = testKey('ec-p256');
    const ours = await signModel(folder, { key: signingKey(key.privateKey), at: now });
    const { payload } = UnverifiedBundle.parse(readFileSync(ours.signature));
    const statement = write('statement.json', Buffer.from(payload).toString());
    const pem = write('key.pem', key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    const prefix = join(temp(), 'imported');
    const imported = run('import-key-pair', '--key', pem, '--output-key-prefix', prefix, '--yes');
    expect(imported.ok, imported.output).to.equal(true);
    const offline = ['--use-signing-config=false', '--tlog-upload=false', '--yes'];
    const what = ['--key', `${prefix}.key`, '--statement', statement, '--bundle', ours.signature];
    const signed = run('attest-blob', ...what, ...offline);
    expect(signed.ok, signed.output).to.equal(true);

    const options = { at: now, publicKey: key.publicKey };
    const { report } = await verifyModel(folder, options);
    expect(report.verdict).to.equal('accepted');
    expect(report.files).to.deep.include({ matched: 3, changed: [], missing: [], extra: [] });
    const other = testKey('ec-p256', 'other').publicKey;
    await expectCodeAsync('ERR_KEY_HINT_MISMATCH', () => verifyModel(folder, { at: now, publicKey: other }));

    const bundle = readFileSync(ours.signature);
    writeFileSync(join(folder, 'config.json'), '{"classes": 3}');
    await expectCodeAsync('ERR_FILE_CHANGED', () => verifyModel(folder, options));
    writeFileSync(join(folder, 'config.json'), '{"classes": 2}');
    editBundle(ours.signature, ({ dsseEnvelope: e }) => (e.payload = flip(e.payload, 9)));
    await expectCodeAsync('ERR_SIGNATURE_INVALID', () => verifyModel(folder, options));
    writeFileSync(ours.signature, bundle);
    await verifyModel(folder, options);
  });
});
