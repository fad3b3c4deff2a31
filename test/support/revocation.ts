import { createHash } from 'node:crypto';
import { context, contextPrimitive, der, Tag } from '../../core/der/index.js';
import { encodePem } from '../../core/pem.js';
import { Certificate, Oid } from '../../core/x509/index.js';
import { encodeCertId, keyBits } from '../../core/x509/ocsp-cert-id.js';
import { TrustAnchors, type ValidatedPath, validatePath } from '../../loader/path/index.js';
import {
  AT,
  type CertificateSpec,
  defaultAlgorithm,
  encodeExtensions,
  extensions,
  general,
  type Issued,
  keyId,
  signed,
  type TestExtension,
} from './pki.js';

/** Makes CRLs and OCSP responses for tests, right or wrong; it shares no encoder of evidence with the product. */

export const DAY = 24 * 60 * 60 * 1000;
export const days = (n: number, from: Date = AT): Date => new Date(from.getTime() + n * DAY);

/** Who signs: a certificate of the factory, or only a name and a key. */
export type TestSigner = Pick<Issued, 'subject' | 'key'>;

export interface TestEntry {
  readonly serial: Uint8Array;
  readonly date?: Date;
  /** Number of the CRLReason. */
  readonly reason?: number;
  readonly invalidityDate?: Date;
  /** A Name in DER. */
  readonly certificateIssuer?: Uint8Array;
  readonly extra?: readonly TestExtension[];
}

export interface TestIdp {
  /** GeneralNames. */
  readonly fullName?: readonly Uint8Array[];
  /** One AttributeTypeAndValue. */
  readonly relativeName?: Uint8Array;
  readonly onlyUser?: boolean;
  readonly onlyCa?: boolean;
  /** Bit numbers of ReasonFlags. */
  readonly reasons?: readonly number[];
  readonly indirect?: boolean;
  readonly onlyAttribute?: boolean;
}

export interface CrlSpec extends Pick<CertificateSpec, 'algorithm' | 'outerAlgorithm' | 'editSignature'> {
  readonly issuer?: Uint8Array;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | undefined;
  /** A value of null leaves it out. */
  readonly number?: number | null;
  readonly base?: number;
  readonly idp?: TestIdp;
  readonly entries?: readonly TestEntry[];
  /** Complete revokedCertificates contents, for very long lists. */
  readonly rawEntries?: Uint8Array;
  readonly extra?: readonly TestExtension[];
  readonly aki?: boolean;
  readonly version?: number | null;
  readonly editTbs?: (tbs: Uint8Array) => Uint8Array;
}

const CRL_DEFAULTS = { thisUpdate: days(-1), nextUpdate: days(30) };

function entry(spec: TestEntry): Uint8Array {
  const list: TestExtension[] = [];
  if (spec.reason !== undefined) {
    list.push(extensions.raw(Oid.reasonCode, false, der.integer(spec.reason, Tag.ENUMERATED)));
  }
  if (spec.invalidityDate) {
    list.push(extensions.raw(Oid.invalidityDate, false, der.generalizedTime(spec.invalidityDate)));
  }
  if (spec.certificateIssuer) {
    const names = der.sequence(general.directory(spec.certificateIssuer));
    list.push(extensions.raw(Oid.certificateIssuer, true, names));
  }
  list.push(...(spec.extra ?? []));
  return der.sequence(
    der.element(Tag.INTEGER, spec.serial),
    der.time(spec.date ?? days(-2)),
    ...(list.length > 0 ? [encodeExtensions(list)] : []),
  );
}

export function idpExtension(idp: TestIdp, critical = true): TestExtension {
  const flag = (n: number, set: boolean | undefined): Uint8Array[] =>
    set ? [der.element(contextPrimitive(n), Uint8Array.of(0xff))] : [];
  const name = idp.fullName
    ? [der.element(context(0), der.element(context(0), ...idp.fullName))]
    : idp.relativeName
      ? [der.element(context(0), der.element(context(1), idp.relativeName))]
      : [];
  const value = der.sequence(
    ...name,
    ...flag(1, idp.onlyUser),
    ...flag(2, idp.onlyCa),
    ...(idp.reasons ? [retag(contextPrimitive(3), der.namedBits(idp.reasons))] : []),
    ...flag(4, idp.indirect),
    ...flag(5, idp.onlyAttribute),
  );
  return extensions.raw(Oid.issuingDistributionPoint, critical, value);
}

function retag(tag: number, element: Uint8Array): Uint8Array {
  const copy = element.slice();
  copy[0] = tag;
  return copy;
}

/** A distribution point of a certificate with everything it may have. */
export function distributionPoint(spec: {
  readonly fullName?: readonly Uint8Array[];
  readonly relativeName?: Uint8Array;
  readonly reasons?: readonly number[];
  readonly crlIssuer?: Uint8Array;
}): Uint8Array {
  const name = spec.fullName
    ? [der.element(context(0), der.element(context(0), ...spec.fullName))]
    : spec.relativeName
      ? [der.element(context(0), der.element(context(1), spec.relativeName))]
      : [];
  return der.sequence(
    ...name,
    ...(spec.reasons ? [retag(contextPrimitive(1), der.namedBits(spec.reasons))] : []),
    ...(spec.crlIssuer ? [der.element(context(2), general.directory(spec.crlIssuer))] : []),
  );
}

/** The extension of distribution points, to replace that of a certificate. */
export function pointsExtension(
  points: readonly Uint8Array[],
  oid: string = Oid.crlDistributionPoints,
): Record<string, TestExtension> {
  return { [oid]: extensions.raw(oid, false, der.sequence(...points)) };
}

/** A CRL; current at `AT` and empty unless told otherwise. */
export function makeCrl(signer: TestSigner, spec: CrlSpec = {}): Uint8Array {
  const list: TestExtension[] = [];
  if (spec.aki ?? true) list.push(extensions.authorityKeyIdentifier(signer.key));
  if (spec.number !== null) list.push(extensions.raw(Oid.crlNumber, false, der.integer(spec.number ?? 1)));
  if (spec.base !== undefined) {
    list.push(extensions.raw(Oid.deltaCrlIndicator, true, der.integer(spec.base)));
  }
  if (spec.idp) list.push(idpExtension(spec.idp));
  list.push(...(spec.extra ?? []));
  const entries = spec.rawEntries ?? Buffer.concat((spec.entries ?? []).map(entry));
  const nextUpdate = 'nextUpdate' in spec ? spec.nextUpdate : CRL_DEFAULTS.nextUpdate;
  const version = spec.version === undefined ? 1 : spec.version;
  const algorithm = spec.algorithm ?? defaultAlgorithm(signer.key);
  const tbs = der.sequence(
    ...(version === null ? [] : [der.integer(version)]),
    algorithm.identifier,
    spec.issuer ?? signer.subject,
    der.time(spec.thisUpdate ?? CRL_DEFAULTS.thisUpdate),
    ...(nextUpdate ? [der.time(nextUpdate)] : []),
    ...(entries.length > 0 ? [der.element(Tag.SEQUENCE, entries)] : []),
    ...(list.length > 0 ? [der.element(context(0), encodeExtensions(list))] : []),
  );
  return signed(spec.editTbs?.(tbs) ?? tbs, signer.key, spec);
}

export const crlPem = (crl: Uint8Array): string => encodePem('X509 CRL', crl);

export interface AnswerSpec {
  readonly certificate: Certificate;
  /** Name and key of the certificate's issuer. */
  readonly issuer: TestSigner;
  readonly hash?: 'sha1' | 'sha256';
  /** Replaces the serial number. */
  readonly serial?: Uint8Array;
  readonly status?: 'good' | 'unknown' | { readonly date?: Date; readonly reason?: number };
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date | undefined;
  readonly extensions?: readonly TestExtension[];
}

export interface OcspSpec extends Pick<CertificateSpec, 'algorithm' | 'outerAlgorithm' | 'editSignature'> {
  readonly answers: readonly AnswerSpec[];
  readonly producedAt?: Date;
  readonly byKey?: boolean;
  readonly responderName?: Uint8Array;
  readonly nonce?: Uint8Array;
  readonly extensions?: readonly TestExtension[];
  readonly certificates?: readonly Uint8Array[];
  readonly status?: number;
}

/** CertID of a certificate as a client asks for it. */
export function certId(spec: AnswerSpec): Uint8Array {
  const hash = spec.hash ?? 'sha1';
  const digest = (bytes: Uint8Array): Uint8Array => createHash(hash).update(bytes).digest();
  const serial = spec.serial ?? spec.certificate.serialBytes;
  return encodeCertId(hash, digest(spec.issuer.subject), digest(keyBits(spec.issuer.key.spki)), serial);
}

function answer(spec: AnswerSpec): Uint8Array {
  const status = spec.status ?? 'good';
  const nextUpdate = 'nextUpdate' in spec ? spec.nextUpdate : days(3);
  let encoded: Uint8Array;
  if (status === 'good') encoded = Uint8Array.of(0x80, 0);
  else if (status === 'unknown') encoded = Uint8Array.of(0x82, 0);
  else {
    const reason =
      status.reason === undefined
        ? []
        : [der.element(context(0), der.integer(status.reason, Tag.ENUMERATED))];
    encoded = der.element(context(1), der.generalizedTime(status.date ?? days(-2)), ...reason);
  }
  return der.sequence(
    certId(spec),
    encoded,
    der.generalizedTime(spec.thisUpdate ?? days(-1)),
    ...(nextUpdate ? [der.element(context(0), der.generalizedTime(nextUpdate))] : []),
    ...(spec.extensions ? [der.element(context(1), encodeExtensions(spec.extensions))] : []),
  );
}

export const nonceExtension = (nonce: Uint8Array): TestExtension =>
  extensions.raw('1.3.6.1.5.5.7.48.1.2', false, der.octetString(nonce));

/** A successful OCSP response signed by `signer`; current at `AT` unless told otherwise. */
export function makeOcsp(signer: TestSigner, spec: OcspSpec): Uint8Array {
  if (spec.status !== undefined) return der.sequence(der.integer(spec.status, Tag.ENUMERATED));
  const list = [...(spec.nonce ? [nonceExtension(spec.nonce)] : []), ...(spec.extensions ?? [])];
  const responder = spec.byKey
    ? der.element(context(2), der.octetString(keyId(signer.key.spki)))
    : der.element(context(1), spec.responderName ?? signer.subject);
  const tbs = der.sequence(
    responder,
    der.generalizedTime(spec.producedAt ?? days(-1)),
    der.sequence(...spec.answers.map(answer)),
    ...(list.length > 0 ? [der.element(context(1), encodeExtensions(list))] : []),
  );
  const basic = signed(tbs, signer.key, spec);
  // The certificates stand inside the outer SEQUENCE that `signed` has closed already.
  const header = (basic[1] as number) < 0x80 ? 2 : 2 + ((basic[1] as number) & 0x7f);
  const body = basic.subarray(header);
  const certificates = spec.certificates ? [der.element(context(0), der.sequence(...spec.certificates))] : [];
  return der.sequence(
    der.integer(0, Tag.ENUMERATED),
    der.element(
      context(0),
      der.sequence(der.oid('1.3.6.1.5.5.7.48.1.1'), der.octetString(der.sequence(body, ...certificates))),
    ),
  );
}

/** A validated path from the factory's certificates, leaf first and root last. */
export function pathOf(
  chain: readonly Issued[],
  extra: readonly Issued[] = [],
  at: Date = AT,
): ValidatedPath {
  const [leaf, ...above] = chain.map((issued) => Certificate.decode(issued.der));
  const root = above.pop();
  if (!leaf || !root) throw new Error('a path has a leaf and a root');
  return validatePath(leaf, {
    anchors: TrustAnchors.from([root]),
    intermediates: [...above, ...extra.map((issued) => Certificate.decode(issued.der))],
    at,
    purpose: 'any',
  });
}
