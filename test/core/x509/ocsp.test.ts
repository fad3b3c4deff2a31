import { expect } from 'chai';
import { context, der, Tag } from '../../../core/der/index.js';
import {
  certIdFor,
  decodeOcspRequest,
  encodeOcspRequest,
  matchesCertId,
  OcspResponse,
} from '../../../core/x509/ocsp.js';
import { expectCode } from '../../support/errors.js';
import { extensions, makeChain, testKey } from '../../support/pki.js';
import { certId, days, makeOcsp, type OcspSpec } from '../../support/revocation.js';

const { issuing, leaf } = makeChain();
const { certificate } = leaf;
const answer = { certificate, issuer: issuing };
const decode = (spec: Partial<OcspSpec> = {}): OcspResponse =>
  OcspResponse.decode(makeOcsp(issuing, { answers: [answer], ...spec }));
const unknown = (critical: boolean) => extensions.raw('1.3.6.1.4.1.55738.1', critical, der.nullValue());

describe('OcspResponse', () => {
  it('reads the fields of a response', () => {
    const response = decode({ nonce: Uint8Array.of(1, 2, 3), certificates: [issuing.der] });
    expect(response.responder).to.equal('CN=Test Issuing CA');
    expect(response.producedAt).to.deep.equal(days(-1));
    expect(Buffer.from(response.nonce ?? []).toString('hex')).to.equal('010203');
    expect(response.certificates.map((c) => c.label)).to.deep.equal(['CN=Test Issuing CA']);
    const [first] = response.answers;
    expect(first?.status).to.deep.equal({ type: 'good' });
    expect(first?.thisUpdate).to.deep.equal(days(-1));
    expect(first?.nextUpdate).to.deep.equal(days(3));
  });

  it('reads each status', () => {
    const status = (given: 'unknown' | { reason?: number }) =>
      decode({ answers: [{ ...answer, status: given }] }).answers[0]?.status;
    expect(status('unknown')).to.deep.equal({ type: 'unknown' });
    expect(status({})).to.deep.equal({ type: 'revoked', revocationDate: days(-2) });
    expect(status({ reason: 1 })).to.deep.equal({
      type: 'revoked',
      revocationDate: days(-2),
      reason: 'keyCompromise',
    });
  });

  it('matches certificate, issuer name and issuer key by SHA-1 and SHA-256', () => {
    const issuer = { name: certificate.issuer, spki: issuing.key.spki };
    for (const hash of ['sha1', 'sha256'] as const) {
      const id = decode({ answers: [{ ...answer, hash }] }).answers[0]?.certId;
      if (!id) expect.fail('no answer');
      expect(matchesCertId(id, issuer, certificate.serialBytes)).to.equal(true);
      expect(matchesCertId(id, issuer, Uint8Array.of(9))).to.equal(false);
      const stranger = { name: certificate.issuer, spki: testKey('ec-p256', 'stranger').spki };
      expect(matchesCertId(id, stranger, certificate.serialBytes)).to.equal(false);
      expect(matchesCertId(id, { ...issuer, name: certificate.subject }, certificate.serialBytes)).to.equal(
        false,
      );
    }
  });

  it('recognises a responder by name and by key', () => {
    expect(decode().isResponder(issuing.certificate)).to.equal(true);
    expect(decode({ byKey: true }).isResponder(issuing.certificate)).to.equal(true);
    expect(decode().isResponder(certificate)).to.equal(false);
    expect(decode({ byKey: true }).isResponder(certificate)).to.equal(false);
  });

  it('names the status of a response that answers nothing', () => {
    const names = [1, 2, 3, 5, 6].map(
      (status) => expectCode('ERR_OCSP_STATUS', () => decode({ status })).details.status,
    );
    expect(names).to.deep.equal([
      'malformedRequest',
      'internalError',
      'tryLater',
      'sigRequired',
      'unauthorized',
    ]);
    expectCode('ERR_OCSP_FORMAT', () => decode({ status: 0 }));
    expectCode('ERR_OCSP_FORMAT', () => decode({ status: 4 }));
  });

  it('refuses what RFC 6960 does not know', () => {
    expectCode('ERR_OCSP_FORMAT', () => decode({ answers: [] }));
    expectCode('ERR_OCSP_FORMAT', () => decode({ answers: [{ ...answer, status: { reason: 8 } }] }));
    expectCode('ERR_OCSP_FORMAT', () => decode({ nonce: new Uint8Array(200) }));
    expectCode('ERR_OCSP_EXTENSION_UNKNOWN', () => decode({ extensions: [unknown(true)] }));
    expectCode('ERR_OCSP_EXTENSION_UNKNOWN', () =>
      decode({ answers: [{ ...answer, extensions: [unknown(true)] }] }),
    );
    expectCode('ERR_CERT_EXTENSION_DUPLICATE', () =>
      decode({ extensions: [unknown(false), unknown(false)] }),
    );
    decode({ extensions: [unknown(false)] });
    const bytes = makeOcsp(issuing, { answers: [answer] });
    expectCode('ERR_DER', () => OcspResponse.decode(new Uint8Array([...bytes, 0])));
    expectCode('ERR_OCSP_TOO_LARGE', () => OcspResponse.decode(new Uint8Array(2 * 1024 * 1024)));
  });

  it('refuses another type of response', () => {
    const other = der.sequence(
      der.integer(0, Tag.ENUMERATED),
      der.element(
        context(0),
        der.sequence(der.oid('1.3.6.1.5.5.7.48.1.99'), der.octetString(der.nullValue())),
      ),
    );
    expectCode('ERR_OCSP_FORMAT', () => OcspResponse.decode(other));
  });
});

describe('OCSP request', () => {
  const id = certId(answer);

  it('comes back as it was encoded', () => {
    const nonce = Uint8Array.of(7, 8, 9);
    const request = decodeOcspRequest(encodeOcspRequest([id], nonce));
    expect(request.items).to.have.length(1);
    expect(Buffer.from(request.items[0]?.certId.raw ?? []).equals(Buffer.from(id))).to.equal(true);
    expect(Buffer.from(request.nonce ?? []).equals(Buffer.from(nonce))).to.equal(true);
    expect(decodeOcspRequest(encodeOcspRequest([id])).nonce).to.equal(undefined);
  });

  it('asks for the CertID that the test factory makes', () => {
    const issuer = { name: certificate.issuer, spki: issuing.key.spki };
    expect(Buffer.compare(certIdFor(issuer, certificate.serialBytes), id)).to.equal(0);
  });

  it('refuses an empty and an endless request', () => {
    expectCode('ERR_OCSP_FORMAT', () => decodeOcspRequest(encodeOcspRequest([])));
    expectCode('ERR_OCSP_FORMAT', () => decodeOcspRequest(encodeOcspRequest(new Array(100).fill(id))));
    expectCode('ERR_DER', () => decodeOcspRequest(new Uint8Array([...encodeOcspRequest([id]), 0])));
  });
});
