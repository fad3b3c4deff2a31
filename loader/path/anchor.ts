import type { KeyObject } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ModelsealError } from '../../core/errors/index.js';
import { ioError } from '../../core/files.js';
import { Certificate, decodePublicKey, Name, readCertificates } from '../../core/x509/index.js';

/**
 * A name and a key that the operator trusts, with the constraints of the certificate they came in (RFC 5280 §6.1.1 (d),
 * RFC 5937). It may be a root or a pinned intermediate: nothing above it is looked at.
 */
export class TrustAnchor {
  readonly name: Name;
  readonly spki: Uint8Array;
  /** Its constraints (validity, cA, path length, key usage, names, policies) are honoured. */
  readonly certificate: Certificate | undefined;
  #key: KeyObject | undefined;

  private constructor(name: Name, spki: Uint8Array, certificate: Certificate | undefined) {
    this.name = name;
    this.spki = spki;
    this.certificate = certificate;
  }

  static fromCertificate(certificate: Certificate): TrustAnchor {
    return new TrustAnchor(certificate.subject, certificate.spki, certificate);
  }

  /** A bare name and key, unconstrained. @param name DER. @param spki SubjectPublicKeyInfo in DER. */
  static fromKey(name: Uint8Array, spki: Uint8Array): TrustAnchor {
    return new TrustAnchor(Name.decode(name), spki, undefined);
  }

  get label(): string {
    return this.name.toString();
  }

  publicKey(): KeyObject {
    this.#key ??= this.certificate ? this.certificate.publicKey() : decodePublicKey(this.spki);
    return this.#key;
  }
}

/** All that the operator trusts: at least one anchor. There is no default. */
export class TrustAnchors implements Iterable<TrustAnchor> {
  readonly #anchors: readonly TrustAnchor[];
  readonly #byName = new Map<string, TrustAnchor[]>();

  private constructor(anchors: readonly TrustAnchor[]) {
    this.#anchors = anchors;
    for (const anchor of anchors) {
      const same = this.#byName.get(anchor.name.key);
      if (same) same.push(anchor);
      else this.#byName.set(anchor.name.key, [anchor]);
    }
  }

  /** @throws {ModelsealError} `ERR_TRUST_ANCHORS_EMPTY` */
  static from(anchors: Iterable<TrustAnchor | Certificate>): TrustAnchors {
    const list = [...anchors].map((a) => (a instanceof Certificate ? TrustAnchor.fromCertificate(a) : a));
    if (list.length === 0) throw new ModelsealError('ERR_TRUST_ANCHORS_EMPTY', {});
    return new TrustAnchors(list);
  }

  get size(): number {
    return this.#anchors.length;
  }

  [Symbol.iterator](): Iterator<TrustAnchor> {
    return this.#anchors[Symbol.iterator]();
  }

  /** Anchors of this name (RFC 5280 §7.1). */
  named(name: Name): readonly TrustAnchor[] {
    return this.#byName.get(name.key) ?? [];
  }
}

/** A directory of trust anchors with more files than this is not one. */
const MAX_DIRECTORY_FILES = 2000;

/** The last form is how OpenSSL finds certificates in a directory: by a hash of the name, often as a symbolic link. */
const CERTIFICATE_FILE = /\.(pem|crt|cer|der)$|^[0-9a-f]{8}\.\d{1,3}$/i;

/**
 * Certificates from files, and from the `.pem`, `.crt`, `.cer`, `.der` and hashed (`5ad8a5d6.0`) files of directories, in their order and
 * without repetitions. PEM files may hold several.
 *
 * @param what What they are, for errors: `trust root`, `intermediate certificate`.
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`, `ERR_FILE_TOO_LARGE`, `ERR_CERT_TOO_MANY`,
 *   `ERR_PEM`, and what `Certificate.decode` throws
 * @example
 * const intermediates = readCertificateFiles(['issuing.pem'], 'intermediate certificate');
 */
export function readCertificateFiles(paths: readonly string[], what: string): Certificate[] {
  const unique = new Map<string, Certificate>();
  for (const path of paths) {
    for (const file of expand(path, what)) {
      for (const certificate of readCertificates(file, what))
        unique.set(certificate.fingerprint, certificate);
    }
  }
  return [...unique.values()];
}

function expand(path: string, what: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path)
      .filter((name) => CERTIFICATE_FILE.test(name))
      .sort();
    if (names.length > MAX_DIRECTORY_FILES) {
      throw new ModelsealError('ERR_CERT_TOO_MANY', {
        file: path,
        count: names.length,
        limit: MAX_DIRECTORY_FILES,
      });
    }
    return names.map((name) => join(path, name));
  } catch (error) {
    throw error instanceof ModelsealError ? error : ioError(error, path, what);
  }
}

/**
 * Reads trust anchors from certificate files and directories of them.
 *
 * @throws {ModelsealError} `ERR_TRUST_ANCHORS_EMPTY`, and what {@link readCertificateFiles} throws
 * @example
 * const trustRoots = readTrustAnchors(['root.pem']);
 */
export function readTrustAnchors(paths: readonly string[]): TrustAnchors {
  return TrustAnchors.from(readCertificateFiles(paths, 'trust root'));
}
