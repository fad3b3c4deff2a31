import { MAX_BUNDLE_BYTES, MAX_SIGNERS } from '../../core/bundle/index.js';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { type Json, parseStrictJson } from '../../core/json/strict-json.js';
import { MAX_CRL_BYTES } from '../../core/x509/crl.js';
import { Certificate } from '../../core/x509/index.js';
import { MAX_OCSP_BYTES } from '../../core/x509/ocsp.js';
import { decodeEvidence, type RevocationEvidence } from '../revocation/evidence.js';
import { MAX_EVIDENCE_ITEMS } from '../revocation/limits.js';

export const PACK_MEDIA_TYPE = 'application/vnd.modelseal.evidence.v1+json';

/** Two of the largest signatures and CRLs fit; larger inputs are refused before they are parsed. */
export const MAX_PACK_BYTES = 256 * 1024 * 1024;
/** A pack is three levels deep. */
const MAX_DEPTH = 4;
/** Chains lie in the signatures; these are what else helps, such as the CAs of a time-stamp authority. */
const MAX_CERTIFICATES = 256;
/** As many as are read for one model. */
const MAX_ATTESTATIONS = 64;
const MAX_CERTIFICATE_BYTES = 64 * 1024;

/** What goes into a pack. */
export interface PackParts {
  /** Signature files, the first one first. */
  readonly signatures: readonly Uint8Array[];
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocspResponses: readonly Uint8Array[];
  /** Signed statements about the model, see `attestModel`. */
  readonly attestations: readonly Uint8Array[];
}

const LISTS: { readonly [K in keyof PackParts]: { readonly most: number; readonly bytes: number } } = {
  signatures: { most: MAX_SIGNERS, bytes: MAX_BUNDLE_BYTES },
  certificates: { most: MAX_CERTIFICATES, bytes: MAX_CERTIFICATE_BYTES },
  crls: { most: MAX_EVIDENCE_ITEMS, bytes: MAX_CRL_BYTES },
  ocspResponses: { most: MAX_EVIDENCE_ITEMS, bytes: MAX_OCSP_BYTES },
  attestations: { most: MAX_ATTESTATIONS, bytes: MAX_BUNDLE_BYTES },
};
const NAMES = Object.keys(LISTS) as (keyof PackParts)[];

/**
 * One file with all that a signature needs to be verified besides the model and the trust root: signatures with their
 * chains and time stamps, further certificates, CRLs and OCSP responses. It is well-formed and nothing more: whoever
 * made it vouches for nothing, and every object in it has to prove itself.
 */
export class EvidencePack {
  /** Where it was read from, for reports; a file of that name inside a model is no part of it. */
  readonly file: string;
  readonly signatures: readonly Uint8Array[];
  readonly attestations: readonly Uint8Array[];
  readonly certificates: readonly Certificate[];
  /** Counts as evidence that was given on purpose. */
  readonly evidence: RevocationEvidence;
  /** Keeps look-alikes from passing for a pack that was read. */
  readonly #read = true;

  private constructor(file: string, parts: PackParts) {
    this.file = file;
    this.signatures = parts.signatures;
    this.attestations = parts.attestations;
    this.certificates = parts.certificates.map((der) => Certificate.decode(der));
    const { crls, ocspResponses: ocsp } = parts;
    this.evidence = decodeEvidence({ crls, ocsp }, file, this.certificates);
    const [broken] = this.evidence.rejected;
    if (broken) throw malformed(file, broken.error.message);
    Object.freeze(this);
  }

  static isPack(value: unknown): value is EvidencePack {
    return typeof value === 'object' && value !== null && #read in value && value.#read;
  }

  /** @throws {ModelsealError} `ERR_FILE_*`, and what {@link EvidencePack.parse} throws */
  static read(file: string): EvidencePack {
    return EvidencePack.parse(readBounded(file, 'evidence pack', MAX_PACK_BYTES), file);
  }

  /**
   * @param bytes The whole file, untrusted.
   * @throws {ModelsealError} `ERR_JSON_*`, `ERR_EVIDENCE_PACK`, `ERR_EVIDENCE_TOO_MUCH`
   */
  static parse(bytes: Uint8Array, file: string): EvidencePack {
    const limits = { what: 'evidence pack', maxBytes: MAX_PACK_BYTES, maxDepth: MAX_DEPTH };
    const json = parseStrictJson(bytes, limits);
    if (json === null || typeof json !== 'object' || Array.isArray(json))
      throw malformed(file, 'it is not a JSON object');
    const { mediaType, ...lists } = json as Readonly<Record<string, Json>>;
    if (mediaType !== PACK_MEDIA_TYPE) throw malformed(file, `its mediaType is not ${PACK_MEDIA_TYPE}`);
    const unknown = Object.keys(lists).find((name) => !Object.hasOwn(LISTS, name));
    if (unknown !== undefined) throw malformed(file, `it has an unknown field ${unknown.slice(0, 64)}`);
    return EvidencePack.of(file, {
      signatures: readList(lists.signatures, 'signatures', file),
      certificates: readList(lists.certificates, 'certificates', file),
      crls: readList(lists.crls, 'crls', file),
      ocspResponses: readList(lists.ocspResponses, 'ocspResponses', file),
      attestations: readList(lists.attestations, 'attestations', file),
    });
  }

  /** @throws {ModelsealError} `ERR_EVIDENCE_PACK`, `ERR_EVIDENCE_TOO_MUCH` */
  static of(file: string, parts: PackParts): EvidencePack {
    if (parts.signatures.length === 0) throw malformed(file, 'it holds no signature');
    for (const name of NAMES) {
      const { most, bytes } = LISTS[name];
      if (parts[name].length > most) throw malformed(file, `it holds more than ${most} ${name}`);
      if (parts[name].some((part) => part.length > bytes))
        throw malformed(file, `one of its ${name} has more than ${bytes} bytes`);
    }
    try {
      return new EvidencePack(file, parts);
    } catch (error) {
      if (!isModelsealError(error) || error.kind !== 'refused' || error.code.startsWith('ERR_EVIDENCE_'))
        throw error;
      throw new ModelsealError('ERR_EVIDENCE_PACK', { file, problem: error.message }, { cause: error });
    }
  }

  /** The file's bytes. */
  encode(): Uint8Array {
    const parts: PackParts = {
      signatures: this.signatures,
      certificates: this.certificates.map(({ raw }) => raw),
      crls: this.evidence.crls.map(({ list }) => list.raw),
      ocspResponses: this.evidence.ocsp.map(({ response }) => response.raw),
      attestations: this.attestations,
    };
    const lists = NAMES.map((name) => [
      name,
      parts[name].map((bytes) => Buffer.from(bytes).toString('base64')),
    ]);
    const text = `${JSON.stringify({ mediaType: PACK_MEDIA_TYPE, ...Object.fromEntries(lists) })}\n`;
    if (text.length > MAX_PACK_BYTES) throw malformed(this.file, `it has more than ${MAX_PACK_BYTES} bytes`);
    return new Uint8Array(Buffer.from(text));
  }
}

/** Base64 of RFC 4648 §4 in its one spelling: two readers must not see two packs. */
function readList(value: Json | undefined, name: keyof PackParts, file: string): Uint8Array[] {
  if (!Array.isArray(value)) throw malformed(file, `${name} is not an array`);
  return value.map((text) => {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0);
    if (bytes.length === 0 || bytes.toString('base64') !== text)
      throw malformed(file, `${name} has an entry that is not canonical base64`);
    return new Uint8Array(bytes);
  });
}

const malformed = (file: string, problem: string): ModelsealError =>
  new ModelsealError('ERR_EVIDENCE_PACK', { file, problem });
