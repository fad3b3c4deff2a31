import { expect } from 'chai';
import { der } from '../../../core/der/index.js';
import type { ErrorCode } from '../../../core/errors/index.js';
import { Oid } from '../../../core/x509/index.js';
import { EvidenceBuilder } from '../../../loader/revocation/evidence.js';
import { checkRevocation, decodeEvidence } from '../../../loader/revocation/index.js';
import { expectCode } from '../../support/errors.js';
import {
  ALGORITHMS,
  AT,
  type CertificateSpec,
  extensions,
  type Issued,
  makeChain,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  testKey,
} from '../../support/pki.js';
import {
  type AnswerSpec,
  days,
  makeCrl,
  makeOcsp,
  nonceExtension,
  type OcspSpec,
  pathOf,
  type TestSigner,
} from '../../support/revocation.js';

const { root, issuing, leaf } = makeChain();
const rootCrl = makeCrl(root);
const answer: AnswerSpec = { certificate: leaf.certificate, issuer: issuing };

function check(
  responses: readonly Uint8Array[],
  crls: readonly Uint8Array[] = [],
  bag: readonly Issued[] = [],
): ReturnType<typeof checkRevocation> {
  const evidence = decodeEvidence(
    { crls: [rootCrl, ...crls], ocsp: responses },
    'test',
    bag.map((b) => b.certificate),
  );
  return checkRevocation(pathOf([leaf, issuing, root]), { evidence, mode: 'require', at: AT });
}

const refused = (code: ErrorCode, ...given: Parameters<typeof check>): void => {
  expectCode(code, () => check(...given));
};
const ocsp = (
  spec: Partial<OcspSpec> & { answer?: Partial<AnswerSpec> } = {},
  signer: TestSigner = issuing,
) => makeOcsp(signer, { answers: [{ ...answer, ...spec.answer }], ...spec });

const responder = (spec: CertificateSpec = {}, issuer: Issued = issuing): Issued =>
  makeLeaf(issuer, {
    subject: 'Responder',
    ...spec,
    extensions: {
      [Oid.extKeyUsage]: extensions.extKeyUsage([Oid.ocspSigning]),
      [Oid.ocspNoCheck]: extensions.ocspNoCheck(),
      ...spec.extensions,
    },
  });

describe('revocation by OCSP', () => {
  it('accepts a current answer of the issuer, by name and by key, with SHA-1 and SHA-256', () => {
    for (const byKey of [false, true]) {
      for (const hash of ['sha1', 'sha256'] as const) {
        const checked = check([ocsp({ byKey, answer: { hash } })]);
        expect(checked.statuses[0]?.status).to.equal('good');
        expect(checked.statuses[0]?.evidence[0]?.kind).to.equal('ocsp');
      }
    }
  });

  it('refuses a revoked certificate, and says when and why', () => {
    const error = expectCode('ERR_REVOKED', () => check([ocsp({ answer: { status: { reason: 1 } } })]));
    expect(error.details.reason).to.equal('keyCompromise');
    expect(error.details.date).to.equal('2026-05-30T00:00:00Z');
    refused('ERR_REVOKED', [ocsp({ answer: { status: {} } })]);
    refused('ERR_REVOKED', [ocsp({ answer: { status: { reason: 6 } } })]);
  });

  it('never lets a good answer override a list that revokes, nor the other way round', () => {
    const serial = leaf.certificate.serialBytes;
    refused('ERR_REVOKED', [ocsp()], [makeCrl(issuing, { entries: [{ serial }] })]);
    refused('ERR_REVOKED', [ocsp({ answer: { status: {} } })], [makeCrl(issuing)]);
    refused('ERR_REVOKED', [ocsp(), ocsp({ answer: { status: {} } })]);
    check([ocsp()], [makeCrl(issuing)]);
  });

  it('refuses an answer about another certificate', () => {
    refused('ERR_REVOCATION_EVIDENCE_MISSING', [ocsp({ answer: { serial: Uint8Array.of(7) } })]);
    const twin = makeIntermediate(root, { key: testKey('ec-p256', 'twin') });
    refused('ERR_REVOCATION_EVIDENCE_MISSING', [ocsp({ answer: { issuer: twin } })]);
    refused('ERR_REVOCATION_EVIDENCE_MISSING', [ocsp({ answer: { issuer: root } })]);
  });

  it('refuses the answer "unknown"', () => {
    refused('ERR_OCSP_CERTIFICATE_UNKNOWN', [ocsp({ answer: { status: 'unknown' } })]);
    expect(check([ocsp({ answer: { status: 'unknown' } })], [makeCrl(issuing)]).warnings).to.have.length(1);
  });

  it('refuses stale, future-dated and contradictory answers', () => {
    const dated = (thisUpdate: Date, nextUpdate: Date | undefined, producedAt = thisUpdate) => [
      ocsp({ producedAt, answer: { thisUpdate, nextUpdate } }),
    ];
    refused('ERR_OCSP_STALE', dated(days(-9), days(-1)));
    refused('ERR_OCSP_STALE', dated(days(-2), undefined));
    check(dated(days(-0.5), undefined));
    check(dated(days(-9), AT));
    refused('ERR_OCSP_FUTURE', dated(days(1), days(2)));
    check(dated(days(-1), days(2), days(1)));
    refused('ERR_OCSP_DATES', dated(days(-1), days(-2)));
    refused('ERR_OCSP_DATES', dated(days(-1), days(2), days(-3)));
    refused('ERR_REVOKED', [
      ocsp({ producedAt: days(-9), answer: { status: {}, thisUpdate: days(-9), nextUpdate: days(-8) } }),
    ]);
  });

  it('refuses a signature that does not fit and one that is too weak', () => {
    const thief = { subject: issuing.subject, key: testKey('ec-p256', 'thief') };
    refused('ERR_OCSP_SIGNATURE', [ocsp({}, thief)]);
    refused('ERR_OCSP_SIGNATURE', [ocsp({ answer: { status: {} } }, thief)]);
    refused('ERR_CERT_ALGORITHM_WEAK', [ocsp({ algorithm: ALGORITHMS.ecdsaSha1 })]);
    refused('ERR_OCSP_RESPONDER_UNKNOWN', [ocsp({}, makeRoot({ subject: 'Nobody' }))]);
  });

  describe('by a delegated responder', () => {
    const delegated = (by: Issued, spec: Partial<OcspSpec> = {}): Uint8Array =>
      ocsp({ certificates: [by.der], ...spec }, by);

    it('counts when the issuer certified it for OCSP signing', () => {
      const good = responder();
      check([delegated(good)]);
      check([delegated(good, { byKey: true })]);
      check([delegated(good, { certificates: [] })], [], [good]);
      refused('ERR_OCSP_RESPONDER_UNKNOWN', [delegated(good, { certificates: [] })]);
    });

    it('counts for nothing without the purpose', () => {
      const purposes = (list: readonly string[]) =>
        responder({ extensions: { [Oid.extKeyUsage]: extensions.extKeyUsage(list) } });
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [delegated(purposes([Oid.codeSigning]))]);
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [delegated(purposes([Oid.anyExtendedKeyUsage]))]);
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [
        delegated(responder({ extensions: { [Oid.extKeyUsage]: undefined } })),
      ]);
      check([delegated(purposes([Oid.codeSigning, Oid.ocspSigning]))]);
    });

    it('counts for nothing when another CA certified it', () => {
      const other = makeIntermediate(root, { subject: 'Other CA' });
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [delegated(responder({}, other))], [], [other]);
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [delegated(responder({}, root))]);
      const sameName = makeIntermediate(root, { key: testKey('ec-p256', 'same name') });
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [delegated(responder({}, sameName))], [], [sameName]);
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [
        delegated(
          responder(
            {},
            makeIntermediate(makeRoot({ subject: 'Elsewhere' }), { key: testKey('ec-p256', 'elsewhere') }),
          ),
        ),
      ]);
    });

    it('counts for nothing when expired or not for signatures', () => {
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [delegated(responder({ notAfter: days(-1) }))]);
      const usage = { [Oid.keyUsage]: extensions.keyUsage(['keyEncipherment']) };
      refused('ERR_OCSP_RESPONDER_UNAUTHORISED', [delegated(responder({ extensions: usage }))]);
    });

    it('needs proof of its own where it has no no-check', () => {
      const bare = responder({ extensions: { [Oid.ocspNoCheck]: undefined } });
      const serial = bare.certificate.serialBytes;
      refused('ERR_OCSP_RESPONDER_REVOCATION', [delegated(bare)]);
      check([delegated(bare)], [makeCrl(issuing)]);
      // The list covers the leaf as well; that the responder is revoked only takes its answers away.
      const list = makeCrl(issuing, { idp: { reasons: [1, 2] }, entries: [{ serial }] });
      refused('ERR_REVOCATION_REASONS_INCOMPLETE', [delegated(bare)], [list]);
    });

    it('is taken seriously without that proof where it revokes, unless it is revoked itself', () => {
      const bare = responder({ extensions: { [Oid.ocspNoCheck]: undefined } });
      const revokes = delegated(bare, { answers: [{ ...answer, status: {} }] });
      refused('ERR_REVOKED', [revokes]);
      const list = makeCrl(issuing, { entries: [{ serial: bare.certificate.serialBytes }] });
      expect(check([revokes], [list]).warnings.map(({ code }) => code)).to.deep.equal([
        'ERR_OCSP_RESPONDER_REVOCATION',
      ]);
    });

    it('cannot vouch for itself', () => {
      const bare = responder({ extensions: { [Oid.ocspNoCheck]: undefined } });
      const own = ocsp(
        { certificates: [bare.der], answers: [answer, { certificate: bare.certificate, issuer: issuing }] },
        bare,
      );
      refused('ERR_OCSP_RESPONDER_REVOCATION', [own]);
      check([own, ocsp({ answers: [{ certificate: bare.certificate, issuer: issuing }] })]);
    });
  });

  describe('nonce', () => {
    const sent = new Uint8Array(32).fill(5);
    const judge = (response: Uint8Array): ReturnType<typeof checkRevocation> => {
      const builder = new EvidenceBuilder('given');
      builder.crl(rootCrl, 'test');
      builder.ocsp(response, 'test', sent);
      const path = pathOf([leaf, issuing, root]);
      return checkRevocation(path, { evidence: builder.build(), mode: 'require', at: AT });
    };

    it('must be the one we sent', () => {
      expect(judge(ocsp({ nonce: sent })).statuses[0]?.evidence[0]?.nonce).to.equal(true);
      expectCode('ERR_OCSP_NONCE', () => judge(ocsp({ nonce: new Uint8Array(32).fill(6) })));
    });

    it('may be missing, as of responders that answer in advance; the report says so', () => {
      expect(judge(ocsp()).statuses[0]?.evidence[0]?.nonce).to.equal(false);
    });

    it('is compared whatever way it is wrapped', () => {
      const bare = { ...nonceExtension(sent), value: sent };
      expect(judge(ocsp({ extensions: [bare] })).statuses[0]?.evidence[0]?.nonce).to.equal(true);
    });
  });

  it('proves nothing about a certificate that expired before the answer', () => {
    const short = makeLeaf(issuing, { notAfter: days(10) });
    const path = pathOf([short, issuing, root]);
    const judge = (list: readonly ReturnType<typeof nonceExtension>[]): unknown => {
      const one = {
        certificate: short.certificate,
        issuer: issuing,
        thisUpdate: days(15),
        nextUpdate: days(25),
      };
      const response = makeOcsp(issuing, { producedAt: days(15), answers: [{ ...one, extensions: list }] });
      const evidence = decodeEvidence({ crls: [rootCrl], ocsp: [response] }, 'test');
      return checkRevocation(path, { evidence, mode: 'require', at: days(20) });
    };
    const cutoff = (date: Date) => extensions.raw('1.3.6.1.5.5.7.48.1.6', false, der.generalizedTime(date));
    judge([cutoff(days(-50))]);
    expectCode('ERR_REVOCATION_EXPIRED_CERTIFICATE', () => judge([cutoff(days(12))]));
  });
});
