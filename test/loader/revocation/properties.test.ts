import { expect } from 'chai';
import fc from 'fast-check';
import { isModelsealError } from '../../../core/errors/index.js';
import { CertificateList } from '../../../core/x509/crl.js';
import { decodeOcspRequest, encodeOcspRequest, OcspResponse } from '../../../core/x509/ocsp.js';
import { type CheckedPath, checkRevocation, decodeEvidence } from '../../../loader/revocation/index.js';
import { AT, general, makeChain, makeLeaf, name } from '../../support/pki.js';
import { certId, days, makeCrl, makeOcsp, pathOf } from '../../support/revocation.js';

const { root, issuing, leaf } = makeChain();
const path = pathOf([leaf, issuing, root]);
const rootCrl = makeCrl(root);
const serial = leaf.certificate.serialBytes;
const answer = { certificate: leaf.certificate, issuer: issuing };

/** Bytes with one change: a flipped bit, a cut, an insertion, a replaced stretch. */
const mutation = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const at = fc.nat({ max: bytes.length - 1 });
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([i, mask]) => {
        const copy = bytes.slice();
        copy[i] = (copy[i] as number) ^ mask;
        return copy;
      }),
    },
    at.map((i) => bytes.slice(0, i)),
    fc
      .tuple(at, fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([i, more]) => new Uint8Array([...bytes.subarray(0, i), ...more, ...bytes.subarray(i)])),
    fc.tuple(at, fc.uint8Array({ minLength: 1, maxLength: 8 })).map(([i, other]) => {
      const copy = bytes.slice();
      copy.set(other.subarray(0, bytes.length - i), i);
      return copy;
    }),
    fc.tuple(at, at).map(([i, j]) => {
      const [a, b] = i < j ? [i, j] : [j, i];
      return new Uint8Array([...bytes.subarray(0, a), ...bytes.subarray(b)]);
    }),
  );
};

/** Runs `work`; only our own errors may come out of it. */
function outcome<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    expect(error.code).not.to.equal('ERR_INTERNAL');
    return undefined;
  }
}

const check = (evidence: { crls?: readonly Uint8Array[]; ocsp?: readonly Uint8Array[] }): CheckedPath =>
  checkRevocation(path, {
    evidence: decodeEvidence(
      { crls: [rootCrl, ...(evidence.crls ?? [])], ocsp: evidence.ocsp ?? [] },
      'test',
    ),
    mode: 'require',
    at: AT,
  });

const CRL = makeCrl(issuing, {
  number: 5,
  idp: { fullName: [general.uri('http://ca.example/x')], reasons: [1, 2, 3, 4, 5, 6, 7, 8], indirect: true },
  entries: [
    { serial: Uint8Array.of(1), reason: 1, invalidityDate: days(-9) },
    { serial: Uint8Array.of(2), certificateIssuer: name('Another CA') },
  ],
});
const PLAIN_CRL = makeCrl(issuing, { entries: [{ serial: Uint8Array.of(1), reason: 4 }] });
const REVOKING_CRL = makeCrl(issuing, { entries: [{ serial, reason: 1 }] });
const OCSP = makeOcsp(issuing, {
  answers: [answer],
  nonce: Uint8Array.of(1, 2, 3),
  certificates: [issuing.der],
});
const REVOKING_OCSP = makeOcsp(issuing, { answers: [{ ...answer, status: { reason: 1 } }] });

describe('changed evidence', () => {
  const runs = { numRuns: 1500 };

  it('is decoded or refused with our own error, and decoding is of exactly these bytes', () => {
    fc.assert(
      fc.property(mutation(CRL), (bytes) => {
        const list = outcome(() => CertificateList.decode(bytes));
        if (list) expect(list.raw.length).to.equal(bytes.length);
        for (const n of [1, 2]) outcome(() => list?.find(Uint8Array.of(n)));
      }),
      runs,
    );
    fc.assert(
      fc.property(mutation(OCSP), (bytes) => {
        outcome(() => OcspResponse.decode(bytes))?.isResponder(issuing.certificate);
      }),
      runs,
    );
    const request = encodeOcspRequest([certId(answer)], Uint8Array.of(1, 2, 3));
    fc.assert(
      fc.property(mutation(request), (bytes) => {
        outcome(() => decodeOcspRequest(bytes));
      }),
      runs,
    );
  });

  it('never clears a certificate', () => {
    expect(check({ crls: [PLAIN_CRL] }).statuses[0]?.status).to.equal('good');
    fc.assert(
      fc.property(mutation(PLAIN_CRL), (bytes) => {
        if (Buffer.compare(bytes, PLAIN_CRL) === 0) return;
        const checked = outcome(() => check({ crls: [bytes] }));
        // What is signed is unchanged wherever the signature still fits.
        if (checked)
          expectSameSigned(CertificateList.decode(bytes).tbs, CertificateList.decode(PLAIN_CRL).tbs);
      }),
      runs,
    );
    expect(check({ ocsp: [OCSP] }).statuses[0]?.status).to.equal('good');
    fc.assert(
      fc.property(mutation(OCSP), (bytes) => {
        if (Buffer.compare(bytes, OCSP) === 0) return;
        const checked = outcome(() => check({ ocsp: [bytes] }));
        if (checked) expectSameSigned(OcspResponse.decode(bytes).tbs, OcspResponse.decode(OCSP).tbs);
      }),
      runs,
    );
  });

  it('never turns revoked into good', () => {
    for (const [kind, bytes] of [
      ['crls', REVOKING_CRL],
      ['ocsp', REVOKING_OCSP],
    ] as const) {
      fc.assert(
        fc.property(mutation(bytes), (changed) => {
          expect(outcome(() => check({ [kind]: [changed] }))).to.equal(undefined);
        }),
        runs,
      );
    }
  });

  it('of any bytes at all ends in our own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        outcome(() => CertificateList.decode(bytes));
        outcome(() => OcspResponse.decode(bytes));
        outcome(() => decodeOcspRequest(bytes));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('any set of entries', () => {
  it('revokes exactly the certificates it lists', () => {
    const serials = fc.uniqueArray(fc.integer({ min: 1, max: 0x7f }), { maxLength: 40 });
    fc.assert(
      fc.property(serials, fc.integer({ min: 1, max: 0x7f }), (listed, wanted) => {
        const target = makeLeaf(issuing, { serial: wanted });
        const list = makeCrl(issuing, { entries: listed.map((one) => ({ serial: Uint8Array.of(one) })) });
        const evidence = decodeEvidence({ crls: [rootCrl, list] }, 'test');
        const accepted = outcome(() =>
          checkRevocation(pathOf([target, issuing, root]), { evidence, mode: 'require', at: AT }),
        );
        expect(accepted === undefined).to.equal(listed.includes(wanted));
      }),
      { numRuns: 150 },
    );
  });
});

function expectSameSigned(a: Uint8Array, b: Uint8Array): void {
  expect(Buffer.compare(a, b)).to.equal(0);
}
