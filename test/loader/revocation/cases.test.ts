import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { isModelsealError } from '../../../core/errors/index.js';
import { readCertificates } from '../../../core/x509/index.js';
import {
  type RevocationMode,
  readEvidence,
  readTrustAnchors,
  verifyCertificate,
} from '../../../loader/index.js';
import { sharedFile } from '../../support/shared.js';

// Lists as `openssl ca -gencrl` and others write them, and what a relying party must make of them.

const AT = new Date('2026-11-27T12:00:00Z');
const MODES = ['require', 'prefer', undefined] as const;
type Answer = 'accepted' | string;

/** Per list: what is right for `leaf` and `leafdp`, in `require` and the default; and in `prefer`, where that differs. */
const CASES: Readonly<Record<string, { leaf: Answer; leafdp: Answer; warns?: string }>> = {
  c_plain: { leaf: 'accepted', leafdp: 'accepted' },
  c_plain_rev: { leaf: 'ERR_REVOKED', leafdp: 'ERR_REVOKED' },
  c_nonum: { leaf: 'accepted', leafdp: 'accepted', warns: 'no CRL number' },
  c_nonum_rev: { leaf: 'ERR_REVOKED', leafdp: 'ERR_REVOKED' },
  c_user_rev: { leaf: 'ERR_REVOKED', leafdp: 'ERR_REVOKED' },
  c_uri_rev: { leaf: 'ERR_CRL_SCOPE', leafdp: 'ERR_REVOKED' },
  c_stale_rev: { leaf: 'ERR_REVOKED', leafdp: 'ERR_REVOKED' },
  c_other: { leaf: 'ERR_CRL_SIGNATURE', leafdp: 'ERR_CRL_SIGNATURE' },
  c_delta: { leaf: 'ERR_CRL_DELTA_WITHOUT_BASE', leafdp: 'ERR_CRL_DELTA_WITHOUT_BASE' },
};

describe('lists given by option', () => {
  for (const [name, right] of Object.entries(CASES)) {
    for (const who of ['leaf', 'leafdp'] as const) {
      for (const mode of MODES) {
        it(`${name} for ${who}, ${mode ?? 'by default'}: ${right[who]}`, async function () {
          const file = (base: string): string => sharedFile(this, 'cases', 'crl', `${base}.pem`);
          const [leaf] = readCertificates(file(who), 'certificate');
          if (!leaf) throw new Error('no certificate');
          const outcome = await verifyCertificate(leaf, {
            anchors: readTrustAnchors([file('root')]),
            at: AT,
            purpose: 'code-signing',
            evidence: readEvidence({ crlFiles: [file(name)] }),
            revocation: mode as RevocationMode | undefined,
          }).then(
            (checked) => checked,
            (error: unknown) => error,
          );
          if (isModelsealError(outcome)) return void expect(outcome.code).to.equal(right[who]);
          expect(outcome, String(outcome)).not.to.be.instanceOf(Error);
          expect(right[who]).to.equal('accepted');
          const warnings = (outcome as { warnings: { message: string }[] }).warnings
            .map((w) => w.message)
            .join();
          expect(warnings).to.include(right.warns ?? '');
          if (!right.warns) expect(warnings).to.equal('');
        });
      }
    }
  }

  it('is looked at in no mode but off', async function () {
    const file = (base: string): string => sharedFile(this, 'cases', 'crl', `${base}.pem`);
    const [leaf] = readCertificates(file('leaf'), 'certificate');
    if (!leaf) throw new Error('no certificate');
    await verifyCertificate(leaf, {
      anchors: readTrustAnchors([file('root')]),
      at: AT,
      purpose: 'code-signing',
      evidence: readEvidence({ crlFiles: [file('c_plain_rev')] }),
      revocation: 'off',
    });
    expect(readFileSync(file('c_plain_rev')).length).to.be.greaterThan(0);
  });
});
