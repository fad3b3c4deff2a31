import { createHash, sign } from 'node:crypto';
import { expect } from 'chai';
import { assemble } from '../../ca/encode/certificate.js';
import { authorityKeyIdentifier, extension, keyIdentifier } from '../../ca/encode/extensions.js';
import { CRL_LINTS, lintCrl } from '../../ca/lint/crl.js';
import { lintOcsp, OCSP_LINTS } from '../../ca/lint/ocsp.js';
import { context, contextPrimitive, der, Tag } from '../../core/der/index.js';
import { signatureScheme } from '../../core/keys/index.js';
import { CertificateList } from '../../core/x509/crl.js';
import { type Certificate, Oid } from '../../core/x509/index.js';
import {
  type CertId,
  certIdFor,
  decodeOcspRequest,
  encodeOcspRequest,
  OcspResponse,
} from '../../core/x509/ocsp.js';
import { keyBits } from '../../core/x509/ocsp-cert-id.js';
import { OCSP_BASIC, OCSP_NONCE } from '../../core/x509/ocsp-codec.js';
import { expectCode } from '../support/errors.js';
import { makeChain } from '../support/pki.js';
import { AT, days } from './support/authority.js';

const { issuing: made } = makeChain();
const issuer: Certificate = made.certificate;
const { algorithmIdentifier: algorithm } = signatureScheme(issuer.publicKey());
/** ecdsa-with-SHA384, which no key of the issuer's kind signs with. */
const other = der.sequence(der.oid('1.2.840.10045.4.3.3'));
const NOTHING = new Uint8Array(0);

const keyId = issuer.subjectKeyIdentifier ?? keyIdentifier(issuer.spki);
const entry = (serial: number, reason?: number, at = days(-1)): Uint8Array =>
  der.sequence(
    der.integer(serial),
    der.time(at),
    ...(reason === undefined
      ? []
      : [der.sequence(extension(Oid.reasonCode, false, der.integer(reason, Tag.ENUMERATED)))]),
  );

interface CrlParts {
  readonly version?: readonly Uint8Array[];
  readonly algorithm?: Uint8Array;
  readonly issuer?: Uint8Array;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly entries?: readonly Uint8Array[] | 'empty';
  readonly extensions?: readonly Uint8Array[];
}

const number = extension(Oid.crlNumber, false, der.integer(7));
const aki = authorityKeyIdentifier(keyId);

function crl(parts: CrlParts = {}): CertificateList {
  const { version = [der.integer(1)], entries = [entry(5), entry(6, 1)], extensions = [aki, number] } = parts;
  const how = parts.algorithm ?? algorithm;
  const list = entries === 'empty' ? [] : entries;
  const tbs = der.sequence(
    ...version,
    how,
    parts.issuer ?? issuer.subject.raw,
    der.time(parts.thisUpdate ?? AT),
    der.time(parts.nextUpdate ?? days(30)),
    ...(list.length > 0 || entries === 'empty' ? [der.sequence(...list)] : []),
    ...(extensions.length > 0 ? [der.element(context(0), der.sequence(...extensions))] : []),
  );
  return CertificateList.decode(assemble(tbs, how, NOTHING));
}

const CRL_FAULTS: readonly [rule: string, parts: CrlParts][] = [
  ['crl-version', { version: [], extensions: [], entries: [] }],
  ['crl-signature-algorithm', { algorithm: other }],
  ['crl-issuer', { issuer: der.sequence() }],
  ['crl-times', { nextUpdate: AT }],
  ['crl-times', { nextUpdate: days(400) }],
  ['crl-times', { thisUpdate: new Date(issuer.notBefore.getTime() - 1000), entries: [] }],
  ['crl-number', { extensions: [aki] }],
  ['crl-number', { extensions: [aki, extension(Oid.crlNumber, false, der.integer(0))] }],
  ['crl-authority-key-identifier', { extensions: [number] }],
  ['crl-authority-key-identifier', { extensions: [authorityKeyIdentifier(new Uint8Array(20)), number] }],
  ['crl-complete', { extensions: [aki, number, extension(Oid.deltaCrlIndicator, true, der.integer(1))] }],
  [
    'crl-complete',
    {
      extensions: [
        aki,
        number,
        extension(
          Oid.issuingDistributionPoint,
          true,
          der.sequence(der.element(contextPrimitive(1), Uint8Array.of(0xff))),
        ),
      ],
    },
  ],
  ['crl-entries-absent', { entries: 'empty' }],
  ['crl-entries', { entries: [entry(5), entry(6, 0)] }],
  ['crl-entries', { entries: [entry(5, 1, days(1))] }],
  [
    'crl-entries',
    {
      entries: [entry(5, 8)],
      extensions: [aki, number, extension(Oid.deltaCrlIndicator, true, der.integer(1))],
    },
  ],
];

describe('ca: lints of CRLs', () => {
  it('accept a list with entries and one without', () => {
    lintCrl({ list: crl(), issuer });
    lintCrl({ list: crl({ entries: [] }), issuer });
  });

  for (const [rule, parts] of CRL_FAULTS) {
    it(`${rule} refuses ${JSON.stringify(Object.keys(parts))}`, () => {
      const list = crl(parts);
      const lint = CRL_LINTS.find(({ name }) => name === rule);
      expect(lint?.check({ list, issuer }), rule).to.be.a('string');
      expectCode('ERR_LINT', () => lintCrl({ list, issuer }));
    });
  }

  it('what no list may hold does not come as far', () => {
    expectCode('ERR_CRL_ENTRY_REPEATED', () => crl({ entries: [entry(5), entry(5)] }));
    expectCode('ERR_CRL_ENTRY', () => crl({ entries: [entry(5, 7)] }));
    expectCode('ERR_CRL_ENTRY', () => crl({ entries: [entry(5, 8)] }));
  });

  it('each have a citation and a case above', () => {
    for (const { name, citation } of CRL_LINTS) {
      expect(citation, name).to.match(/RFC 5280 §/);
      expect(CRL_FAULTS.map(([rule]) => rule)).to.include(name);
    }
  });
});

const about = (serial: number): CertId => {
  const id = certIdFor({ name: issuer.subject, spki: issuer.spki }, Uint8Array.of(serial));
  return decodeOcspRequest(encodeOcspRequest([id])).items[0]?.certId as CertId;
};
const certId = about(5);
const otherId = about(6);
const NONCE = Buffer.alloc(16, 1);

interface OcspParts {
  readonly responder?: Uint8Array;
  readonly algorithm?: Uint8Array;
  readonly producedAt?: Date;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | 'none';
  readonly nonce?: Uint8Array | 'none';
  readonly ids?: readonly CertId[];
  readonly status?: Uint8Array;
  readonly certificates?: readonly Uint8Array[];
}

const byKey = (spki: Uint8Array): Uint8Array =>
  der.element(context(2), der.octetString(createHash('sha1').update(keyBits(spki)).digest()));
const revoked = (at: Date, reason?: number): Uint8Array =>
  der.element(
    context(1),
    der.generalizedTime(at),
    ...(reason === undefined ? [] : [der.element(context(0), der.integer(reason, Tag.ENUMERATED))]),
  );

function ocsp(parts: OcspParts = {}): OcspResponse {
  const { thisUpdate = AT, nextUpdate = days(7), nonce = NONCE, ids = [certId] } = parts;
  const answers = ids.map((id) =>
    der.sequence(
      id.raw,
      parts.status ?? der.element(contextPrimitive(0)),
      der.generalizedTime(thisUpdate),
      ...(nextUpdate === 'none' ? [] : [der.element(context(0), der.generalizedTime(nextUpdate))]),
    ),
  );
  const tbs = der.sequence(
    parts.responder ?? byKey(issuer.spki),
    der.generalizedTime(parts.producedAt ?? AT),
    der.sequence(...answers),
    ...(nonce === 'none'
      ? []
      : [der.element(context(1), der.sequence(extension(OCSP_NONCE, false, der.octetString(nonce))))]),
  );
  const signature = der.bitString(sign('sha256', tbs, made.key.privateKey));
  const certificates = (parts.certificates ?? []).map((raw) => der.element(context(0), der.sequence(raw)));
  const basic = der.sequence(tbs, parts.algorithm ?? algorithm, signature, ...certificates);
  const bytes = der.sequence(der.oid(OCSP_BASIC), der.octetString(basic));
  return OcspResponse.decode(der.sequence(der.integer(0, Tag.ENUMERATED), der.element(context(0), bytes)));
}

const OCSP_FAULTS: readonly [rule: string, parts: OcspParts][] = [
  ['ocsp-responder', { responder: der.element(context(1), issuer.subject.raw) }],
  ['ocsp-responder', { responder: byKey(makeChain().leaf.certificate.spki) }],
  ['ocsp-responder', { certificates: [issuer.raw] }],
  ['ocsp-signature-algorithm', { algorithm: other }],
  ['ocsp-times', { nextUpdate: 'none' }],
  ['ocsp-times', { nextUpdate: AT }],
  ['ocsp-times', { nextUpdate: days(400) }],
  ['ocsp-times', { thisUpdate: days(1) }],
  ['ocsp-times', { thisUpdate: new Date(issuer.notBefore.getTime() - 1000) }],
  ['ocsp-times', { thisUpdate: days(-2), status: revoked(days(-1)) }],
  ['ocsp-nonce', { nonce: 'none' }],
  ['ocsp-nonce', { nonce: Buffer.alloc(16, 2) }],
  ['ocsp-answers', { ids: [otherId] }],
  ['ocsp-answers', { ids: [certId, otherId] }],
  ['ocsp-answers', { status: revoked(days(-1), 0) }],
];

describe('ca: lints of OCSP answers', () => {
  it('what no answer may say does not come as far', () => {
    for (const reason of [7, 8])
      expectCode('ERR_OCSP_FORMAT', () => ocsp({ status: revoked(days(-1), reason) }));
  });

  const subject = (response: OcspResponse) => ({ response, issuer, certIds: [certId], nonce: NONCE });

  it('accept good and revoked, with a nonce and without', () => {
    lintOcsp(subject(ocsp()));
    lintOcsp(subject(ocsp({ status: revoked(days(-1), 1) })));
    lintOcsp({ ...subject(ocsp({ nonce: 'none' })), nonce: undefined });
    expect(
      OCSP_LINTS.find(({ name }) => name === 'ocsp-nonce')?.check({ ...subject(ocsp()), nonce: undefined }),
    ).to.be.a('string');
  });

  for (const [rule, parts] of OCSP_FAULTS) {
    it(`${rule} refuses ${JSON.stringify(Object.keys(parts))}`, () => {
      const given = subject(ocsp(parts));
      expect(OCSP_LINTS.find(({ name }) => name === rule)?.check(given), rule).to.be.a('string');
      expectCode('ERR_LINT', () => lintOcsp(given));
    });
  }

  it('each have a citation and a case above', () => {
    for (const { name, citation } of OCSP_LINTS) {
      expect(citation, name).to.match(/RFC \d+ §/);
      expect(OCSP_FAULTS.map(([rule]) => rule)).to.include(name);
    }
  });
});
