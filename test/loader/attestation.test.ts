import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeAttestation, type Predicate } from '../../core/attestation/index.js';
import { TREE_DIGEST_KEY } from '../../core/model/index.js';
import { signingKey } from '../../core/keys/index.js';
import { Oid } from '../../core/x509/index.js';
import {
  EvidencePack,
  packEvidence,
  type Report,
  stageModel,
  verifyLineage,
  type VerifyOptions,
  verifyModel,
} from '../../loader/index.js';
import { type AttestationType, attestModel, digestModel, scanPredicate } from '../../signer/index.js';
import { cli } from '../support/cli.js';
import { editPayload } from '../support/edit-bundle.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { AT, extensions, general, makeIntermediate, makeLeaf, makeRoot, testKey } from '../support/pki.js';
import { days } from '../support/revocation.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
const otherRoot = makeRoot({ subject: 'Other Root', key: testKey('ec-p256', 'other root') });
const otherIssuing = makeIntermediate(otherRoot, {
  subject: 'Other CA',
  key: testKey('ec-p256', 'other ca'),
});
const stranger = { issuing: otherIssuing, leaf: makeLeaf(otherIssuing) };
const scanner = makeLeaf(pub.issuing, {
  subject: 'Scanner',
  key: testKey('ec-p256', 'scanner'),
  extensions: { [Oid.subjectAltName]: extensions.subjectAltName([general.email('scan@x.org')]) },
});

const PREDICATES: Readonly<Record<Exclude<AttestationType, 'base-model'>, Predicate>> = {
  'slsa-provenance': {
    buildDefinition: { buildType: 'https://x.org/train/v1', externalParameters: { epochs: 3 } },
    runDetails: { builder: { id: 'https://x.org/builder' } },
  },
  'ml-bom': {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    components: [{ type: 'machine-learning-model', name: 'm' }],
  },
  'model-card': { license: 'apache-2.0' },
  'training-data': { datasets: [{ name: 'd', digest: { sha256: 'ab'.repeat(32) } }] },
  scan: scanPredicate({ verdict: 'clean', files: [{ findings: [] }] }, {}, AT),
};

describe('attestations', function () {
  this.timeout(20_000);
  const temp = useTemp();
  let folder = '';

  beforeEach(async () => {
    folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder);
  });

  const attest = async (
    type: AttestationType,
    predicate: Predicate,
    more: { readonly by?: 'scanner' | 'stranger'; readonly model?: string; readonly out?: string } = {},
  ): Promise<string> => {
    const { by, model = folder, out } = more;
    const leaf = by === 'scanner' ? scanner : by === 'stranger' ? stranger.leaf : pub.leaf;
    const { file } = await attestModel(model, {
      key: signingKey(leaf.key.privateKey),
      certificate: leaf.certificate,
      chain: [(by === 'stranger' ? stranger : pub).issuing.certificate],
      at: AT,
      type,
      predicate,
      out,
      overwrite: true,
    });
    return file;
  };
  const trust = (more: Partial<VerifyOptions> = {}): VerifyOptions => ({
    at: AT,
    trustRoots: pub.trustRoots,
    ...more,
  });
  const verify = async (more: Partial<VerifyOptions>): Promise<Report> =>
    (await verifyModel(folder, trust(more))).report;

  it('of every type are signed, found beside the model, and demanded', async () => {
    for (const [name, predicate] of Object.entries(PREDICATES)) {
      const type = name as AttestationType;
      const requireAttestations = [{ type }];
      await expectCodeAsync('ERR_ATTESTATION_MISSING', () => verify({ requireAttestations }));
      await attest(type, predicate);
      const report = await verify({ requireAttestations });
      expect(report.checks.find((check) => check.name === 'attestation')?.detail).to.include(`${type} by`);
      await expectCodeAsync('ERR_ATTESTATION_MISSING', () =>
        verify({ requireAttestations, attestations: [] }),
      );
    }
  });

  it('are of a known shape', async () => {
    const wrong: readonly (readonly [AttestationType, Predicate])[] = [
      ['slsa-provenance', { buildDefinition: {}, runDetails: {} }],
      ['ml-bom', { bomFormat: 'CycloneDX', specVersion: '1.6', components: [{ type: 'library' }] }],
      ['ml-bom', { ...PREDICATES['ml-bom'], specVersion: '1.4' }],
      ['model-card', {}],
      ['training-data', { datasets: [{ name: 'd' }] }],
      ['base-model', { models: [{ name: 'b', digest: { sha256: 'ab'.repeat(32) } }] }],
      ['scan', { ...PREDICATES.scan, verdict: 'fine' }],
    ];
    for (const [type, predicate] of wrong)
      await expectCodeAsync('ERR_ATTESTATION', () => attest(type, predicate));
    for (const text of ['[]', '{}', '{"_type":"https://in-toto.io/Statement/v1"}'])
      expectCode('ERR_ATTESTATION', () => decodeAttestation(Buffer.from(text)));
  });

  it('do not count when changed, of strangers, or about other files', async () => {
    const requireAttestations = [{ type: 'model-card' }] as const;
    const file = await attest('model-card', { license: 'apache-2.0' });
    const good = readFileSync(file);
    editPayload(file, (statement) => {
      statement.predicate.license = 'mit';
    });
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => verify({ requireAttestations }));
    await attest('model-card', { license: 'apache-2.0' }, { by: 'stranger' });
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => verify({ requireAttestations }));
    const other = writeModel(join(temp(), 'other'), { 'config.json': '{}' });
    await attest('model-card', { license: 'apache-2.0' }, { model: other, out: file });
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => verify({ requireAttestations }));
    // A signature of a model is no attestation, and an attestation no signature of a model.
    copyFileSync(join(folder, 'model.sig'), file);
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => verify({ requireAttestations }));
    writeFileSync(file, good);
    await verify({ requireAttestations });
    await expectCodeAsync('ERR_STATEMENT_PREDICATE_TYPE', () => verify({ signature: file }));
    // What the attestation is about is what was signed, and the files are held to that.
    writeFileSync(join(folder, 'config.json'), '{"classes": 5}');
    await expectCodeAsync('ERR_FILE_CHANGED', () => verify({ requireAttestations }));
  });

  it('are by whoever may attest', async () => {
    const requireAttestations = [{ type: 'scan' }] as const;
    await attest('scan', PREDICATES.scan, { by: 'scanner' });
    await verify({ requireAttestations, attesters: ['email:scan@x.org'] });
    await attest('scan', PREDICATES.scan);
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () =>
      verify({ requireAttestations, attesters: ['email:scan@x.org'] }),
    );
    await expectCodeAsync('ERR_POLICY_INVALID', () => verify({ requireAttestations, attesters: [] }));
  });

  it('of a scan count when clean, by the default rules, of the wanted version and age', async () => {
    const result = { verdict: 'clean', files: [{ findings: [] }] } as const;
    const demand = { type: 'scan', scannerVersion: '0.1.0', maxAgeDays: 7 } as const;
    const judge = (more: Partial<typeof demand> | object = {}, at = AT): Promise<Report> =>
      verify({ at, requireAttestations: [{ ...demand, ...more }] });
    await attest('scan', scanPredicate(result, {}, AT));
    await judge();
    await judge({}, days(7));
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => judge({}, days(8)));
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => judge({ scannerVersion: '0.2.0' }));
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => judge({}, days(-1)));
    await expectCodeAsync('ERR_USAGE', () => judge({ maxAge: 7 }));
    await attest('scan', scanPredicate(result, { disable: ['PKL-EXEC'] }, AT));
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => judge());
    await attest('scan', scanPredicate({ ...result, verdict: 'incomplete' }, {}, AT));
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => judge());
    // A clean one beside it does not hide what another scan found.
    const threat = await attest('scan', scanPredicate({ ...result, verdict: 'threat' }, {}, AT), {
      out: join(temp(), 'threat.json'),
    });
    const clean = await attest('scan', scanPredicate(result, {}, AT), { out: join(temp(), 'clean.json') });
    await expectCodeAsync('ERR_ATTESTATION_SCAN', () =>
      verify({ requireAttestations: [demand], attestations: [clean, threat] }),
    );
  });

  it('are demanded by everything that verifies, and travel in evidence packs', async () => {
    const requireAttestations = [{ type: 'model-card' }] as const;
    const target = join(temp(), 'staged');
    const stage = (): Promise<unknown> =>
      stageModel(folder, target, { ...trust({ requireAttestations }), skipScan: true });
    await expectCodeAsync('ERR_ATTESTATION_MISSING', stage);
    const file = await attest('model-card', { license: 'apache-2.0' });
    await stage();
    const { pack } = await packEvidence(folder, 'p', trust({ requireAttestations }));
    rmSync(file);
    await verify({ pack, requireAttestations });
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => verify({ requireAttestations }));
    expect(EvidencePack.parse(pack.encode(), 'p').attestations).to.have.length(1);
  });

  it('bind a model to the models it was made from', async () => {
    const base = writeModel(join(temp(), 'base'), { 'config.json': '{"base": 1}' });
    await pub.sign(base);
    const { treeDigest } = await digestModel(base);
    const models = [{ name: 'base', digest: { [TREE_DIGEST_KEY]: treeDigest } }];
    const alone = await verifyLineage(folder, [], trust());
    expect(alone.bases).to.deep.equal([]);
    const file = await attest('base-model', { models });
    const found = await verifyLineage(folder, [base], trust());
    expect(found.bases.map(({ model }) => model)).to.deep.equal(['base']);
    await expectCodeAsync('ERR_LINEAGE_MISSING', () => verifyLineage(folder, [], trust()));
    // An attestation that does not hold is no missing one.
    const good = readFileSync(file);
    editPayload(file, (statement) => {
      statement.predicate.models = [{ name: 'x', digest: { [TREE_DIGEST_KEY]: 'ab'.repeat(32) } }];
    });
    await expectCodeAsync('ERR_ATTESTATION_MISSING', () => verifyLineage(folder, [base], trust()));
    writeFileSync(file, good);
    writeFileSync(join(base, 'config.json'), '{"base": 2}');
    await expectCodeAsync('ERR_FILE_CHANGED', () => verifyLineage(folder, [base], trust()));
    const own = (await digestModel(folder)).treeDigest;
    await attest('base-model', { models: [{ name: 'model', digest: { [TREE_DIGEST_KEY]: own } }] });
    await expectCodeAsync('ERR_LINEAGE_CIRCULAR', () => verifyLineage(folder, [folder], trust()));
  });

  it('do all this on the command line', async () => {
    const at = (name: string, content: string): string => {
      writeFileSync(join(temp(), name), content, { mode: 0o600 });
      return join(temp(), name);
    };
    const { key, pem } = pub.leaf;
    const keyFile = at('key.pem', key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    const signing = [
      '--private-key',
      keyFile,
      '--signing-certificate',
      at('chain.pem', pem + pub.issuing.pem),
    ];
    const trusting = ['--trust-root', at('root.pem', pub.root.pem), '--json'];
    const card = at('card.json', '{"license": "mit"}');
    const run = async (...words: string[]): Promise<{ code: number; json: Record<string, unknown> }> => {
      const { code, stdout, stderr } = await cli(words);
      expect(stdout, stderr).to.not.equal('');
      return { code, json: JSON.parse(stdout) };
    };
    const attested = await run(
      'attest',
      folder,
      '--type',
      'model-card',
      '--predicate',
      card,
      ...signing,
      '--json',
    );
    expect(attested.code).to.equal(0);
    expect((await run('verify', folder, '--require-attestation', 'model-card', ...trusting)).code).to.equal(
      0,
    );
    const demand = ['--require-attestation', 'scan', '--scan-max-age', '1', ...trusting];
    expect((await run('verify', folder, ...demand)).code).to.equal(1);
    expect((await run('scan', folder, '--attest', ...signing, '--json')).code).to.equal(0);
    expect((await run('verify', folder, ...demand)).code).to.equal(0);
    expect((await run('verify', folder, '--scan-max-age', '1', ...trusting)).code).to.equal(64);
    expect((await run('scan', folder, '--attest', '--json')).code).to.equal(64);
    const { json } = await run('lineage', folder, ...trusting);
    expect(json).to.include({ verdict: 'accepted' });
    expect((await cli(['lineage', folder, ...trusting.slice(0, 2)])).stdout).to.include('signed by');
    mkdirSync(join(temp(), 'elsewhere'));
    renameSync(folder, join(temp(), 'elsewhere', 'model'));
    expect((await run('verify', join(temp(), 'elsewhere', 'model'), ...demand)).code).to.equal(1);
  });
});
