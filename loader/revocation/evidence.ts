import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { checkOptions, is, type OptionTable } from '../../core/options.js';
import { decodePemOrDer } from '../../core/pem.js';
import { CertificateList, MAX_CRL_BYTES } from '../../core/x509/crl.js';
import { Certificate } from '../../core/x509/index.js';
import { MAX_OCSP_BYTES, OcspResponse } from '../../core/x509/ocsp.js';
import { MAX_EVIDENCE_ITEMS } from './limits.js';

/** A CRL and where it came from. */
/** `given` on purpose, `stapled` to a bundle, or `fetched`: what was given counts even where it is of no use. */
export type EvidenceOrigin = 'given' | 'stapled' | 'fetched';

export interface CrlEvidence {
  readonly list: CertificateList;
  readonly source: string;
  readonly origin: EvidenceOrigin;
}

/** An OCSP response and where it came from. */
export interface OcspEvidence {
  readonly response: OcspResponse;
  readonly source: string;
  readonly origin: EvidenceOrigin;
  /** The nonce that our own request carried. */
  readonly nonce?: Uint8Array;
}

/** Evidence that could not even be decoded. It proves nothing, and the report says so. */
export interface RejectedEvidence {
  readonly source: string;
  readonly origin: EvidenceOrigin;
  readonly error: ModelsealError;
}

/** Everything at hand about revocation. Nothing of it is believed before it is checked for a path. */
export interface RevocationEvidence {
  readonly crls: readonly CrlEvidence[];
  readonly ocsp: readonly OcspEvidence[];
  /** Certificates that CRL signers and responders may need for their own paths. Untrusted. */
  readonly certificates: readonly Certificate[];
  readonly rejected: readonly RejectedEvidence[];
}

export const NO_EVIDENCE: RevocationEvidence = { crls: [], ocsp: [], certificates: [], rejected: [] };

/** A PEM file is a third larger than its DER; the rest is room for several lists in one file. */
const MAX_CRL_FILE_BYTES = Math.floor(MAX_CRL_BYTES * 1.5);
const MAX_OCSP_FILE_BYTES = 8 * MAX_OCSP_BYTES;

const CRL_LABELS = ['X509 CRL', 'CRL'];
const OCSP_LABELS = ['OCSP RESPONSE'];

const FILES: OptionTable<EvidenceFiles> = {
  crlFiles: is.list(is.text),
  ocspFiles: is.list(is.text),
  certificates: is.list(is.made(Certificate)),
};

export interface EvidenceFiles {
  readonly crlFiles?: readonly string[];
  readonly ocspFiles?: readonly string[];
  /** See {@link RevocationEvidence.certificates}. */
  readonly certificates?: readonly Certificate[];
}

/**
 * Reads CRLs and OCSP responses from files: PEM (several in one file) or DER.
 *
 * An object that does not decode is kept as rejected, so that what needs it can name the cause; a file that is missing,
 * too large or neither PEM nor DER throws.
 *
 * @throws {ModelsealError} `ERR_FILE_NOT_FOUND`, `ERR_FILE_UNREADABLE`, `ERR_FILE_TOO_LARGE`, `ERR_PEM`,
 *   `ERR_EVIDENCE_TOO_MUCH`
 * @example
 * const evidence = readEvidence({ crlFiles: ['root.crl', 'issuing.crl'] });
 */
export function readEvidence(files: EvidenceFiles): RevocationEvidence {
  checkOptions('readEvidence', files, FILES);
  const builder = new EvidenceBuilder('given');
  for (const file of files.crlFiles ?? []) {
    const bytes = readBounded(file, 'CRL', MAX_CRL_FILE_BYTES);
    for (const der of decodePemOrDer(bytes, CRL_LABELS, file)) builder.crl(der, file);
  }
  for (const file of files.ocspFiles ?? []) {
    const bytes = readBounded(file, 'OCSP response', MAX_OCSP_FILE_BYTES);
    for (const der of decodePemOrDer(bytes, OCSP_LABELS, file)) builder.ocsp(der, file);
  }
  return builder.build(files.certificates ?? []);
}

/**
 * Evidence that came along with a bundle or was made in memory.
 *
 * @param source Where it came from, for the report: `bundle`.
 * @param origin `given` unless it came with a bundle.
 * @throws {ModelsealError} `ERR_EVIDENCE_TOO_MUCH`
 * @example
 * const evidence = decodeEvidence({ crls: [bytes] }, 'the list of today');
 */
export function decodeEvidence(
  ders: { readonly crls?: readonly Uint8Array[]; readonly ocsp?: readonly Uint8Array[] },
  source: string,
  certificates: readonly Certificate[] = [],
  origin: EvidenceOrigin = 'given',
): RevocationEvidence {
  checkOptions('decodeEvidence', ders, { crls: is.list(is.object), ocsp: is.list(is.object) });
  const builder = new EvidenceBuilder(origin);
  for (const der of ders.crls ?? []) builder.crl(der, source);
  for (const der of ders.ocsp ?? []) builder.ocsp(der, source);
  return builder.build(certificates);
}

/**
 * Puts evidence of several sources together. @throws {ModelsealError} `ERR_EVIDENCE_TOO_MUCH`
 * @example
 * const all = mergeEvidence(readEvidence({ crlFiles: ['root.crl'] }), await fetchEvidence(path, { at: new Date() }));
 */
export function mergeEvidence(...parts: readonly RevocationEvidence[]): RevocationEvidence {
  return bounded({
    crls: parts.flatMap((part) => part.crls),
    ocsp: parts.flatMap((part) => part.ocsp),
    certificates: parts.flatMap((part) => part.certificates),
    rejected: parts.flatMap((part) => part.rejected),
  });
}

/** Collects evidence; what does not decode is kept with its cause. */
export class EvidenceBuilder {
  readonly #crls: CrlEvidence[] = [];
  readonly #ocsp: OcspEvidence[] = [];
  readonly #rejected: RejectedEvidence[] = [];
  readonly #origin: EvidenceOrigin;

  constructor(origin: EvidenceOrigin) {
    this.#origin = origin;
  }

  crl(der: Uint8Array, source: string): void {
    this.#add(source, () =>
      this.#crls.push({ list: CertificateList.decode(der), source, origin: this.#origin }),
    );
  }

  ocsp(der: Uint8Array, source: string, nonce?: Uint8Array): void {
    this.#add(source, () =>
      this.#ocsp.push({
        response: OcspResponse.decode(der),
        source,
        origin: this.#origin,
        ...(nonce ? { nonce } : {}),
      }),
    );
  }

  rejected(source: string, error: ModelsealError): void {
    this.#rejected.push({ source, origin: this.#origin, error });
  }

  build(certificates: readonly Certificate[] = []): RevocationEvidence {
    return bounded({ crls: this.#crls, ocsp: this.#ocsp, certificates, rejected: this.#rejected });
  }

  #add(source: string, decode: () => void): void {
    try {
      decode();
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      this.#rejected.push({ source, origin: this.#origin, error });
    }
  }
}

function bounded(evidence: RevocationEvidence): RevocationEvidence {
  const count = evidence.crls.length + evidence.ocsp.length + evidence.rejected.length;
  if (count > MAX_EVIDENCE_ITEMS) {
    throw new ModelsealError('ERR_EVIDENCE_TOO_MUCH', { count, limit: MAX_EVIDENCE_ITEMS });
  }
  return evidence;
}
