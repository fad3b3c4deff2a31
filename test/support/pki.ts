import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign as signBytes } from 'node:crypto';
import { context, contextPrimitive, DerReader, der, Tag } from '../../core/der/index.js';
import { encodePem } from '../../core/pem.js';
import { Certificate, Oid } from '../../core/x509/index.js';

/**
 * A small certificate factory for tests. It makes what it is asked for, right or wrong: every field can be replaced,
 * left out or broken. It shares no code with the CA of the product.
 */

export type TestKeyKind =
  | 'ec-p256'
  | 'ec-p384'
  | 'ec-p521'
  | 'ed25519'
  | 'rsa-1024'
  | 'rsa-2048'
  | 'rsa-3072';

export interface TestKey {
  readonly kind: TestKeyKind;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
}

const keys = new Map<string, TestKey>();

/** A key that is made once per process and name: making RSA keys is slow. */
export function testKey(kind: TestKeyKind = 'ec-p256', name = 'default'): TestKey {
  const id = `${kind} ${name}`;
  const known = keys.get(id);
  if (known) return known;
  const pair = generate(kind);
  const made = {
    kind,
    ...pair,
    spki: new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' })),
  };
  keys.set(id, made);
  return made;
}

function generate(kind: TestKeyKind): { privateKey: KeyObject; publicKey: KeyObject } {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  const [family, size] = kind.split('-') as [string, string];
  if (family === 'rsa') return generateKeyPairSync('rsa', { modulusLength: Number(size) });
  const curve = { p256: 'prime256v1', p384: 'secp384r1', p521: 'secp521r1' }[size] ?? 'prime256v1';
  return generateKeyPairSync('ec', { namedCurve: curve });
}

/** An extension ready to go into a certificate. */
export interface TestExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** What a certificate says; everything has a sensible default. */
export interface CertificateSpec {
  /** A common name, pairs of attribute type and text, or a complete Name in DER. */
  readonly subject?: TestName;
  readonly issuer?: TestName;
  readonly key?: TestKey;
  readonly serial?: number | bigint | Uint8Array;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** 1, 2 or 3; version 1 leaves the extensions out. */
  readonly version?: number;
  /** Replaces the standard extensions of the kind, by identifier; a value of undefined leaves one out. */
  readonly extensions?: Readonly<Record<string, TestExtension | undefined>>;
  /** Appended as they are, duplicates included. */
  readonly extra?: readonly TestExtension[];
  /** Signature algorithm; follows the issuer's key when left out. */
  readonly algorithm?: TestAlgorithm;
  /** The algorithm outside the signed part, where it shall differ. */
  readonly outerAlgorithm?: TestAlgorithm;
  /** Changes the complete tbsCertificate before it is signed. */
  readonly editTbs?: (tbs: Uint8Array) => Uint8Array;
  /** Changes the signature after it was made. */
  readonly editSignature?: (signature: Uint8Array) => Uint8Array;
}

export type TestName = string | readonly (readonly [type: string, text: string])[] | Uint8Array;

/** A certificate with the key that it certifies. */
export interface Issued {
  readonly der: Uint8Array;
  readonly certificate: Certificate;
  readonly pem: string;
  readonly key: TestKey;
  /** The subject as DER, to issue under. */
  readonly subject: Uint8Array;
}

/** The validity of everything made here unless told otherwise, and a time inside it. */
export const NOT_BEFORE = new Date('2026-01-01T00:00:00Z');
export const NOT_AFTER = new Date('2036-01-01T00:00:00Z');
export const AT = new Date('2026-06-01T00:00:00Z');

export interface TestAlgorithm {
  readonly identifier: Uint8Array;
  readonly hash: string | null;
}

const algorithm = (oid: string, hash: string | null, parameters?: Uint8Array): TestAlgorithm => ({
  identifier: der.sequence(der.oid(oid), ...(parameters ? [parameters] : [])),
  hash,
});

/** Signature algorithms by name. */
export const ALGORITHMS = {
  rsaSha1: algorithm('1.2.840.113549.1.1.5', 'sha1', der.nullValue()),
  rsaMd5: algorithm('1.2.840.113549.1.1.4', 'md5', der.nullValue()),
  rsaSha256: algorithm('1.2.840.113549.1.1.11', 'sha256', der.nullValue()),
  rsaSha384: algorithm('1.2.840.113549.1.1.12', 'sha384', der.nullValue()),
  ecdsaSha1: algorithm('1.2.840.10045.4.1', 'sha1'),
  ecdsaSha256: algorithm('1.2.840.10045.4.3.2', 'sha256'),
  ecdsaSha384: algorithm('1.2.840.10045.4.3.3', 'sha384'),
  ecdsaSha512: algorithm('1.2.840.10045.4.3.4', 'sha512'),
  ed25519: algorithm('1.3.101.112', null),
} as const;

export function defaultAlgorithm(key: TestKey): TestAlgorithm {
  if (key.kind.startsWith('rsa')) return ALGORITHMS.rsaSha256;
  if (key.kind === 'ed25519') return ALGORITHMS.ed25519;
  if (key.kind === 'ec-p384') return ALGORITHMS.ecdsaSha384;
  return key.kind === 'ec-p521' ? ALGORITHMS.ecdsaSha512 : ALGORITHMS.ecdsaSha256;
}

/** Builds a Name: one RDN per attribute. */
export function name(value: TestName): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const attributes = typeof value === 'string' ? [['2.5.4.3', value] as const] : value;
  return der.sequence(
    ...attributes.map(([type, text]) => {
      const encoded =
        type === Oid.emailAddress || type.startsWith('0.9.2342') ? der.ia5String(text) : der.utf8String(text);
      return der.setOf(der.sequence(der.oid(type), encoded));
    }),
  );
}

const extension = (oid: string, critical: boolean, value: Uint8Array): TestExtension => ({
  oid,
  critical,
  value,
});

/** GeneralNames for subjectAltName, constraints and addresses. */
export const general = {
  email: (text: string): Uint8Array => der.element(contextPrimitive(1), Buffer.from(text, 'latin1')),
  dns: (text: string): Uint8Array => der.element(contextPrimitive(2), Buffer.from(text, 'latin1')),
  uri: (text: string): Uint8Array => der.element(contextPrimitive(6), Buffer.from(text, 'latin1')),
  directory: (value: TestName): Uint8Array => der.element(context(4), name(value)),
  ip: (...octets: number[]): Uint8Array => der.element(contextPrimitive(7), Uint8Array.from(octets)),
  registeredId: (oid: string): Uint8Array => {
    const encoded = der.oid(oid).slice();
    encoded[0] = contextPrimitive(8);
    return encoded;
  },
  other: (oid: string, value: Uint8Array): Uint8Array =>
    der.element(context(0), der.oid(oid), der.element(context(0), value)),
};

export const KEY_USAGE_BITS = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;

/** Builders of extension values; criticality as RFC 5280 wants it unless told otherwise. */
export const extensions = {
  basicConstraints: (ca: boolean, pathLength?: number, critical = true) =>
    extension(
      Oid.basicConstraints,
      critical,
      der.sequence(
        ...(ca ? [der.boolean(true)] : []),
        ...(pathLength === undefined ? [] : [der.integer(pathLength)]),
      ),
    ),
  keyUsage: (usages: readonly (keyof typeof KEY_USAGE_BITS)[], critical = true) =>
    extension(Oid.keyUsage, critical, der.namedBits(usages.map((usage) => KEY_USAGE_BITS[usage]))),
  extKeyUsage: (purposes: readonly string[], critical = false) =>
    extension(Oid.extKeyUsage, critical, der.sequence(...purposes.map(der.oid))),
  subjectAltName: (names: readonly Uint8Array[], critical = false) =>
    extension(Oid.subjectAltName, critical, der.sequence(...names)),
  subjectKeyIdentifier: (key: TestKey, critical = false) =>
    extension(Oid.subjectKeyIdentifier, critical, der.octetString(keyId(key.spki))),
  authorityKeyIdentifier: (key: TestKey, critical = false) =>
    extension(
      Oid.authorityKeyIdentifier,
      critical,
      der.sequence(der.element(contextPrimitive(0), keyId(key.spki))),
    ),
  nameConstraints: (
    permitted: readonly Uint8Array[],
    excluded: readonly Uint8Array[] = [],
    critical = true,
  ) => {
    const trees = (n: number, bases: readonly Uint8Array[]): Uint8Array[] =>
      bases.length === 0 ? [] : [der.element(context(n), ...bases.map((base) => der.sequence(base)))];
    return extension(
      Oid.nameConstraints,
      critical,
      der.sequence(...trees(0, permitted), ...trees(1, excluded)),
    );
  },
  certificatePolicies: (policies: readonly string[], critical = false) =>
    extension(
      Oid.certificatePolicies,
      critical,
      der.sequence(...policies.map((p) => der.sequence(der.oid(p)))),
    ),
  policyMappings: (pairs: readonly (readonly [string, string])[], critical = true) =>
    extension(
      Oid.policyMappings,
      critical,
      der.sequence(...pairs.map(([a, b]) => der.sequence(der.oid(a), der.oid(b)))),
    ),
  policyConstraints: (explicit: number | undefined, mapping?: number, critical = true) =>
    extension(
      Oid.policyConstraints,
      critical,
      der.sequence(
        ...(explicit === undefined ? [] : [der.integer(explicit, contextPrimitive(0))]),
        ...(mapping === undefined ? [] : [der.integer(mapping, contextPrimitive(1))]),
      ),
    ),
  inhibitAnyPolicy: (skip: number, critical = true) =>
    extension(Oid.inhibitAnyPolicy, critical, der.integer(skip)),
  /** Distribution points with one full URI name each. */
  crlDistributionPoints: (uris: readonly string[], critical = false) =>
    extension(
      Oid.crlDistributionPoints,
      critical,
      der.sequence(
        ...uris.map((uri) =>
          der.sequence(der.element(context(0), der.element(context(0), general.uri(uri)))),
        ),
      ),
    ),
  authorityInfoAccess: (ocsp: readonly string[], caIssuers: readonly string[] = [], critical = false) =>
    extension(
      Oid.authorityInfoAccess,
      critical,
      der.sequence(
        ...ocsp.map((uri) => der.sequence(der.oid(Oid.adOcsp), general.uri(uri))),
        ...caIssuers.map((uri) => der.sequence(der.oid(Oid.adCaIssuers), general.uri(uri))),
      ),
    ),
  ocspNoCheck: () => extension(Oid.ocspNoCheck, false, der.nullValue()),
  raw: extension,
};

/** Encodes the contents of an Extensions sequence. */
export function encodeExtensions(list: readonly TestExtension[]): Uint8Array {
  return der.sequence(
    ...list.map((e) =>
      der.sequence(der.oid(e.oid), ...(e.critical ? [der.boolean(true)] : []), der.octetString(e.value)),
    ),
  );
}

/** SHA-1 over the key's BIT STRING contents (RFC 5280 §4.2.1.2, method 1): an identifier, no security in it. */
export function keyId(spki: Uint8Array): Uint8Array {
  const reader = DerReader.open(spki, Tag.SEQUENCE, 'spki');
  reader.next();
  return createHash('sha1').update(reader.bitString('key').bytes).digest();
}

/** Signs a tbs-like object and wraps it: SEQUENCE { tbs, algorithm, BIT STRING }. Also for CRLs. */
export function signed(
  tbs: Uint8Array,
  key: TestKey,
  options: Pick<CertificateSpec, 'algorithm' | 'outerAlgorithm' | 'editSignature'> = {},
): Uint8Array {
  const used = options.algorithm ?? defaultAlgorithm(key);
  const signature = new Uint8Array(signBytes(used.hash, tbs, key.privateKey));
  return der.sequence(
    tbs,
    (options.outerAlgorithm ?? used).identifier,
    der.bitString(options.editSignature?.(signature) ?? signature),
  );
}

function make(
  spec: CertificateSpec,
  defaults: { subject: TestName; extensions: readonly TestExtension[] },
  issuer: { subject: Uint8Array; key: TestKey } | undefined,
): Issued {
  const key = spec.key ?? testKey('ec-p256', String(spec.subject ?? defaults.subject));
  const subject = name(spec.subject ?? defaults.subject);
  const signer = issuer?.key ?? key;
  const version = spec.version ?? 3;
  const standard: Record<string, TestExtension | undefined> = {};
  for (const e of [
    ...defaults.extensions,
    extensions.subjectKeyIdentifier(key),
    ...(issuer ? [extensions.authorityKeyIdentifier(issuer.key)] : []),
  ]) {
    standard[e.oid] = e;
  }
  const all = Object.values({ ...standard, ...spec.extensions }).filter((e) => e !== undefined);
  const list = [...all, ...(spec.extra ?? [])];
  const tbs = der.sequence(
    ...(version === 1 ? [] : [der.element(context(0), der.integer(version - 1))]),
    der.integer(spec.serial ?? Uint8Array.of(0x40, ...randomBytes(8))),
    (spec.algorithm ?? defaultAlgorithm(signer)).identifier,
    name(spec.issuer ?? issuer?.subject ?? subject),
    der.sequence(der.time(spec.notBefore ?? NOT_BEFORE), der.time(spec.notAfter ?? NOT_AFTER)),
    subject,
    key.spki,
    ...(version === 3 && list.length > 0 ? [der.element(context(3), encodeExtensions(list))] : []),
  );
  const bytes = signed(spec.editTbs?.(tbs) ?? tbs, signer, spec);
  return {
    der: bytes,
    // Decoded when first asked for: tests also make certificates that cannot be decoded.
    get certificate() {
      return Certificate.decode(bytes);
    },
    pem: encodePem('CERTIFICATE', bytes),
    key,
    subject,
  };
}

/** A self-signed CA. */
export function makeRoot(spec: CertificateSpec = {}): Issued {
  return make(
    spec,
    {
      subject: 'Test Root',
      extensions: [extensions.basicConstraints(true), extensions.keyUsage(['keyCertSign', 'cRLSign'])],
    },
    undefined,
  );
}

/** A CA below another; without a path length of its own. */
export function makeIntermediate(issuer: Issued, spec: CertificateSpec = {}): Issued {
  return make(
    spec,
    {
      subject: 'Test Issuing CA',
      extensions: [extensions.basicConstraints(true), extensions.keyUsage(['keyCertSign', 'cRLSign'])],
    },
    issuer,
  );
}

/** An end entity for code signing. */
export function makeLeaf(issuer: Issued, spec: CertificateSpec = {}): Issued {
  return make(
    spec,
    {
      subject: 'Test Developer',
      extensions: [
        extensions.basicConstraints(false),
        extensions.keyUsage(['digitalSignature']),
        extensions.extKeyUsage([Oid.codeSigning]),
        extensions.subjectAltName([general.email('dev@example.com')]),
      ],
    },
    issuer,
  );
}

/** Root, issuing CA and leaf, all in order. */
export function makeChain(leaf: CertificateSpec = {}): { root: Issued; issuing: Issued; leaf: Issued } {
  const root = makeRoot();
  const issuing = makeIntermediate(root);
  return { root, issuing, leaf: makeLeaf(issuing, leaf) };
}
