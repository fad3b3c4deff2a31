import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodePem } from '../../core/pem.js';
import {
  EvidencePack,
  decodeEvidence,
  packEvidence,
  type VerifyOptions,
  verifyModel,
} from '../../loader/index.js';
import { cli } from '../support/cli.js';
import { editBundle } from '../support/edit-bundle.js';
import { expectCode, expectCodeAsync } from '../support/errors.js';
import { AT } from '../support/pki.js';
import { crlPem, days, makeCrl } from '../support/revocation.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';
import { testTsa } from '../support/timestamp.js';

const pub = publisher({ notBefore: days(-10), notAfter: days(90) });
const tsa = testTsa();
const crls = [makeCrl(pub.issuing), makeCrl(pub.root)];

describe('evidence packs', () => {
  const temp = useTemp();
  let folder = '';
  const trust = (more: Partial<VerifyOptions> = {}): VerifyOptions => ({
    at: AT,
    trustRoots: pub.trustRoots,
    revocation: 'require',
    ...more,
  });
  const make = async (more: Partial<VerifyOptions> = {}): Promise<EvidencePack> =>
    (await packEvidence(folder, 'pack.json', trust({ evidence: decodeEvidence({ crls }, 'test'), ...more })))
      .pack;
  /** The JSON of a pack, changed. */
  const edited = (pack: EvidencePack, change: (json: Record<string, unknown>) => void): Uint8Array => {
    const json = JSON.parse(Buffer.from(pack.encode()).toString());
    change(json);
    return Buffer.from(JSON.stringify(json));
  };

  beforeEach(async () => {
    folder = writeModel(join(temp(), 'model'));
    await pub.sign(folder);
  });

  it('hold what was fetched, and need nothing else', async () => {
    let asked = 0;
    const fetch: VerifyOptions['fetch'] = () => {
      asked++;
      return Promise.resolve(decodeEvidence({ crls }, 'net', [], 'fetched'));
    };
    const pack = await make({ evidence: undefined, fetch });
    expect(asked).to.equal(1);
    rmSync(join(folder, 'model.sig'));
    const { report } = await verifyModel(folder, trust({ pack }));
    expect(report.verdict).to.equal('accepted');
    expect(asked).to.equal(1);
    expect(report.checks.find(({ name }) => name === 'evidence')?.detail).to.include('2 CRLs');
    // The same without the lists of the pack.
    const bare = EvidencePack.parse(
      edited(pack, (json) => {
        json.crls = [];
      }),
      'bare.json',
    );
    await expectCodeAsync('ERR_REVOCATION_EVIDENCE_MISSING', () =>
      verifyModel(folder, trust({ pack: bare })),
    );
    await expectCodeAsync('ERR_USAGE', () => verifyModel(folder, trust({ pack, fetch })));
    await expectCodeAsync('ERR_USAGE', () => verifyModel(folder, trust({ pack, signature: 'x' })));
  });

  it('are judged like any evidence: stale lists refuse, a revocation refuses, other files refuse', async () => {
    const pack = await make();
    await expectCodeAsync('ERR_CRL_STALE', () => verifyModel(folder, trust({ pack, at: days(40) })));
    await expectCodeAsync('ERR_PATH_NO_ISSUER', () =>
      verifyModel(folder, trust({ pack, trustRoots: tsa.anchors })),
    );
    const revoked = makeCrl(pub.issuing, { entries: [{ serial: pub.leaf.certificate.serialBytes }] });
    const gone = EvidencePack.parse(
      edited(pack, (json) => {
        json.crls = [revoked, crls[1]].map((der) => Buffer.from(der as Uint8Array).toString('base64'));
      }),
      'p',
    );
    await expectCodeAsync('ERR_REVOKED', () => verifyModel(folder, trust({ pack: gone })));
    writeFileSync(join(folder, 'config.json'), '{"classes": 3}');
    await expectCodeAsync('ERR_FILE_CHANGED', () => verifyModel(folder, trust({ pack })));
  });

  it('leave a signature in the folder out of the model, and nothing else of its name', async () => {
    const pack = await make();
    await verifyModel(folder, trust({ pack, manifestIgnores: 'refuse' }));
    writeFileSync(join(folder, 'model.sig'), 'not a signature');
    await expectCodeAsync('ERR_FILE_UNSIGNED', () =>
      verifyModel(folder, trust({ pack, manifestIgnores: 'refuse' })),
    );
  });

  it('carry time stamps past the end of the certificate', async () => {
    const file = join(folder, 'model.sig');
    const signature = Buffer.from(
      JSON.parse(readFileSync(file, 'utf8')).dsseEnvelope.signatures[0].sig,
      'base64',
    );
    const token = await tsa.stamp(signature);
    editBundle(file, (bundle) => {
      bundle.verificationMaterial.timestampVerificationData = {
        rfc3161Timestamps: [{ signedTimestamp: Buffer.from(token).toString('base64') }],
      };
    });
    const long = { nextUpdate: days(4000) };
    const lists = [makeCrl(pub.issuing), makeCrl(pub.root, long), makeCrl(tsa.root, long)];
    const pack = await make({ tsaRoots: tsa.anchors, evidence: decodeEvidence({ crls: lists }, 'test') });
    rmSync(file);
    const later = { at: days(400), tsaRoots: tsa.anchors, revocation: undefined, pack };
    const { report } = await verifyModel(folder, trust(later));
    expect(report.verdict).to.equal('accepted');
    await expectCodeAsync('ERR_CERT_EXPIRED', () =>
      verifyModel(folder, trust({ ...later, tsaRoots: undefined })),
    );
  });

  it('hold every signer that was asked for', async () => {
    copyFileSync(join(folder, 'model.sig'), join(folder, 'model.2.sig'));
    // The same person twice is one, from a pack too.
    await expectCodeAsync('ERR_THRESHOLD', () => make({ threshold: 2 }));
  });

  it('are not made where they would not suffice', async () => {
    await expectCodeAsync('ERR_REVOCATION_EVIDENCE_MISSING', () => make({ evidence: undefined }));
    const pack = await make();
    await expectCodeAsync('ERR_USAGE', () => packEvidence(folder, 'p', trust({ pack })));
  });

  it('are read strictly', async () => {
    const pack = await make();
    const wrong: ((json: Record<string, unknown>) => void)[] = [
      (json) => delete json.mediaType,
      (json) => delete json.crls,
      (json) => Object.assign(json, { more: 1 }),
      (json) => Object.assign(json, { signatures: [] }),
      (json) => Object.assign(json, { signatures: Array(17).fill('AAAA') }),
      (json) => Object.assign(json, { crls: [1] }),
      (json) => Object.assign(json, { crls: ['AAA'] }),
      (json) => Object.assign(json, { crls: ['AAAA'] }),
      (json) => Object.assign(json, { ocspResponses: ['AAAA'] }),
      (json) => Object.assign(json, { certificates: ['AAAA'] }),
      (json) => Object.assign(json, { certificates: [Buffer.alloc(70_000).toString('base64')] }),
    ];
    for (const change of wrong)
      expectCode('ERR_EVIDENCE_PACK', () => EvidencePack.parse(edited(pack, change), 'p'));
    expectCode('ERR_EVIDENCE_PACK', () => EvidencePack.parse(Buffer.from('[]'), 'p'));
    expectCode('ERR_JSON_DUPLICATE_KEY', () => EvidencePack.parse(Buffer.from('{"a":1,"a":1}'), 'p'));
    const again = EvidencePack.parse(pack.encode(), 'p');
    expect(Buffer.from(again.encode()).equals(pack.encode())).to.equal(true);
  });

  it('do all this on the command line', async () => {
    const at = (name: string, content: string): string => {
      writeFileSync(join(temp(), name), content);
      return join(temp(), name);
    };
    const root = at('root.pem', encodePem('CERTIFICATE', pub.root.der));
    const lists = crls.flatMap((crl, i) => ['--crl', at(`${i}.crl`, crlPem(crl))]);
    const out = join(temp(), 'model.evidence.json');
    const base = ['--trust-root', root, '--at', AT.toISOString()];
    const packed = await cli(['evidence', 'pack', folder, ...base, ...lists, '--out', out, '--json']);
    expect(packed.code, packed.stderr).to.equal(0);
    expect((await cli(['evidence', 'pack', folder, ...base, ...lists, '--out', out])).code).to.not.equal(0);
    rmSync(join(folder, 'model.sig'));
    const verified = await cli([
      'verify',
      folder,
      ...base,
      '--revocation',
      'require',
      '--evidence',
      out,
      '--json',
    ]);
    expect(verified.code, verified.stdout).to.equal(0);
    expect((await cli(['verify', folder, ...base, '--evidence', out, '--fetch'])).code).to.equal(64);
    const shown = await cli(['evidence', 'show', out, '--json']);
    expect(JSON.parse(shown.stdout)).to.deep.include({ currentUntil: '2026-07-01T00:00:00Z' });
    expect((await cli(['evidence', 'show', out])).stdout).to.include('nothing of this is verified');
    expect((await cli(['evidence', 'show', root])).code).to.equal(1);
  });
});
