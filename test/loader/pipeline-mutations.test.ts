import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { preAuthEncoding } from '../../core/dsse.js';
import type { ErrorCode } from '../../core/errors/index.js';
import { signingKey } from '../../core/keys/index.js';
import { ReportBuilder, TrustPolicy, type VerifyOptions, verifyModel } from '../../loader/index.js';
import { type Editable, editBundle, editPayload, flip, resign } from '../support/edit-bundle.js';
import { expectCodeAsync } from '../support/errors.js';
import { AT, makeLeaf, testKey } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
const OPTIONS: VerifyOptions = { at: AT, trustRoots: pub.trustRoots };

/** Records the root digest that the resources really have. */
function fixRoot(statement: Editable): void {
  const hash = createHash('sha256');
  for (const resource of statement.predicate.resources) hash.update(resource.digest, 'hex');
  statement.subject[0].digest = { sha256: hash.digest('hex') };
}

type Mutation = readonly [what: string, code: ErrorCode, edit: (json: Editable) => void];

/** One fault each; the accepted twin is the unedited signature, which every run verifies first. */
describe('one-fault mutations of a valid signature', () => {
  const temp = useTemp();
  let folder = '';
  let file = '';
  beforeEach(async () => {
    folder = writeModel(join(temp(), 'model'));
    file = (await pub.sign(folder)).signature;
    await verifyModel(folder, OPTIONS);
  });
  const refuses = (code: ErrorCode): Promise<unknown> =>
    expectCodeAsync(code, () => verifyModel(folder, OPTIONS));

  const bundles: readonly Mutation[] = [
    [
      'a payload bit',
      'ERR_SIGNATURE_INVALID',
      (b) => (b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload, 100)),
    ],
    [
      'the last payload bit',
      'ERR_SIGNATURE_INVALID',
      (b) => (b.dsseEnvelope.payload = flip(b.dsseEnvelope.payload, -1)),
    ],
    [
      'a signature bit',
      'ERR_SIGNATURE_INVALID',
      (b) => (b.dsseEnvelope.signatures[0].sig = flip(b.dsseEnvelope.signatures[0].sig, -1)),
    ],
    ['an empty signature', 'ERR_BUNDLE_FIELD_TYPE', (b) => (b.dsseEnvelope.signatures[0].sig = '')],
    ['no signature', 'ERR_BUNDLE_NO_SIGNATURE', (b) => (b.dsseEnvelope.signatures = [])],
    [
      'a second, foreign signature',
      'ERR_SIGNATURE_INVALID',
      (b) => b.dsseEnvelope.signatures.push({ sig: 'AAAA', keyid: '' }),
    ],
    [
      'another media type',
      'ERR_BUNDLE_MEDIA_TYPE',
      (b) => (b.mediaType = b.mediaType.replace('v0.3', 'v0.2')),
    ],
    [
      'another payload type',
      'ERR_BUNDLE_PAYLOAD_TYPE',
      (b) => (b.dsseEnvelope.payloadType = 'application/json'),
    ],
    ['an unknown field', 'ERR_BUNDLE_FIELD_UNKNOWN', (b) => (b.trusted = true)],
    ['no envelope', 'ERR_BUNDLE_ENVELOPE_MISSING', (b) => delete b.dsseEnvelope],
    ['no material', 'ERR_BUNDLE_MATERIAL_MISSING', (b) => delete b.verificationMaterial.x509CertificateChain],
    [
      'two materials',
      'ERR_BUNDLE_MATERIAL_AMBIGUOUS',
      (b) => (b.verificationMaterial.publicKey = { hint: 'ab' }),
    ],
    [
      'an empty chain',
      'ERR_BUNDLE_CHAIN_EMPTY',
      (b) => (b.verificationMaterial.x509CertificateChain.certificates = []),
    ],
    [
      'the chain without its leaf',
      'ERR_PATH_KEY_USAGE',
      (b) => b.verificationMaterial.x509CertificateChain.certificates.shift(),
    ],
    [
      'the chain without its issuer',
      'ERR_PATH_NO_ISSUER',
      (b) => b.verificationMaterial.x509CertificateChain.certificates.pop(),
    ],
    [
      'the chain in reverse',
      'ERR_PATH_KEY_USAGE',
      (b) => b.verificationMaterial.x509CertificateChain.certificates.reverse(),
    ],
    [
      'a bit of the leaf',
      'ERR_PATH_SIGNATURE',
      (b) => {
        const [leaf] = b.verificationMaterial.x509CertificateChain.certificates;
        leaf.rawBytes = flip(leaf.rawBytes, -1);
      },
    ],
    [
      'a certificate cut short',
      'ERR_DER',
      (b) => {
        const [leaf] = b.verificationMaterial.x509CertificateChain.certificates;
        leaf.rawBytes = Buffer.from(leaf.rawBytes, 'base64').subarray(0, -1).toString('base64');
      },
    ],
    [
      'another leaf of the same CA',
      'ERR_SIGNATURE_INVALID',
      (b) => {
        const other = makeLeaf(pub.issuing, { key: testKey('ec-p256', 'colleague') });
        b.verificationMaterial.x509CertificateChain.certificates[0].rawBytes = Buffer.from(
          other.der,
        ).toString('base64');
      },
    ],
  ];
  for (const [what, code, edit] of bundles) {
    it(`${what}: ${code}`, async () => {
      editBundle(file, edit);
      await refuses(code);
    });
  }

  it('a key twice: ERR_JSON_DUPLICATE_KEY', async () => {
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/^\{/, '{"mediaType":"x",'));
    await refuses('ERR_JSON_DUPLICATE_KEY');
  });

  it('bytes after the bundle: ERR_JSON_SYNTAX', async () => {
    writeFileSync(file, `${readFileSync(file, 'utf8')}{}`);
    await refuses('ERR_JSON_SYNTAX');
  });

  const unsigned: readonly Mutation[] = [
    ['a name', 'ERR_SIGNATURE_INVALID', (s) => (s.predicate.resources[0].name = 'other.json')],
    ['a digest', 'ERR_SIGNATURE_INVALID', (s) => (s.predicate.resources[0].digest = '00'.repeat(32))],
    ['the hash', 'ERR_SIGNATURE_INVALID', (s) => (s.predicate.serialization.hash_type = 'blake3')],
    ['an exclusion', 'ERR_SIGNATURE_INVALID', (s) => s.predicate.serialization.ignore_paths.push('lib')],
    ['symlinks', 'ERR_SIGNATURE_INVALID', (s) => (s.predicate.serialization.allow_symlinks = true)],
    ['the model name', 'ERR_SIGNATURE_INVALID', (s) => (s.subject[0].name = 'better model')],
    ['nothing but the spelling', 'ERR_SIGNATURE_INVALID', (s) => (s.added = undefined)],
  ];
  for (const [what, code, edit] of unsigned) {
    it(`${what} edited under the old signature: ${code}`, async () => {
      editPayload(file, edit);
      // Spelled without the spaces of the original, the payload has other bytes even where nothing else changed.
      if (what.startsWith('nothing')) editBundle(file, (b) => respace(b));
      await refuses(code);
    });
  }

  const signed: readonly Mutation[] = [
    ['no resources', 'ERR_MANIFEST_EMPTY', (s) => (s.predicate.resources = [])],
    [
      'a root digest that does not fit',
      'ERR_MANIFEST_ROOT_DIGEST',
      (s) => (s.subject[0].digest.sha256 = '00'.repeat(32)),
    ],
    [
      'a wrong digest',
      'ERR_FILE_CHANGED',
      (s) => {
        s.predicate.resources[0].digest = '00'.repeat(32);
        fixRoot(s);
      },
    ],
    ['a short digest', 'ERR_MANIFEST_DIGEST', (s) => (s.predicate.resources[0].digest = '00')],
    [
      'an upper-case digest',
      'ERR_MANIFEST_DIGEST',
      (s) => (s.predicate.resources[0].digest = s.predicate.resources[0].digest.toUpperCase()),
    ],
    [
      'a missing resource',
      'ERR_FILE_UNSIGNED',
      (s) => {
        s.predicate.resources.pop();
        s.subject[0].annotations.modelsealSizes.pop();
        fixRoot(s);
      },
    ],
    ['a size too few', 'ERR_MANIFEST_SIZES', (s) => s.subject[0].annotations.modelsealSizes.pop()],
    ['a negative size', 'ERR_MANIFEST_SIZES', (s) => (s.subject[0].annotations.modelsealSizes[0] = -1)],
    ['half a byte', 'ERR_MANIFEST_SIZES', (s) => (s.subject[0].annotations.modelsealSizes[0] = 0.5)],
    ['a size in words', 'ERR_BUNDLE_FIELD_TYPE', (s) => (s.subject[0].annotations.modelsealSizes[0] = '14')],
    ['another size', 'ERR_FILE_CHANGED', (s) => s.subject[0].annotations.modelsealSizes[0]++],
    [
      'names exchanged',
      'ERR_FILE_CHANGED',
      (s) => {
        const [a, b] = s.predicate.resources;
        [a.name, b.name] = [b.name, a.name];
        fixRoot(s);
      },
    ],
    ['a name that leads out', 'ERR_NAME_PARENT', (s) => (s.predicate.resources[0].name = '../config.json')],
    ['an absolute name', 'ERR_NAME_ABSOLUTE', (s) => (s.predicate.resources[0].name = '/etc/passwd')],
    ['an empty name', 'ERR_NAME_EMPTY', (s) => (s.predicate.resources[0].name = '')],
    [
      'a name twice',
      'ERR_NAME_DUPLICATE',
      (s) => (s.predicate.resources[1].name = s.predicate.resources[0].name),
    ],
    ['a name in another case', 'ERR_NAME_TWIN', (s) => (s.predicate.resources[1].name = 'CONFIG.json')],
    ['an unknown hash', 'ERR_HASH_UNKNOWN', (s) => (s.predicate.serialization.hash_type = 'md5')],
    [
      'another hash for one file',
      'ERR_MANIFEST_ALGORITHM',
      (s) => (s.predicate.resources[0].algorithm = 'blake3'),
    ],
    ['an unknown method', 'ERR_METHOD_UNKNOWN', (s) => (s.predicate.serialization.method = 'chunks')],
    [
      'a shard size where there are none',
      'ERR_SHARD_SIZE',
      (s) => (s.predicate.serialization.shard_size = 10),
    ],
    ['shards without a size', 'ERR_SHARD_SIZE', (s) => (s.predicate.serialization.method = 'shards')],
    [
      'an exclusion that leads out',
      'ERR_MANIFEST_IGNORE_PATH',
      (s) => (s.predicate.serialization.ignore_paths = ['../x']),
    ],
    [
      'an exclusion of everything',
      'ERR_MANIFEST_IGNORE_PATH',
      (s) => (s.predicate.serialization.ignore_paths = ['.']),
    ],
    ['two subjects', 'ERR_STATEMENT_SUBJECT_COUNT', (s) => s.subject.push(s.subject[0])],
    ['another statement type', 'ERR_STATEMENT_TYPE', (s) => (s._type = 'https://in-toto.io/Statement/v0.1')],
    [
      'another predicate',
      'ERR_STATEMENT_PREDICATE_TYPE',
      (s) => (s.predicateType = 'https://slsa.dev/provenance/v1'),
    ],
    [
      'a wrong tree digest',
      'ERR_TREE_DIGEST',
      (s) => (s.subject[0].digest.modelsealTreeSha256 = '00'.repeat(32)),
    ],
  ];
  for (const [what, code, edit] of signed) {
    it(`genuinely signed, but ${what}: ${code}`, async () => {
      editPayload(file, edit);
      await resign(file, pub.leaf.key);
      await refuses(code);
    });
  }

  it('a statement is not parsed before its signature is verified', async () => {
    editBundle(file, (b) => (b.dsseEnvelope.payload = Buffer.from('not JSON').toString('base64')));
    await refuses('ERR_SIGNATURE_INVALID');
    await resign(file, pub.leaf.key);
    await refuses('ERR_JSON_SYNTAX');
  });
});

describe('several signatures', () => {
  const temp = useTemp();

  it('must all verify, unless the policy asks for one', async () => {
    const folder = writeModel(join(temp(), 'model'));
    const { signature } = await pub.sign(folder);
    const twice = { ...OPTIONS, report: new ReportBuilder(folder, AT) };
    editBundle(signature, (b) =>
      b.dsseEnvelope.signatures.push({ ...b.dsseEnvelope.signatures[0], keyid: 'two' }),
    );
    await verifyModel(folder, twice);
    expect(JSON.stringify(twice.report.build().checks)).to.include('2 of 2 signatures verify');
    editBundle(
      signature,
      (b) => (b.dsseEnvelope.signatures[1].sig = flip(b.dsseEnvelope.signatures[1].sig, -1)),
    );
    await expectCodeAsync('ERR_SIGNATURE_INVALID', () => verifyModel(folder, OPTIONS));
    const any = TrustPolicy.of({ signatures: 'any' });
    const { report } = await verifyModel(folder, { ...OPTIONS, policy: any });
    expect(report.checks.find((c) => c.name === 'signature.others')?.outcome).to.equal('warning');
    editBundle(signature, (b) => b.dsseEnvelope.signatures.shift());
    await expectCodeAsync('ERR_SIGNATURE_INVALID', () => verifyModel(folder, { ...OPTIONS, policy: any }));
  });

  it('cannot be of another kind of payload', async () => {
    const folder = writeModel(join(temp(), 'model'));
    const { signature } = await pub.sign(folder);
    const bundle: Editable = JSON.parse(readFileSync(signature, 'utf8'));
    const payload = new Uint8Array(Buffer.from(bundle.dsseEnvelope.payload, 'base64'));
    const sig = await signingKey(pub.leaf.key.privateKey).sign(preAuthEncoding('text/plain', payload));
    editBundle(signature, (b) => (b.dsseEnvelope.signatures[0].sig = Buffer.from(sig).toString('base64')));
    await expectCodeAsync('ERR_SIGNATURE_INVALID', () => verifyModel(folder, OPTIONS));
  });
});

function respace(bundle: Editable): void {
  const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString();
  bundle.dsseEnvelope.payload = Buffer.from(`${text} `).toString('base64');
}
