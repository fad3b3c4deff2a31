import { expect } from 'chai';
import { der } from '../../../core/der/index.js';
import { type ErrorCode, isModelsealError } from '../../../core/errors/index.js';
import { Certificate, Oid } from '../../../core/x509/index.js';
import { findPath, type PathOptions, TrustAnchor, TrustAnchors } from '../../../loader/path/index.js';
import {
  ALGORITHMS,
  AT,
  type CertificateSpec,
  general,
  makeIntermediate,
  makeLeaf,
  makeRoot,
  NOT_AFTER,
  name,
  testKey,
  extensions as x,
} from '../../support/pki.js';

interface Case {
  readonly rule: string;
  readonly code: ErrorCode;
  readonly root?: CertificateSpec;
  readonly issuing?: CertificateSpec;
  readonly leaf?: CertificateSpec;
  readonly options?: Partial<PathOptions>;
  /** What differs from the faulty case, so that only the fault is left out. */
  readonly twin?: Pick<Case, 'root' | 'issuing' | 'leaf' | 'options'>;
}

function judge(specs: Pick<Case, 'root' | 'issuing' | 'leaf' | 'options'>): string {
  const root = makeRoot(specs.root);
  const issuing = makeIntermediate(root, specs.issuing);
  const leaf = makeLeaf(issuing, specs.leaf);
  try {
    findPath(Certificate.decode(leaf.der), {
      anchors: TrustAnchors.from([Certificate.decode(root.der)]),
      intermediates: [Certificate.decode(issuing.der)],
      at: AT,
      purpose: 'code-signing',
      ...specs.options,
    });
    return 'accepted';
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return error.code;
  }
}

const unknown = (critical: boolean) => x.raw('1.3.6.1.4.1.99999.1', critical, der.nullValue());
const with_ = (
  ...list: readonly { oid: string; critical: boolean; value: Uint8Array }[]
): CertificateSpec => ({
  extensions: Object.fromEntries(list.map((e) => [e.oid, e])),
});
const without = (...oids: string[]): CertificateSpec => ({
  extensions: Object.fromEntries(oids.map((oid) => [oid, undefined])),
});
const qualified = (kind: string, critical: boolean) =>
  x.raw(
    Oid.certificatePolicies,
    critical,
    der.sequence(
      der.sequence(
        der.oid('1.2.3'),
        der.sequence(der.sequence(der.oid(kind), der.ia5String('https://example.com'))),
      ),
    ),
  );
const flip = (bytes: Uint8Array): Uint8Array => {
  const copy = bytes.slice();
  const last = copy.length - 1;
  copy[last] = (copy[last] as number) ^ 1;
  return copy;
};
const second = (date: Date, n: number): Date => new Date(date.getTime() + n * 1000);
const rawExtension = (oid: string, value: Uint8Array, critical = false): CertificateSpec =>
  with_(x.raw(oid, critical, value));
const emptySubject = name([]);

const CASES: readonly Case[] = [
  // Signatures and algorithms
  { rule: 'leaf signature altered', code: 'ERR_PATH_SIGNATURE', leaf: { editSignature: flip } },
  { rule: 'CA signature altered', code: 'ERR_PATH_SIGNATURE', issuing: { editSignature: flip } },
  {
    rule: 'inner and outer algorithm differ',
    code: 'ERR_CERT_ALGORITHM_DISAGREES',
    leaf: { outerAlgorithm: ALGORITHMS.ecdsaSha384 },
  },
  {
    rule: 'SHA-1 with RSA',
    code: 'ERR_CERT_ALGORITHM_WEAK',
    issuing: { key: testKey('rsa-2048') },
    leaf: { algorithm: ALGORITHMS.rsaSha1 },
    twin: { issuing: { key: testKey('rsa-2048') }, leaf: { algorithm: ALGORITHMS.rsaSha256 } },
  },
  {
    rule: 'SHA-1 with ECDSA',
    code: 'ERR_CERT_ALGORITHM_WEAK',
    leaf: { algorithm: ALGORITHMS.ecdsaSha1 },
    twin: { leaf: { algorithm: ALGORITHMS.ecdsaSha256 } },
  },
  {
    rule: 'leaf key of 1024 bits',
    code: 'ERR_CERT_KEY_WEAK',
    leaf: { key: testKey('rsa-1024') },
    twin: { leaf: { key: testKey('rsa-2048') } },
  },
  {
    rule: 'anchor key of 1024 bits',
    code: 'ERR_CERT_KEY_WEAK',
    root: { key: testKey('rsa-1024') },
    twin: { root: { key: testKey('rsa-2048') } },
  },
  {
    rule: 'ECDSA algorithm under an RSA key',
    code: 'ERR_SIGNATURE_KEY_MISMATCH',
    leaf: { editTbs: (tbs) => tbs, algorithm: ALGORITHMS.ecdsaSha256 },
    issuing: { key: testKey('rsa-2048') },
    twin: { leaf: { algorithm: ALGORITHMS.rsaSha256 }, issuing: { key: testKey('rsa-2048') } },
  },
  {
    rule: 'NULL parameters with ECDSA',
    code: 'ERR_SIGNATURE_ALGORITHM_PARAMETERS',
    leaf: {
      algorithm: {
        identifier: der.sequence(der.oid('1.2.840.10045.4.3.2'), der.nullValue()),
        hash: 'sha256',
      },
    },
  },
  {
    rule: 'unknown signature algorithm',
    code: 'ERR_SIGNATURE_ALGORITHM_UNKNOWN',
    leaf: { algorithm: { identifier: der.sequence(der.oid('1.3.6.1.4.1.99999.2')), hash: 'sha256' } },
  },
  // Dates
  {
    rule: 'leaf a second too old',
    code: 'ERR_CERT_EXPIRED',
    options: { at: second(NOT_AFTER, 1) },
    twin: { options: { at: new Date(NOT_AFTER.getTime() + 999) } },
  },
  {
    rule: 'leaf a second too young',
    code: 'ERR_CERT_NOT_YET_VALID',
    leaf: { notBefore: second(AT, 1) },
    twin: { leaf: { notBefore: AT } },
  },
  {
    rule: 'CA expired',
    code: 'ERR_CERT_EXPIRED',
    issuing: { notAfter: second(AT, -1) },
    twin: { issuing: { notAfter: AT } },
  },
  {
    rule: 'anchor expired',
    code: 'ERR_CERT_EXPIRED',
    root: { notAfter: second(AT, -1) },
    twin: { root: { notAfter: AT } },
  },
  { rule: 'no time at all', code: 'ERR_CERT_EXPIRED', options: { at: new Date(Number.NaN) } },
  // Names and serial numbers
  {
    rule: 'issuer named otherwise',
    code: 'ERR_PATH_NO_ISSUER',
    leaf: { issuer: 'Somebody else' },
    twin: { leaf: { issuer: 'test  ISSUING ca' } },
  },
  {
    rule: 'a CA without a name',
    code: 'ERR_CERT_SUBJECT_EMPTY',
    issuing: { subject: emptySubject },
    twin: {},
  },
  {
    rule: 'empty subject, alternative name not critical',
    code: 'ERR_CERT_SUBJECT_EMPTY',
    leaf: { subject: emptySubject },
    twin: {
      leaf: { subject: emptySubject, ...with_(x.subjectAltName([general.email('a@example.com')], true)) },
    },
  },
  { rule: 'serial number zero', code: 'ERR_CERT_SERIAL', leaf: { serial: 0 }, twin: { leaf: { serial: 1 } } },
  {
    rule: 'serial number of 21 octets',
    code: 'ERR_CERT_SERIAL',
    leaf: { serial: 1n << 160n },
    twin: { leaf: { serial: (1n << 159n) - 1n } },
  },
  // Basic constraints, path length, key usage
  {
    rule: 'issuer without basicConstraints',
    code: 'ERR_PATH_CA_MISSING',
    issuing: without(Oid.basicConstraints),
  },
  {
    rule: 'issuer with cA false',
    code: 'ERR_PATH_CA_MISSING',
    issuing: with_(x.basicConstraints(false)),
    twin: { issuing: with_(x.basicConstraints(true)) },
  },
  { rule: 'issuer of version 1', code: 'ERR_PATH_CA_MISSING', issuing: { version: 1 } },
  {
    rule: 'anchor without basicConstraints',
    code: 'ERR_PATH_CA_MISSING',
    root: without(Oid.basicConstraints),
    twin: { root: { version: 1 } },
  },
  {
    rule: 'anchor path length',
    code: 'ERR_PATH_LENGTH',
    root: with_(x.basicConstraints(true, 0)),
    twin: { root: with_(x.basicConstraints(true, 1)) },
  },
  {
    rule: 'issuer without keyCertSign',
    code: 'ERR_PATH_KEY_USAGE',
    issuing: with_(x.keyUsage(['cRLSign', 'digitalSignature'])),
    twin: { issuing: without(Oid.keyUsage) },
  },
  {
    rule: 'anchor without keyCertSign',
    code: 'ERR_PATH_KEY_USAGE',
    root: with_(x.keyUsage(['cRLSign'])),
    twin: { root: without(Oid.keyUsage) },
  },
  {
    rule: 'leaf key for encryption only',
    code: 'ERR_PATH_KEY_USAGE',
    leaf: with_(x.keyUsage(['keyEncipherment'])),
    twin: { leaf: with_(x.keyUsage(['keyEncipherment', 'digitalSignature'])) },
  },
  {
    rule: 'leaf without the usage asked for',
    code: 'ERR_PATH_KEY_USAGE',
    options: { requiredKeyUsage: ['cRLSign'], purpose: 'any' },
    twin: { options: { requiredKeyUsage: ['digitalSignature'], purpose: 'any' } },
  },
  {
    rule: 'keyCertSign in a leaf',
    code: 'ERR_CERT_EXTENSION_MISPLACED',
    leaf: with_(x.keyUsage(['digitalSignature', 'keyCertSign'])),
  },
  {
    rule: 'path length in a leaf',
    code: 'ERR_CERT_EXTENSION_MISPLACED',
    leaf: with_(x.basicConstraints(false, 0)),
    twin: { leaf: with_(x.basicConstraints(false)) },
  },
  {
    rule: 'name constraints in a leaf',
    code: 'ERR_CERT_EXTENSION_MISPLACED',
    leaf: { extra: [x.nameConstraints([general.email('example.com')])] },
  },
  // Extended key usage
  {
    rule: 'leaf for TLS',
    code: 'ERR_PATH_EXTENDED_KEY_USAGE',
    leaf: with_(x.extKeyUsage([Oid.serverAuth])),
    twin: { leaf: with_(x.extKeyUsage([Oid.serverAuth, Oid.codeSigning])) },
  },
  {
    rule: 'CA for TLS only',
    code: 'ERR_PATH_EXTENDED_KEY_USAGE',
    issuing: with_(x.extKeyUsage([Oid.serverAuth])),
    twin: { issuing: with_(x.extKeyUsage([Oid.anyExtendedKeyUsage])) },
  },
  {
    rule: 'anchor for TLS only',
    code: 'ERR_PATH_EXTENDED_KEY_USAGE',
    root: with_(x.extKeyUsage([Oid.serverAuth])),
    twin: { root: with_(x.extKeyUsage([Oid.codeSigning])) },
  },
  {
    rule: 'purpose not named where it must be',
    code: 'ERR_PATH_EXTENDED_KEY_USAGE_MISSING',
    leaf: without(Oid.extKeyUsage),
    options: { requireExtendedKeyUsage: true },
    twin: { leaf: without(Oid.extKeyUsage) },
  },
  {
    rule: 'anyExtendedKeyUsage for OCSP',
    code: 'ERR_PATH_EXTENDED_KEY_USAGE',
    leaf: with_(x.extKeyUsage([Oid.anyExtendedKeyUsage])),
    options: { purpose: 'ocsp-signing' },
    twin: { leaf: with_(x.extKeyUsage([Oid.ocspSigning])), options: { purpose: 'ocsp-signing' } },
  },
  {
    rule: 'time-stamping not alone',
    code: 'ERR_PATH_EXTENDED_KEY_USAGE',
    leaf: with_(x.extKeyUsage([Oid.timeStamping, Oid.codeSigning], true)),
    options: { purpose: 'time-stamping' },
    twin: { leaf: with_(x.extKeyUsage([Oid.timeStamping], true)), options: { purpose: 'time-stamping' } },
  },
  {
    rule: 'time-stamping not critical',
    code: 'ERR_PATH_EXTENDED_KEY_USAGE',
    leaf: with_(x.extKeyUsage([Oid.timeStamping])),
    options: { purpose: 'time-stamping' },
    twin: { leaf: with_(x.extKeyUsage([Oid.timeStamping], true)), options: { purpose: 'time-stamping' } },
  },
  // Extensions
  ...(['root', 'issuing', 'leaf'] as const).map((who) => ({
    rule: `unknown critical extension of the ${who}`,
    code: 'ERR_CERT_EXTENSION_UNKNOWN' as const,
    [who]: { extra: [unknown(true)] },
    twin: { [who]: { extra: [unknown(false)] } },
  })),
  ...([true, false] as const).map((critical) => ({
    rule: `policy qualifier of an unknown kind, ${critical ? 'critical' : 'in a policy of the CA'}`,
    code: 'ERR_CERT_EXTENSION_UNKNOWN' as const,
    [critical ? 'leaf' : 'issuing']: { extra: [qualified('1.3.6.1.4.1.99999.3', true)] },
    twin: { leaf: { extra: [qualified(critical ? '1.3.6.1.5.5.7.2.1' : '1.3.6.1.4.1.99999.3', critical)] } },
  })),
  {
    rule: 'critical authority key identifier',
    code: 'ERR_CERT_EXTENSION_CRITICALITY',
    leaf: with_(x.authorityKeyIdentifier(testKey(), true)),
    twin: { leaf: with_(x.authorityKeyIdentifier(testKey())) },
  },
  {
    rule: 'critical authority information access',
    code: 'ERR_CERT_EXTENSION_CRITICALITY',
    leaf: { extra: [x.authorityInfoAccess(['http://ocsp.example.com'], [], true)] },
    twin: { leaf: { extra: [x.authorityInfoAccess(['http://ocsp.example.com'])] } },
  },
  {
    rule: 'name constraints not critical, and obeyed',
    code: 'ERR_PATH_NAME_NOT_PERMITTED',
    issuing: { extra: [x.nameConstraints([general.email('other.example')], [], false)] },
    twin: { issuing: { extra: [x.nameConstraints([general.email('example.com')], [], false)] } },
  },
  ...(
    [
      ['server-auth', Oid.serverAuth],
      ['client-auth', Oid.clientAuth],
      ['email-protection', Oid.emailProtection],
    ] as const
  ).map(([purpose, oid]) => ({
    rule: `for code signing only, asked for ${purpose}`,
    code: 'ERR_PATH_EXTENDED_KEY_USAGE' as const,
    options: { purpose },
    twin: { leaf: with_(x.extKeyUsage([oid])), options: { purpose } },
  })),
  ...(
    [
      ['alternative name that is text', Oid.subjectAltName, Buffer.from('example.com')],
      ['empty alternative name', Oid.subjectAltName, der.sequence()],
      ['empty extKeyUsage', Oid.extKeyUsage, der.sequence()],
      ['keyUsage without a bit', Oid.keyUsage, der.namedBits([])],
      ['bytes after basicConstraints', Oid.basicConstraints, Buffer.from('3000ff', 'hex')],
      ['empty policies', Oid.certificatePolicies, der.sequence()],
      [
        'a policy listed twice',
        Oid.certificatePolicies,
        der.sequence(der.sequence(der.oid('1.2.3')), der.sequence(der.oid('1.2.3'))),
      ],
      ['address of three octets', Oid.subjectAltName, der.sequence(general.ip(1, 2, 3))],
      ['NUL in an address', Oid.subjectAltName, der.sequence(general.email('a@example.com\0.evil.example'))],
      ['a blank host name', Oid.subjectAltName, der.sequence(general.dns(' '))],
    ] as const
  ).map(([rule, oid, value]) => ({
    rule,
    code: 'ERR_CERT_EXTENSION_MALFORMED' as const,
    leaf: rawExtension(oid, value),
  })),
];

describe('path: every rule refuses with its own code, and its twin passes', () => {
  it('accepts the plain chain', () => {
    expect(judge({})).to.equal('accepted');
  });
  for (const test of CASES) {
    it(test.rule, () => {
      expect(judge(test)).to.equal(test.code);
      expect(judge(test.twin ?? {}), 'the twin without the fault').to.equal('accepted');
    });
  }
  it('an empty issuer, as a bare anchor without a name could give it', () => {
    const key = testKey();
    const nameless = TrustAnchors.from([TrustAnchor.fromKey(emptySubject, key.spki)]);
    const root = makeRoot({ key });
    const leaf = makeLeaf(root, { issuer: emptySubject });
    expect(() => findPath(Certificate.decode(leaf.der), { anchors: nameless, at: AT, purpose: 'any' }))
      .to.throw()
      .with.property('code', 'ERR_CERT_ISSUER_EMPTY');
    const named = TrustAnchors.from([TrustAnchor.fromKey(root.subject, key.spki)]);
    expect(
      findPath(makeLeaf(root).certificate, { anchors: named, at: AT, purpose: 'any' }).chain,
    ).to.have.length(1);
  });

  it('has not lost a case', () => {
    expect(CASES.length).to.be.at.least(60);
  });
});
