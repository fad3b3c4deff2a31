import { expect } from 'chai';
import { ReportBuilder } from '../../core/report/index.js';
import { verifyCertificate } from '../../loader/verify-certificate.js';
import { MAX_PATHS_JUDGED, TrustAnchors } from '../../loader/path/index.js';
import { decodeEvidence } from '../../loader/revocation/index.js';
import { AT, type Issued, makeIntermediate, makeLeaf, makeRoot, testKey } from '../support/pki.js';
import { makeCrl } from '../support/revocation.js';

describe('verifyCertificate', () => {
  const root = makeRoot();
  const key = testKey('ec-p256', 'reissued');
  const issued = (serial: number): Issued => makeIntermediate(root, { key, serial });
  const options = (bag: readonly Issued[], revoked: readonly number[]) => ({
    anchors: TrustAnchors.from([root.certificate]),
    intermediates: bag.map((ca) => ca.certificate),
    at: AT,
    purpose: 'code-signing' as const,
    revocation: 'require' as const,
    evidence: decodeEvidence(
      {
        crls: [
          makeCrl(root, { entries: revoked.map((serial) => ({ serial: Uint8Array.of(serial) })) }),
          makeCrl({ subject: issued(1).subject, key }),
        ],
      },
      'test',
    ),
  });
  const leaf = makeLeaf(issued(1)).certificate;

  async function refusal(run: Promise<unknown>): Promise<string> {
    try {
      await run;
    } catch (error) {
      return (error as { code: string }).code;
    }
    return 'accepted';
  }

  it('goes on to another certificate of a CA when one is revoked', async () => {
    const bag = [issued(1), issued(2)];
    for (const revoked of [1, 2]) {
      const checked = await verifyCertificate(leaf, options(bag, [revoked]));
      expect(checked.path.chain[1]?.serialNumber).to.equal(revoked === 1 ? '02' : '01');
    }
    expect(await refusal(verifyCertificate(leaf, options(bag, [1, 2])))).to.equal('ERR_REVOKED');
  });

  it('does not go on for ever', async () => {
    const serials = Array.from({ length: MAX_PATHS_JUDGED + 1 }, (_, i) => i + 1);
    const run = verifyCertificate(leaf, options(serials.map(issued), serials));
    expect(await refusal(run)).to.equal('ERR_PATH_BUDGET_JUDGED');
  });

  it('fails the check whose rule was broken', async () => {
    const report = new ReportBuilder('leaf', AT);
    const late = { ...options([issued(1)], []), at: new Date('2040-01-01T00:00:00Z'), report };
    expect(await refusal(verifyCertificate(leaf, late))).to.equal('ERR_CERT_EXPIRED');
    expect(report.build().checks).to.deep.include({
      name: 'path.validity',
      outcome: 'failed',
      detail: report.build().errors[0]?.message,
    });
  });
});
