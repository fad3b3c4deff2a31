import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  decodeStatement,
  MAX_BUNDLE_BYTES,
  type SigningMethod,
  type Statement,
  UnverifiedBundle,
} from '../../core/bundle/index.js';
import { type ErrorRecord, isModelsealError } from '../../core/errors/index.js';
import { ioError, readBounded } from '../../core/files.js';
import type { Json } from '../../core/json/strict-json.js';
import { decodePublicKey, describeKey, publicKeyFingerprint } from '../../core/keys/index.js';
import { beginsLikeObjects, readObjects } from '../../core/pem.js';
import type { CertificateSummary } from '../../core/report/index.js';
import { TimestampToken } from '../../core/timestamp/index.js';
import { CertificateList, MAX_CRL_BYTES } from '../../core/x509/crl.js';
import {
  Certificate,
  decodeCertificates,
  isoTime,
  oidName,
  REQUEST_LABELS,
  summarizeCertificate,
  UnverifiedRequest,
} from '../../core/x509/index.js';
import { readHead as headOfFile } from '../detect/header.js';
import { DEFAULT_SIGNATURE_NAME } from '../target.js';

/** What a certificate claims about itself and its key. */
export interface CertificateClaims extends CertificateSummary {
  readonly ca: boolean;
  readonly pathLength: number | null;
  readonly keyUsage: readonly string[];
  readonly extKeyUsage: readonly string[];
  readonly crlAddresses: readonly string[];
  readonly ocspAddresses: readonly string[];
}

/** What a certificate request asks for, and for which key. */
export interface RequestClaims {
  readonly subject: string;
  readonly key: string;
  /** SHA-256 over the SubjectPublicKeyInfo, hexadecimal. */
  readonly keyFingerprint: string;
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  readonly otherNames: readonly string[];
  readonly extensions: readonly string[];
}

export interface CrlClaims {
  readonly issuer: string;
  readonly number: string;
  readonly thisUpdate: string;
  readonly nextUpdate: string;
  readonly entries: number;
  readonly delta: boolean;
  readonly fingerprint: string;
}

/** What a signature claims. Nothing of it is proven. */
export interface BundleClaims {
  readonly method: SigningMethod;
  readonly keyHint: string | null;
  readonly chain: readonly CertificateClaims[];
  readonly signatures: number;
  readonly transparencyLogEntries: number;
  readonly timestamps: readonly TimestampClaims[];
  readonly payloadBytes: number;
  /** Undefined with {@link problem} where the payload is not a statement about a model. */
  readonly statement?: StatementClaims;
  readonly problem?: ErrorRecord;
}

/** What a time stamp says of itself; a renewal covers those before it, any other the signature. */
export type TimestampClaims =
  | {
      readonly genTime: string;
      readonly policy: string;
      readonly hash: string;
      readonly certificates: readonly CertificateClaims[];
    }
  | { readonly problem: ErrorRecord };

function timestampClaims(der: Uint8Array): TimestampClaims {
  try {
    const { info, certificates } = TimestampToken.decode(der);
    const { genTime, policy, imprint } = info;
    const { hash } = imprint;
    return { genTime: isoTime(genTime), policy, hash, certificates: certificates.map(certificateClaims) };
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return { problem: error.toJSON() };
  }
}

export interface StatementClaims {
  readonly format: Statement['format'];
  readonly model: string;
  readonly method: 'files' | 'shards';
  readonly shardSize: number | null;
  readonly hash: string;
  readonly allowSymlinks: boolean;
  readonly ignorePaths: readonly string[];
  readonly files: readonly string[];
  readonly rootDigest: string | null;
  readonly treeDigest: string | null;
  readonly expires: string | null;
  readonly metadata: Readonly<Record<string, Json>> | null;
}

/** What a file claims to be and to say. */
export type Inspection = { readonly file: string; readonly verified: false } & (
  | { readonly kind: 'signature'; readonly claims: BundleClaims; readonly bundle: UnverifiedBundle }
  | { readonly kind: 'certificates'; readonly claims: readonly CertificateClaims[] }
  | { readonly kind: 'request'; readonly claims: RequestClaims }
  | { readonly kind: 'crl'; readonly claims: CrlClaims }
  | { readonly kind: 'public-key'; readonly claims: { readonly key: string; readonly fingerprint: string } }
  | { readonly kind: 'unsigned-model'; readonly claims: { readonly lookedFor: string } }
);

/**
 * Shows what a file claims, without proving any of it: a signature, certificates, a CRL, a public key; a model is
 * represented by its signature.
 *
 * @throws {ModelsealError} `ERR_FILE_*`, and what parsing that kind of file throws
 * @example
 * const { kind } = inspect('model/model.sig'); // claims, nothing is proven
 */
export function inspect(path: string): Inspection {
  let folder: boolean;
  try {
    folder = lstatSync(path).isDirectory();
  } catch (error) {
    throw ioError(error, path, 'file to inspect');
  }
  if (folder) return model(path, join(path, DEFAULT_SIGNATURE_NAME));
  const head = headOfFile(path, 4096);
  if (head.toString('latin1').trimStart().startsWith('{')) return signature(path);
  if (beginsLikeObjects(head)) return cryptographic(path);
  return model(path, join(dirname(path), DEFAULT_SIGNATURE_NAME));
}

function model(path: string, file: string): Inspection {
  if (existsSync(file)) return signature(file);
  return { file: path, verified: false, kind: 'unsigned-model', claims: { lookedFor: file } };
}

function signature(file: string): Inspection {
  const bundle = UnverifiedBundle.parse(readBounded(file, 'signature', MAX_BUNDLE_BYTES));
  return { file, verified: false, kind: 'signature', claims: bundleClaims(bundle), bundle };
}

function bundleClaims(bundle: UnverifiedBundle): BundleClaims {
  const common = {
    method: bundle.method,
    keyHint: bundle.keyHint ?? null,
    chain: bundle.chain.map((der) => certificateClaims(Certificate.decode(der))),
    signatures: bundle.signatures.length,
    transparencyLogEntries: bundle.tlogEntries.length,
    timestamps: bundle.timestamps.map(timestampClaims),
    payloadBytes: bundle.payload.length,
  };
  try {
    return { ...common, statement: statementClaims(decodeStatement(bundle.payload)) };
  } catch (error) {
    if (!isModelsealError(error)) throw error;
    return { ...common, problem: error.toJSON() };
  }
}

function statementClaims(statement: Statement): StatementClaims {
  const { manifest } = statement;
  const { serialization: s } = manifest;
  return {
    format: statement.format,
    model: manifest.modelName,
    method: s.method,
    shardSize: s.shardSize ?? null,
    hash: s.hashType,
    allowSymlinks: s.allowSymlinks,
    ignorePaths: s.ignorePaths,
    files: manifest.files(),
    rootDigest: statement.rootDigest ?? null,
    treeDigest: statement.treeDigest ?? null,
    expires: statement.expires ? isoTime(statement.expires) : null,
    metadata: statement.annotations ?? null,
  };
}

function cryptographic(file: string): Inspection {
  const bytes = readBounded(file, 'file to inspect', MAX_CRL_BYTES);
  const [object] = readObjects(bytes, file);
  const label = object?.label ?? derKind(object?.bytes ?? bytes);
  const head = { file, verified: false } as const;
  if (label === 'X509 CRL') {
    return { ...head, kind: 'crl', claims: crlClaims(CertificateList.decode(object?.bytes ?? bytes)) };
  }
  if (REQUEST_LABELS.includes(label)) {
    return { ...head, kind: 'request', claims: requestClaims(object?.bytes ?? bytes, file) };
  }
  if (label.endsWith('PUBLIC KEY')) {
    const key = decodePublicKey(bytes, file);
    return {
      ...head,
      kind: 'public-key',
      claims: { key: describeKey(key), fingerprint: publicKeyFingerprint(key) },
    };
  }
  return { ...head, kind: 'certificates', claims: decodeCertificates(bytes, file).map(certificateClaims) };
}

/** DER does not say what it is: what it is not, does not decode. A certificate is last, so that its error is told. */
function derKind(bytes: Uint8Array): string {
  const kinds: readonly [label: string, decode: () => unknown][] = [
    ['X509 CRL', () => CertificateList.decode(bytes)],
    ['PUBLIC KEY', () => decodePublicKey(bytes, '')],
    ['CERTIFICATE REQUEST', () => UnverifiedRequest.decode(bytes, '')],
  ];
  for (const [label, decode] of kinds) {
    try {
      decode();
      return label;
    } catch (error) {
      if (!isModelsealError(error)) throw error;
    }
  }
  return 'CERTIFICATE';
}

function requestClaims(der: Uint8Array, file: string): RequestClaims {
  const request = UnverifiedRequest.decode(der, file);
  const { emails, uris, otherNames, extensions } = request.content();
  return {
    subject: request.subject.toString(),
    key: describeKey(request.publicKey),
    keyFingerprint: publicKeyFingerprint(request.publicKey),
    emails,
    uris,
    otherNames,
    extensions: extensions.map(oidName),
  };
}

/** What a certificate says of itself, for a report. */
export function certificateClaims(certificate: Certificate): CertificateClaims {
  return {
    ...summarizeCertificate(certificate),
    ca: certificate.basicConstraints?.ca ?? false,
    pathLength: certificate.basicConstraints?.pathLength ?? null,
    keyUsage: [...(certificate.keyUsage ?? [])],
    extKeyUsage: (certificate.extKeyUsage ?? []).map(oidName),
    crlAddresses: (certificate.crlDistributionPoints ?? []).flatMap((point) =>
      point.name?.type === 'full'
        ? point.name.names.flatMap((name) => (name.type === 'uri' ? [name.value] : []))
        : [],
    ),
    ocspAddresses: certificate.ocspUrls,
  };
}

function crlClaims(crl: CertificateList): CrlClaims {
  return {
    issuer: crl.issuer.toString(),
    number: crl.number?.toString() ?? 'none',
    thisUpdate: isoTime(crl.thisUpdate),
    nextUpdate: isoTime(crl.nextUpdate),
    entries: crl.entryCount,
    delta: crl.isDelta,
    fingerprint: crl.fingerprint,
  };
}
