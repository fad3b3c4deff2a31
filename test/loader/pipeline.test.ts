import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { ErrorCode } from '../../core/errors/index.js';
import { signingKey } from '../../core/keys/index.js';
import {
  parsePolicy,
  type Report,
  ReportBuilder,
  TrustAnchors,
  TrustPolicy,
  type VerifyOptions,
  verifyModel,
} from '../../loader/index.js';
import { signModel } from '../../signer/index.js';
import { editPayload, resign } from '../support/edit-bundle.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import {
  AT,
  extensions,
  general,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  NOT_AFTER,
  NOT_BEFORE,
  testKey,
} from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
const BASE: VerifyOptions = { at: AT, trustRoots: pub.trustRoots };

/** Runs a verification that must be refused, and returns the report that it leaves. */
async function refused(code: ErrorCode, folder: string, options: VerifyOptions = BASE): Promise<Report> {
  const report = new ReportBuilder(folder, options.at);
  await expectCodeAsync(code, () => verifyModel(folder, { ...options, report }));
  const built = report.build();
  expect(built.verdict).not.to.equal('accepted');
  expect(built.errors.map((e) => e.code)).to.include(code);
  return built;
}

describe('verifyModel, certificate method', () => {
  const temp = useTemp();
  const signed = async (more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const folder = writeModel(join(temp(), 'model'), more);
    await pub.sign(folder);
    return folder;
  };

  it('accepts a signed model and says who signed and what was checked', async () => {
    const folder = await signed();
    const { model, report } = await verifyModel(folder, BASE);
    expect(report.verdict).to.equal('accepted');
    expect(report.signers[0]?.identities).to.deep.equal(['email:dev@example.com']);
    expect(report.signers[0]?.chain.map((c) => c.subject)).to.deep.equal([
      'CN=Test Developer',
      'CN=Test Issuing CA',
      'CN=Test Root',
    ]);
    expect(report.files).to.deep.include({
      matched: 3,
      changed: [],
      missing: [],
      extra: [],
      ignored: ['model.sig'],
    });
    const names = report.checks.map((c) => c.name);
    for (const name of [
      'bundle',
      'path.signature',
      'identity',
      'signature',
      'manifest',
      'files',
      'files.tree',
    ]) {
      expect(names, name).to.include(name);
    }
    expect(Object.keys(report.timings)).to.include.members([
      'bundle',
      'path',
      'revocation',
      'signature',
      'files',
    ]);
    expect([...model.files]).to.deep.equal(['config.json', 'labels/names.txt', 'model.onnx']);
    expect(Buffer.from(await model.read('config.json')).toString()).to.equal('{"classes": 2}');
  });

  it('needs trust: none, two kinds, and a bundle of another kind are refused', async () => {
    const folder = await signed();
    await refused('ERR_TRUST_MISSING', folder, { at: AT });
    const { publicKey } = pub.leaf.key;
    await refused('ERR_TRUST_AMBIGUOUS', folder, { ...BASE, publicKey });
    await refused('ERR_TRUST_METHOD', folder, { at: AT, publicKey });
  });

  it('takes trust in its own types only, at run time too', async () => {
    const folder = await signed();
    const { publicKey, privateKey } = pub.leaf.key;
    await refused('ERR_USAGE', folder, {
      at: AT,
      trustRoots: [pub.root.certificate] as unknown as TrustAnchors,
    });
    await verifyModel(folder, BASE);
    rmSync(join(folder, 'model.sig'));
    const { signingKey } = await import('../../core/keys/index.js');
    const { signModel } = await import('../../signer/index.js');
    await signModel(folder, { key: signingKey(privateKey), at: AT });
    await verifyModel(folder, { at: AT, publicKey });
    await refused('ERR_USAGE', folder, { at: AT, publicKey: privateKey });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as unknown as typeof publicKey;
    await refused('ERR_USAGE', folder, { at: AT, publicKey: pem });
  });

  it('names changed, missing and extra files separately, all of them', async () => {
    const folder = await signed({ 'a.bin': 'a', 'b.bin': 'b', 'c.bin': 'c' });
    writeFileSync(join(folder, 'a.bin'), 'A');
    writeFileSync(join(folder, 'b.bin'), 'longer than before');
    rmSync(join(folder, 'c.bin'));
    rmSync(join(folder, 'labels'), { recursive: true });
    writeFileSync(join(folder, 'x.bin'), '');
    mkdirSync(join(folder, 'lib'));
    writeFileSync(join(folder, 'lib', 'index.js'), 'evil');
    const report = await refused('ERR_FILE_CHANGED', folder);
    expect(report.files).to.deep.include({
      changed: ['a.bin', 'b.bin'],
      missing: ['c.bin', 'labels/names.txt'],
      extra: ['lib/index.js', 'x.bin'],
    });
    expect(report.errors.map((e) => e.code)).to.deep.equal([
      'ERR_FILE_CHANGED',
      'ERR_FILE_MISSING',
      'ERR_FILE_UNSIGNED',
    ]);
  });

  for (const [added, hint] of [
    ['.cache/huggingface/download/x.incomplete', /\.cache\/huggingface/],
    ['.DS_Store', /DS_Store/],
    ['labels/.DS_Store', /DS_Store/],
    ['._config.json', /DS_Store/],
    ['__pycache__/modeling.cpython-312.pyc', /__pycache__/],
    ['labels/.git/config', /\.git along/],
    ['.ipynb_checkpoints/a.ipynb', /notebook/],
  ] as const) {
    it(`what a download or a tool added is refused with a hint of its own: ${added}`, async () => {
      const folder = await signed();
      const put = (name: string): void => {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), 'x');
      };
      put(added);
      const [only] = (await refused('ERR_FILE_UNSIGNED', folder)).errors;
      expect(only?.hint)
        .to.match(hint)
        .and.not.match(/other files/);
      put('evil.js');
      const [both] = (await refused('ERR_FILE_UNSIGNED', folder)).errors;
      expect(both?.hint)
        .to.match(hint)
        .and.match(/other files: Remove what was added/);
    });
  }

  const changes: readonly [string, ErrorCode, (folder: string) => void][] = [
    ['a changed byte', 'ERR_FILE_CHANGED', (f) => writeFileSync(join(f, 'config.json'), '{"classes": 3}')],
    ['an emptied file', 'ERR_FILE_CHANGED', (f) => writeFileSync(join(f, 'config.json'), '')],
    ['a missing file', 'ERR_FILE_MISSING', (f) => rmSync(join(f, 'config.json'))],
    ['a renamed file', 'ERR_FILE_MISSING', (f) => renameSync(join(f, 'config.json'), join(f, 'other.json'))],
    ['an added file', 'ERR_FILE_UNSIGNED', (f) => writeFileSync(join(f, 'wrapper.js'), '')],
    ['a hidden file', 'ERR_FILE_UNSIGNED', (f) => writeFileSync(join(f, '.env'), '')],
    [
      'a file replaced by a link to another one',
      'ERR_FILE_CHANGED',
      (f) => {
        writeFileSync(join(f, '..', 'other.json'), '{"classes": 3}');
        rmSync(join(f, 'config.json'));
        symlinkSync(join(f, '..', 'other.json'), join(f, 'config.json'));
      },
    ],
    [
      'two files swapped',
      'ERR_FILE_CHANGED',
      (f) => {
        renameSync(join(f, 'config.json'), join(f, 'tmp'));
        renameSync(join(f, 'labels/names.txt'), join(f, 'config.json'));
        renameSync(join(f, 'tmp'), join(f, 'labels/names.txt'));
      },
    ],
    ['no signature', 'ERR_SIGNATURE_MISSING', (f) => rmSync(join(f, 'model.sig'))],
    ['a signature that is no JSON', 'ERR_JSON_SYNTAX', (f) => writeFileSync(join(f, 'model.sig'), 'signed')],
  ];
  for (const [what, code, change] of changes) {
    it(`refuses ${what}`, async () => {
      const folder = await signed();
      change(folder);
      await refused(code, folder);
    });
  }

  it('refuses the signature of another model', async () => {
    const folder = await signed();
    const other = writeModel(join(temp(), 'other'), { 'config.json': '{"classes": 9}' });
    await pub.sign(other);
    renameSync(join(other, 'model.sig'), join(folder, 'model.sig'));
    await refused('ERR_FILE_CHANGED', folder);
  });

  it('refuses another root, even with the same names', async () => {
    const folder = await signed();
    const root = makeRoot({ key: testKey('ec-p256', 'attacker root') });
    const issuing = makeIntermediate(root, { key: testKey('ec-p256', 'attacker issuing') });
    const leaf = makeLeaf(issuing, { key: testKey('ec-p256', 'attacker leaf') });
    expect(leaf.certificate.subject.toString()).to.equal(pub.leaf.certificate.subject.toString());
    const trustRoots = TrustAnchors.from([root.certificate]);
    const report = await refused('ERR_PATH_SIGNATURE', folder, { ...BASE, trustRoots });
    expect(report.files).to.equal(undefined);
  });

  it('refuses before and after the validity of the certificate, and takes time from nowhere else', async () => {
    const folder = await signed();
    await refused('ERR_CERT_EXPIRED', folder, { ...BASE, at: new Date(NOT_AFTER.getTime() + 1000) });
    await refused('ERR_CERT_NOT_YET_VALID', folder, { ...BASE, at: new Date(NOT_BEFORE.getTime() - 1000) });
    await verifyModel(folder, { ...BASE, at: NOT_AFTER });
  });

  it('accepts signers exactly', async () => {
    const folder = await signed();
    const accepting = (identity: string): VerifyOptions => ({
      ...BASE,
      policy: TrustPolicy.accepting([{ identity }]),
    });
    await verifyModel(folder, accepting('dev@example.com'));
    for (const same of ['email:dev@example.com', 'dev@EXAMPLE.com'])
      await verifyModel(folder, accepting(same));
    for (const wrong of [
      'DEV@example.com',
      'dev@example.co',
      'v@example.com',
      'uri:dev:example.com',
      'example.com',
    ])
      await refused('ERR_SIGNER_NOT_ACCEPTED', folder, accepting(wrong));
    for (const none of ['dev@example.com ', '.*', '', 'email:', 'uri:dev@example.com'])
      expectCode('ERR_IDENTITY_FORM', () => accepting(none));
    const { fingerprint } = pub.leaf.certificate;
    const both = [{ identity: 'dev@example.com', certificate: fingerprint }];
    await verifyModel(folder, { ...BASE, policy: TrustPolicy.accepting(both) });
    const issuer = [{ certificate: pub.issuing.certificate.fingerprint }];
    await refused('ERR_SIGNER_NOT_ACCEPTED', folder, { ...BASE, policy: TrustPolicy.accepting(issuer) });
  });

  it('a constrained sub-CA cannot pose as somebody by a name of another kind', async () => {
    const root = makeRoot();
    // It may issue for addresses at example.com only; hosts and URIs are not constrained.
    const constraints = extensions.nameConstraints([general.email('example.com')], []);
    const issuing = makeIntermediate(root, { extra: [constraints] });
    const trustRoots = TrustAnchors.from([root.certificate]);
    const victim = 'ada@example.org';
    for (const [name, code] of [
      [general.uri(`x:${victim}`), 'ERR_SIGNER_NOT_ACCEPTED'],
      [general.uri(victim), 'ERR_SIGNER_NO_IDENTITY'],
      [general.dns(victim), 'ERR_PATH_NAME_MALFORMED'],
      [general.email(victim), 'ERR_PATH_NAME_NOT_PERMITTED'],
    ] as const) {
      const leaf = makeLeaf(issuing, { extensions: { '2.5.29.17': extensions.subjectAltName([name]) } });
      const folder = writeModel(join(temp(), `model-${code}-${name.length}-${name[0]}`));
      await signModel(folder, {
        key: signingKey(leaf.key.privateKey),
        certificate: leaf.certificate,
        chain: [issuing.certificate],
        at: AT,
      });
      const policy = TrustPolicy.accepting([{ identity: victim }]);
      await refused(code, folder, { at: AT, trustRoots, policy });
    }
  });

  it('tells a certificate without identity from the wrong one', async () => {
    const folder = writeModel(join(temp(), 'model'));
    const anonymous = publisher({ subject: 'Nobody', extensions: { '2.5.29.17': undefined } });
    await anonymous.sign(folder);
    const policy = TrustPolicy.accepting([{ identity: 'dev@example.com' }]);
    await refused('ERR_SIGNER_NO_IDENTITY', folder, { at: AT, trustRoots: anonymous.trustRoots, policy });
    await verifyModel(folder, { at: AT, trustRoots: anonymous.trustRoots });
  });

  it('verifies chosen files only and says what it did not look at', async () => {
    const folder = await signed({ 'labels/more.txt': 'm' });
    writeFileSync(join(folder, 'config.json'), 'changed');
    const { model, report } = await verifyModel(folder, { ...BASE, only: ['labels', 'model.onnx'] });
    expect(report.files).to.deep.include({ matched: 3, notVerified: ['config.json'] });
    await expectCodeAsync('ERR_MODEL_FILE_NOT_VERIFIED', () => model.read('config.json'));
    await expectCodeAsync('ERR_MODEL_FILE_NOT_SIGNED', () => model.read('absent'));
    await refused('ERR_FILE_CHANGED', folder, { ...BASE, only: ['config.json'] });
    await refused('ERR_FILE_NOT_IN_MANIFEST', folder, { ...BASE, only: ['label'] });
  });

  it('never hands out files that no manifest names', async () => {
    const folder = await signed();
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const { model, report } = await verifyModel(folder, { ...BASE, ignoreUnsignedFiles: true });
    expect(report.files?.extra).to.deep.equal(['notes.txt']);
    await expectCodeAsync('ERR_MODEL_FILE_NOT_SIGNED', () => model.read('notes.txt'));
    await refused('ERR_FILE_UNSIGNED', folder);
    await verifyModel(folder, { ...BASE, ignorePaths: ['notes.txt'] });
  });

  it('shows exclusions of the manifest and can refuse to honour them', async () => {
    const folder = writeModel(join(temp(), 'model'), { 'cache/tmp.py': 'x' });
    await pub.sign(folder, { ignorePaths: ['cache'] });
    const { report } = await verifyModel(folder, BASE);
    expect(report.files?.ignored).to.deep.equal(['cache', 'model.sig']);
    const shown = report.checks.find((c) => c.name === 'files.manifest-ignores');
    expect(shown?.outcome).to.equal('warning');
    expect(shown?.detail).to.include('cache');
    const strict = await refused('ERR_FILE_UNSIGNED', folder, { ...BASE, manifestIgnores: 'refuse' });
    expect(strict.files?.extra).to.deep.equal(['cache/tmp.py']);
    await verifyModel(folder, { ...BASE, manifestIgnores: 'refuse', ignorePaths: ['cache'] });
  });

  it('checks what a signer signed of the paths that are excluded by custom', async () => {
    const folder = writeModel(join(temp(), 'model'), { xgitattributes: '*.bin binary' });
    await pub.sign(folder);
    // Releases before 1.1 of the reference implementation sign these files like any other.
    const file = join(folder, 'model.sig');
    editPayload(file, ({ subject, predicate }) => {
      const { resources } = predicate;
      predicate.serialization.ignore_paths = [];
      resources[resources.length - 1].name = '.gitattributes';
      delete subject[0].digest.modelsealTreeSha256;
    });
    await resign(file, pub.leaf.key);
    renameSync(join(folder, 'xgitattributes'), join(folder, '.gitattributes'));
    mkdirSync(join(folder, '.git'));
    writeFileSync(join(folder, '.git', 'HEAD'), 'ref');
    const { report } = await verifyModel(folder, BASE);
    expect(report.files?.matched).to.equal(4);
    writeFileSync(join(folder, '.gitattributes'), '*.bin filter');
    await refused('ERR_FILE_CHANGED', folder);
  });

  it('verifies shards, every hash, single files and signatures elsewhere', async () => {
    for (const hash of ['sha256', 'blake2b', 'blake3'] as const) {
      for (const method of ['files', 'shards'] as const) {
        for (const hold of [false, true]) {
          const folder = writeModel(join(temp(), `${hash}-${method}-${hold}`), { empty: '' });
          await pub.sign(folder, { hash, method, ...(method === 'shards' ? { shardSize: 10 } : {}) });
          const { model } = await verifyModel(folder, { ...BASE, hold });
          expect((await model.read('labels/names.txt')).length).to.equal(7);
          writeFileSync(join(folder, 'model.onnx'), 'changed');
          await refused('ERR_FILE_CHANGED', folder, { ...BASE, hold });
        }
      }
    }
    const folder = writeModel(join(temp(), 'single'));
    const file = join(folder, 'model.onnx');
    const signature = join(temp(), 'elsewhere.sig');
    await pub.sign(file, { signature });
    const { model } = await verifyModel(file, { ...BASE, signature });
    expect(model.files).to.deep.equal(['model.onnx']);
    await refused('ERR_SIGNATURE_MISSING', file);
  });

  it('notices an empty file that shards cannot name', async () => {
    const folder = writeModel(join(temp(), 'model'), { '__init__.py': '' });
    await pub.sign(folder, { method: 'shards', shardSize: 100 });
    await verifyModel(folder, BASE);
    rmSync(join(folder, '__init__.py'));
    const report = await refused('ERR_TREE_DIGEST', folder);
    expect(report.checks.some((c) => c.name === 'files.tree' && c.outcome === 'failed')).to.equal(true);
  });

  it('reports signed metadata', async () => {
    const folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder, { metadata: { version: '1.2.0' } });
    const { report } = await verifyModel(folder, BASE);
    expect(JSON.stringify(report.metadata)).to.include('1.2.0');
  });
});

describe('verifyModel, key method', () => {
  const temp = useTemp();
  const key = testKey('ec-p384', 'team');
  const other = testKey('ec-p384', 'other team');

  it('uses the key of the caller, whatever the bundle names', async () => {
    const { signingKey } = await import('../../core/keys/index.js');
    const { signModel } = await import('../../signer/index.js');
    const folder = writeModel(join(temp(), 'model'));
    await signModel(folder, { key: signingKey(key.privateKey), at: AT });
    const { report } = await verifyModel(folder, { at: AT, publicKey: key.publicKey });
    expect(report.signers[0]).to.deep.include({ method: 'key', identities: [], chain: [] });
    await refused('ERR_KEY_HINT_MISMATCH', folder, { at: AT, publicKey: other.publicKey });
    await refused('ERR_KEY_WEAK', folder, { at: AT, publicKey: testKey('rsa-1024', 'weak').publicKey });
    await refused('ERR_TRUST_METHOD', folder, BASE);
  });
});

describe('trust policy', () => {
  const parse = (text: string): TrustPolicy => parsePolicy(text, 'policy.yaml');
  const PRINT = 'ab'.repeat(32);

  it('is parsed once, from YAML or JSON', () => {
    const policy = parse(`
version: 1
signers:
  - identity: dev@example.com
  - key: ${PRINT.toUpperCase()}
    identity: ci@example.com
revocation: require
manifestIgnores: refuse
`);
    expect(policy.signers).to.deep.equal([
      [{ identity: 'email:dev@example.com' }, { key: PRINT, identity: 'email:ci@example.com' }],
    ]);
    expect(policy.revocation).to.equal('require');
    expect(parse('{"version": 1, "signatures": "any"}').signatures).to.equal('any');
  });

  const bad: readonly [string, string][] = [
    ['an unknown field', 'version: 1\nsigner: []'],
    ['an unknown version', 'version: 2'],
    ['no version', 'revocation: off'],
    ['an empty list of signers', 'version: 1\nsigners: []'],
    ['an identity of no kind', 'version: 1\nsigners: [{identity: ada}]'],
    ['an empty rule', 'version: 1\nsigners: [{}]'],
    ['a rule with an unknown field', 'version: 1\nsigners: [{email: a@example.com}]'],
    ['a fingerprint that is none', 'version: 1\nsigners: [{key: abc}]'],
    ['a word that is none of the choices', 'version: 1\nrevocation: maybe'],
    ['a key twice', 'version: 1\nversion: 1'],
    ['an alias', 'version: &a 1\nx: *a'],
    ['no mapping', '[]'],
    ['no YAML', '{'],
  ];
  for (const [what, text] of bad)
    it(`refuses ${what}`, () => void expectCode('ERR_POLICY_INVALID', () => parse(text)));

  it('combines to the stricter of both', () => {
    const loose = TrustPolicy.of({ revocation: 'off', signatures: 'any' });
    const strict = TrustPolicy.of({ revocation: 'require', manifestIgnores: 'refuse', legacy: 'refuse' });
    for (const both of [loose.and(strict), strict.and(loose)]) {
      expect(both).to.deep.include({
        revocation: 'require',
        signatures: 'all',
        manifestIgnores: 'refuse',
        legacy: 'refuse',
      });
    }
    const narrowed = TrustPolicy.accepting([{ identity: 'dns:a' }]).and(
      TrustPolicy.accepting([{ identity: 'dns:b' }]),
    );
    expect(narrowed.signers).to.have.length(2);
    expectCode('ERR_POLICY_INVALID', () => TrustPolicy.accepting([]));
  });
});
