import { generateKeyPairSync, generatePrimeSync } from 'node:crypto';
import { expect } from 'chai';
import {
  assemble,
  type CertificateFields,
  encodeTbsCertificate,
  randomSerial,
} from '../../ca/encode/certificate.js';
import * as x from '../../ca/encode/extensions.js';
import { encodeName } from '../../ca/encode/name.js';
import { spkiOf } from '../../ca/encode/spki.js';
import { ISSUING_PURPOSES } from '../../ca/lint/ext-key-usage.js';
import { LINTS, lintCertificate } from '../../ca/lint/index.js';
import type { CertificateRole } from '../../ca/lint/lint.js';
import { context, contextPrimitive, der } from '../../core/der/index.js';
import { signatureScheme } from '../../core/keys/index.js';
import { Certificate, Oid } from '../../core/x509/index.js';
import { expectCode } from '../support/errors.js';
import { AT, days } from './support/authority.js';

const ec = (curve = 'P-256') => generateKeyPairSync('ec', { namedCurve: curve }).publicKey;
const rootKey = ec();
const issuingKey = ec();
const developer = ec();
const algorithm = signatureScheme(issuingKey).algorithmIdentifier;
const id = (key: typeof rootKey): Uint8Array => x.keyIdentifier(spkiOf(key));

type Fault = Partial<Omit<CertificateFields, 'extensions'>> & {
  extensions?: Record<string, Uint8Array | undefined>;
  outerAlgorithm?: Uint8Array;
  tbs?: (tbs: Uint8Array) => Uint8Array;
};

const name = (commonName: string): Uint8Array => encodeName({ organization: 'Example', commonName });

const AUTHORITY = {
  bc: x.basicConstraints(true, 1),
  ku: x.keyUsage('keyCertSign', 'cRLSign'),
};
const DEVELOPER = {
  bc: x.basicConstraints(false),
  ku: x.keyUsage('digitalSignature'),
  eku: x.extKeyUsage(Oid.codeSigning),
  san: x.subjectAltName(['ada@example.org'], ['https://example.org/ada']),
};
const TSA = { eku: x.extKeyUsage(Oid.timeStamping, true), san: undefined };

function make(
  base: Omit<CertificateFields, 'extensions' | 'serial'>,
  extensions: Record<string, Uint8Array>,
  fault: Fault,
): Certificate {
  const all = Object.values({ ...extensions, ...fault.extensions }).filter((e) => e !== undefined);
  const tbs = encodeTbsCertificate({ serial: randomSerial(), ...base, ...fault, extensions: all });
  const changed = fault.tbs ? fault.tbs(tbs) : tbs;
  return Certificate.decode(
    assemble(changed, fault.outerAlgorithm ?? fault.signatureAlgorithm ?? algorithm, new Uint8Array(0)),
  );
}

const root = (fault: Fault = {}): Certificate =>
  make(
    {
      signatureAlgorithm: algorithm,
      issuer: name('Root'),
      subject: name('Root'),
      notBefore: AT,
      notAfter: days(3650),
      spki: spkiOf(rootKey),
    },
    { ...AUTHORITY, ski: x.subjectKeyIdentifier(id(rootKey)), aki: x.authorityKeyIdentifier(id(rootKey)) },
    fault,
  );
const issuing = (fault: Fault = {}): Certificate =>
  make(
    {
      signatureAlgorithm: algorithm,
      issuer: name('Root'),
      subject: name('Issuing'),
      notBefore: AT,
      notAfter: days(1825),
      spki: spkiOf(issuingKey),
    },
    {
      ...AUTHORITY,
      bc: x.basicConstraints(true, 0),
      eku: x.extKeyUsage(ISSUING_PURPOSES),
      ski: x.subjectKeyIdentifier(id(issuingKey)),
      aki: x.authorityKeyIdentifier(id(rootKey)),
    },
    fault,
  );
const leaf = (fault: Fault = {}): Certificate =>
  make(
    {
      signatureAlgorithm: algorithm,
      issuer: name('Issuing'),
      subject: name('Ada'),
      notBefore: AT,
      notAfter: days(90),
      spki: spkiOf(developer),
    },
    {
      ...DEVELOPER,
      ski: x.subjectKeyIdentifier(id(developer)),
      aki: x.authorityKeyIdentifier(id(issuingKey)),
    },
    fault,
  );

const limitedTo = (...domains: string[]): Certificate =>
  issuing({ extensions: { nc: x.permittedEmailDomains(domains) } });

const critical = (oid: string, value: Uint8Array): Uint8Array => x.extension(oid, true, value);
const printable = (text: string): Uint8Array =>
  der.sequence(der.setOf(der.sequence(der.oid('2.5.4.3'), der.printableString(text))));
const attribute = (arc: string, text: string): Uint8Array =>
  der.sequence(der.oid(`2.5.4.${arc}`), der.utf8String(text));
const attributes = (...all: readonly [string, string][]): Uint8Array =>
  der.sequence(...all.map(([arc, text]) => der.setOf(attribute(arc, text))));
/** A SubjectPublicKeyInfo that OpenSSL would not make. */
const rsa = (modulus: bigint, exponent: bigint): Uint8Array => {
  const octets = (value: bigint): Buffer => {
    const hex = value.toString(16);
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  };
  const key = der.sequence(der.integer(octets(modulus)), der.integer(octets(exponent)));
  const algorithm = der.sequence(der.oid('1.2.840.113549.1.1.1'), der.nullValue());
  return der.sequence(algorithm, der.bitString(key));
};
const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true });
const modulus = prime(1024) * prime(1024);
const uri = (value: string): Uint8Array => der.element(contextPrimitive(6), Buffer.from(value));
const point = (...fields: Uint8Array[]): Uint8Array =>
  x.extension(Oid.crlDistributionPoints, false, der.sequence(der.sequence(...fields)));
const fullName = (value: string): Uint8Array => der.element(context(0), der.element(context(0), uri(value)));
const weakKey = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;

/** Each rule with certificates that break it and, as far as possible, nothing else. */
const FAULTS: readonly [
  rule: string,
  role: CertificateRole,
  certificate: () => Certificate,
  issuer?: () => Certificate,
][] = [
  ['version', 'developer', () => Object.assign(Object.create(leaf()), { version: 1 }) as Certificate],
  ['serial-number', 'developer', () => leaf({ serial: Uint8Array.of(1) })],
  ['serial-number', 'developer', () => leaf({ serial: new Uint8Array(21).fill(1) })],
  [
    'signature-algorithm',
    'developer',
    () => leaf({ outerAlgorithm: signatureScheme(ec('P-384')).algorithmIdentifier }),
  ],
  [
    'signature-algorithm',
    'developer',
    () => leaf({ signatureAlgorithm: signatureScheme(ec('P-384')).algorithmIdentifier }),
  ],
  ['issuer-name', 'developer', () => leaf({ issuer: name('Other') })],
  ['issuer-may-sign', 'developer', leaf, () => issuing({ extensions: { bc: x.basicConstraints(false) } })],
  [
    'issuer-may-sign',
    'developer',
    leaf,
    () => issuing({ extensions: { ku: x.keyUsage('digitalSignature') } }),
  ],
  ['issuer-may-sign', 'issuing', issuing, () => root({ extensions: { bc: x.basicConstraints(true, 0) } })],
  ['validity', 'developer', () => leaf({ notBefore: days(5), notAfter: days(4) })],
  ['validity-nested', 'developer', () => leaf({ notAfter: days(2000) })],
  ['validity-nested', 'developer', () => leaf({ notBefore: days(-1) })],
  ['validity-length', 'developer', () => leaf({ notAfter: days(1097) })],
  ['validity-length', 'issuing', () => issuing({ notAfter: days(1827) }), root],
  ['validity-length', 'root', () => root({ notAfter: days(3653) })],
  ['validity-backdated', 'developer', () => leaf({ notBefore: new Date(AT.getTime() - 301_000) })],
  ['validity-backdated', 'root', () => root({ notBefore: new Date(AT.getTime() - 3_601_000) })],
  ['subject', 'developer', () => leaf({ subject: der.sequence() })],
  ['subject-attributes', 'developer', () => leaf({ subject: attributes(['10', 'Other'], ['3', 'Ada']) })],
  ['subject-attributes', 'developer', () => leaf({ subject: attributes(['3', 'Ada']) })],
  ['subject-attributes', 'developer', () => leaf({ subject: attributes(['10', 'Example']) })],
  [
    'subject-attributes',
    'developer',
    () => leaf({ subject: attributes(['10', 'Example'], ['3', 'Ada'], ['3', 'Eve']) }),
  ],
  [
    'subject-attributes',
    'developer',
    () => leaf({ subject: attributes(['10', 'Example'], ['3', 'Ada'], ['11', 'Security']) }),
  ],
  [
    'subject-attributes',
    'developer',
    () => leaf({ subject: der.sequence(der.setOf(attribute('10', 'Example'), attribute('3', 'Ada'))) }),
  ],
  ['subject-attributes', 'root', () => root({ subject: attributes(['3', 'Root']) })],
  ['subject', 'developer', () => leaf({ subject: printable('Ada') })],
  ['subject', 'developer', () => leaf({ subject: name('x'.repeat(65)) })],
  ['subject', 'developer', () => leaf({ subject: name('Ada\u202E') })],
  ['subject-not-issuer', 'developer', () => leaf({ subject: name('Issuing') })],
  [
    'public-key',
    'developer',
    () => leaf({ spki: spkiOf(weakKey), extensions: { ski: x.subjectKeyIdentifier(id(weakKey)) } }),
  ],
  ['public-key', 'developer', () => leaf({ spki: spkiOf(ec('secp256k1')) })],
  ['public-key', 'developer', () => leaf({ spki: rsa(modulus, 1n) })],
  ['public-key', 'developer', () => leaf({ spki: rsa(modulus, 65_538n) })],
  ['public-key', 'developer', () => leaf({ spki: rsa(modulus, 3n) })],
  ['public-key', 'developer', () => leaf({ spki: rsa(prime(2040) * 211n, 65_537n) })],
  [
    'key-not-shared',
    'developer',
    () => leaf({ spki: spkiOf(issuingKey), extensions: { ski: x.subjectKeyIdentifier(id(issuingKey)) } }),
  ],
  ['basic-constraints', 'developer', () => leaf({ extensions: { bc: undefined } })],
  ['basic-constraints', 'developer', () => leaf({ extensions: { bc: x.basicConstraints(true) } })],
  [
    'basic-constraints',
    'developer',
    () => leaf({ extensions: { bc: x.extension(Oid.basicConstraints, false, der.sequence()) } }),
  ],
  ['basic-constraints', 'issuing', () => issuing({ extensions: { bc: x.basicConstraints(true) } }), root],
  ['key-usage', 'developer', () => leaf({ extensions: { ku: undefined } })],
  [
    'key-usage',
    'developer',
    () => leaf({ extensions: { ku: x.keyUsage('digitalSignature', 'keyCertSign') } }),
  ],
  [
    'key-usage',
    'developer',
    () => leaf({ extensions: { ku: x.extension(Oid.keyUsage, false, der.namedBits([0])) } }),
  ],
  ['ext-key-usage', 'developer', () => leaf({ extensions: { eku: undefined } })],
  [
    'ext-key-usage',
    'developer',
    () =>
      leaf({
        extensions: {
          eku: x.extension(
            Oid.extKeyUsage,
            false,
            der.sequence(der.oid(Oid.codeSigning), der.oid(Oid.serverAuth)),
          ),
        },
      }),
  ],
  ['ext-key-usage', 'developer', () => leaf({ extensions: { eku: x.extKeyUsage(Oid.anyExtendedKeyUsage) } })],
  ['ext-key-usage', 'issuing', () => issuing({ extensions: { eku: x.extKeyUsage(Oid.codeSigning) } }), root],
  ['ext-key-usage', 'issuing', () => issuing({ extensions: { eku: undefined } }), root],
  ['ext-key-usage', 'root', () => root({ extensions: { eku: x.extKeyUsage(ISSUING_PURPOSES) } })],
  [
    'ext-key-usage',
    'developer',
    leaf,
    () => issuing({ extensions: { eku: x.extKeyUsage(Oid.timeStamping) } }),
  ],
  ['name-constraints', 'developer', leaf, () => limitedTo('example.com')],
  ['name-constraints', 'developer', leaf, () => limitedTo('.example.org')],
  [
    'name-constraints',
    'developer',
    () => leaf({ extensions: { nc: x.permittedEmailDomains(['example.org']) } }),
  ],
  ['name-constraints', 'issuing', () => limitedTo('not a host'), root],
  [
    'name-constraints',
    'issuing',
    () => {
      const email = der.sequence(der.element(contextPrimitive(1), Buffer.from('example.org')));
      const value = der.sequence(der.element(context(0), email));
      return issuing({ extensions: { nc: x.extension(Oid.nameConstraints, false, value) } });
    },
    root,
  ],
  [
    'name-constraints',
    'issuing',
    () => {
      const host = der.sequence(der.element(contextPrimitive(2), Buffer.from('example.org')));
      return issuing({
        extensions: { nc: critical(Oid.nameConstraints, der.sequence(der.element(context(0), host))) },
      });
    },
    root,
  ],
  ['ext-key-usage', 'tsa', () => leaf({ extensions: { ...TSA, eku: x.extKeyUsage(Oid.timeStamping) } })],
  ['ext-key-usage', 'tsa', () => leaf({ extensions: { ...TSA, eku: x.extKeyUsage(Oid.codeSigning, true) } })],
  ['subject-alt-name', 'tsa', () => leaf({ extensions: { eku: TSA.eku } })],
  ['subject-key-identifier', 'developer', () => leaf({ extensions: { ski: undefined } })],
  [
    'subject-key-identifier',
    'developer',
    () => leaf({ extensions: { ski: x.subjectKeyIdentifier(new Uint8Array(20)) } }),
  ],
  [
    'subject-key-identifier',
    'developer',
    () => leaf({ extensions: { ski: critical(Oid.subjectKeyIdentifier, der.octetString(id(developer))) } }),
  ],
  ['authority-key-identifier', 'developer', () => leaf({ extensions: { aki: undefined } })],
  [
    'authority-key-identifier',
    'developer',
    () => leaf({ extensions: { aki: x.authorityKeyIdentifier(id(rootKey)) } }),
  ],
  ['subject-alt-name', 'developer', () => leaf({ extensions: { san: undefined } })],
  [
    'subject-alt-name',
    'developer',
    () => leaf({ extensions: { san: x.subjectAltName(['not an address'], []) } }),
  ],
  ['subject-alt-name', 'developer', () => leaf({ extensions: { san: x.subjectAltName([], ['relative']) } })],
  [
    'subject-alt-name',
    'developer',
    () => leaf({ extensions: { san: x.subjectAltName(['ada@example.org', 'ada@example.org'], []) } }),
  ],
  [
    'subject-alt-name',
    'developer',
    () =>
      leaf({
        extensions: {
          san: x.extension(
            Oid.subjectAltName,
            false,
            der.sequence(der.element(contextPrimitive(2), Buffer.from('example.org'))),
          ),
        },
      }),
  ],
  [
    'subject-alt-name',
    'issuing',
    () => issuing({ extensions: { san: x.subjectAltName(['ca@example.org'], []) } }),
    root,
  ],
  [
    'crl-distribution-points',
    'developer',
    () => leaf({ extensions: { cdp: x.crlDistributionPoints('ftp://example.org/a.crl') } }),
  ],
  [
    'crl-distribution-points',
    'developer',
    () =>
      leaf({
        extensions: {
          cdp: point(
            fullName('http://example.org/a.crl'),
            der.element(contextPrimitive(1), Uint8Array.of(6, 0x40)),
          ),
        },
      }),
  ],
  [
    'crl-distribution-points',
    'root',
    () => root({ extensions: { cdp: x.crlDistributionPoints('http://example.org/a.crl') } }),
  ],
  [
    'authority-info-access',
    'developer',
    () => leaf({ extensions: { aia: x.ocspAddress('ldap://example.org/') } }),
  ],
  [
    'authority-info-access',
    'developer',
    () =>
      leaf({
        extensions: {
          aia: critical(
            Oid.authorityInfoAccess,
            der.sequence(der.sequence(der.oid(Oid.adOcsp), uri('http://example.org/'))),
          ),
        },
      }),
  ],
  [
    'known-extensions',
    'developer',
    () => leaf({ extensions: { odd: x.extension('1.2.3.4', false, der.nullValue()) } }),
  ],
];

describe('ca: lints', () => {
  it('accept the four profiles', () => {
    lintCertificate({ certificate: leaf({ extensions: TSA }), issuer: issuing(), role: 'tsa', at: AT });
    lintCertificate({ certificate: root(), issuer: root(), role: 'root', at: AT });
    lintCertificate({ certificate: issuing(), issuer: root(), role: 'issuing', at: AT });
    lintCertificate({ certificate: leaf(), issuer: issuing(), role: 'developer', at: AT });
    const full = leaf({
      extensions: {
        cdp: x.crlDistributionPoints('http://example.org/a.crl'),
        aia: x.ocspAddress('https://example.org/'),
      },
    });
    lintCertificate({ certificate: full, issuer: issuing(), role: 'developer', at: AT });
    const limited = limitedTo('example.com', '.org', 'EXAMPLE.org');
    lintCertificate({ certificate: limited, issuer: root(), role: 'issuing', at: AT });
    lintCertificate({ certificate: leaf(), issuer: limited, role: 'developer', at: AT });
    lintCertificate({ certificate: leaf({ extensions: TSA }), issuer: limited, role: 'tsa', at: AT });
    // Authorities that were made before issuing CAs named purposes go on.
    const older = issuing({ extensions: { eku: undefined } });
    lintCertificate({ certificate: leaf(), issuer: older, role: 'developer', at: AT });
  });

  for (const [rule, role, certificate, issuer] of FAULTS) {
    it(`${rule} refuses: ${certificate.toString().slice(6, 90).replace(/\s+/g, ' ')}`, () => {
      const subject = certificate();
      const signer = issuer?.() ?? (role === 'root' ? subject : issuing());
      // Other rules may object as well; this one must, on its own.
      const lint = LINTS.find((l) => l.name === rule);
      expect(lint?.check({ certificate: subject, issuer: signer, role, at: AT }), rule).to.be.a('string');
      expectCode('ERR_LINT', () => lintCertificate({ certificate: subject, issuer: signer, role, at: AT }));
    });
  }

  it('each have a citation, a name of their own and a case above', () => {
    expect(LINTS).to.have.length(24);
    expect(new Set(LINTS.map((lint) => lint.name)).size).to.equal(LINTS.length);
    for (const lint of LINTS) {
      expect(lint.citation, lint.name).to.match(/RFC 5280 §/);
      expect(
        FAULTS.some(([rule]) => rule === lint.name),
        lint.name,
      ).to.equal(true);
    }
  });
});
