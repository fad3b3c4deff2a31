import { join } from 'node:path';
import { expect } from 'chai';
import type { ErrorCode } from '../../core/errors/index.js';
import { Oid } from '../../core/x509/index.js';
import {
  type Report,
  ReportBuilder,
  TrustPolicy,
  type VerifyOptions,
  verifyModel,
} from '../../loader/index.js';
import { decodeEvidence } from '../../loader/revocation/index.js';
import { editBundle } from '../support/edit-bundle.js';
import { expectCodeAsync } from '../support/errors.js';
import { AT, type CertificateSpec, extensions, makeLeaf } from '../support/pki.js';
import { days, makeCrl } from '../support/revocation.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { useTemp } from '../support/temp.js';

const pub = publisher();
const BASE: VerifyOptions = { at: AT, trustRoots: pub.trustRoots };

describe('the certificate of a signer', () => {
  const temp = useTemp();
  /** A model whose bundle names another certificate for the key that signed it. */
  const signed = async (leaf?: CertificateSpec): Promise<string> => {
    const folder = writeModel(join(temp(), 'model'));
    const { signature } = await pub.sign(folder, { overwrite: true });
    if (leaf) {
      const other = makeLeaf(pub.issuing, { ...leaf, key: pub.leaf.key });
      editBundle(signature, (b) => {
        b.verificationMaterial.x509CertificateChain.certificates[0].rawBytes = Buffer.from(
          other.der,
        ).toString('base64');
      });
    }
    return folder;
  };
  const usage = (purposes: readonly string[]): CertificateSpec => ({
    extensions: { [Oid.extKeyUsage]: purposes.length > 0 ? extensions.extKeyUsage(purposes) : undefined },
  });

  it('must be for code signing; without extended key usage it is for everything', async () => {
    await verifyModel(await signed(usage([Oid.codeSigning, '1.3.6.1.5.5.7.3.1'])), BASE);
    await verifyModel(await signed(usage([])), BASE);
    const folder = await signed(usage(['1.3.6.1.5.5.7.3.1']));
    await expectCodeAsync('ERR_PATH_EXTENDED_KEY_USAGE', () => verifyModel(folder, BASE));
    await verifyModel(folder, { ...BASE, purpose: 'any' });
  });

  it('must be allowed to sign', async () => {
    const keyUsage = (name: 'digitalSignature' | 'keyEncipherment'): CertificateSpec => ({
      extensions: { [Oid.keyUsage]: extensions.keyUsage([name]) },
    });
    await verifyModel(await signed(keyUsage('digitalSignature')), BASE);
    const folder = await signed(keyUsage('keyEncipherment'));
    await expectCodeAsync('ERR_PATH_KEY_USAGE', () => verifyModel(folder, BASE));
  });

  it('may come with its issuer from the caller instead of the bundle', async () => {
    const folder = await signed();
    editBundle(join(folder, 'model.sig'), (b) =>
      b.verificationMaterial.x509CertificateChain.certificates.pop(),
    );
    await expectCodeAsync('ERR_PATH_NO_ISSUER', () => verifyModel(folder, BASE));
    await verifyModel(folder, { ...BASE, intermediates: [pub.issuing.certificate] });
  });

  describe('revocation', () => {
    const { serialBytes } = pub.leaf.certificate;
    const rootCrl = makeCrl(pub.root, {});
    const evidence = (crl: Uint8Array) => decodeEvidence({ crls: [crl, rootCrl] }, 'test');
    const clean = evidence(makeCrl(pub.issuing, {}));
    const revoked = evidence(makeCrl(pub.issuing, { entries: [{ serial: serialBytes, date: days(-1) }] }));
    const stale = evidence(makeCrl(pub.issuing, { thisUpdate: days(-30), nextUpdate: days(-20) }));

    const cases: readonly [string, ErrorCode | 'accepted', Partial<VerifyOptions>][] = [
      ['a current CRL without the certificate', 'accepted', { evidence: clean, revocation: 'require' }],
      ['a CRL with the certificate', 'ERR_REVOKED', { evidence: revoked }],
      [
        'a CRL with the certificate, where proof is only preferred',
        'ERR_REVOKED',
        { evidence: revoked, revocation: 'prefer' },
      ],
      ['a stale CRL', 'ERR_CRL_STALE', { evidence: stale, revocation: 'require' }],
      ['no evidence where it is required', 'ERR_REVOCATION_EVIDENCE_MISSING', { revocation: 'require' }],
      ['no evidence and no address', 'accepted', {}],
      ['an explicit off', 'accepted', { evidence: revoked, revocation: 'off' }],
      [
        'an explicit off against a policy that requires',
        'ERR_REVOKED',
        { evidence: revoked, revocation: 'off', policy: TrustPolicy.of({ revocation: 'require' }) },
      ],
    ];
    for (const [what, outcome, options] of cases) {
      it(`${what}: ${outcome}`, async () => {
        const folder = await signed();
        const report = new ReportBuilder(folder, AT);
        const run = (): Promise<unknown> => verifyModel(folder, { ...BASE, ...options, report });
        if (outcome === 'accepted') await run();
        else await expectCodeAsync(outcome, run);
        const built: Report = report.build();
        expect(built.checks.some((c) => c.name.startsWith('revocation'))).to.equal(true);
        // Nothing after the refusal was looked at.
        if (outcome !== 'accepted') expect(built.files).to.equal(undefined);
      });
    }
  });
});
