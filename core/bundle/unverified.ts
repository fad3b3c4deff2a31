import { IN_TOTO_PAYLOAD_TYPE, preAuthEncoding, preAuthEncodingV02, preAuthHeader } from '../dsse.js';
import { isModelsealError, ModelsealError } from '../errors/index.js';
import { parseStrictJson } from '../json/strict-json.js';
import { findMember, parseAround } from '../json/json-span.js';
import {
  array,
  base64,
  base64After,
  bounded,
  type JsonObject,
  join,
  nonEmpty,
  object,
  only,
  string,
  wrong,
} from './fields.js';

/** Media type of the bundles of OMS v1.0; every release of the reference implementation wrote this one. */
export const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** A manifest of 300,000 files is about this large; larger inputs are refused before they are parsed. */
export const MAX_BUNDLE_BYTES = 64 * 1024 * 1024;
/** A bundle is 8 levels deep, Sigstore's log entries included. */
const MAX_DEPTH = 32;
/** k-of-n signing by more parties than this is not a use that is known. */
export const MAX_SIGNATURES = 32;
/** Path building looks at no longer chain. */
export const MAX_CHAIN = 16;
/** One Rekor entry per signature is usual. */
const MAX_TLOG_ENTRIES = 32;
export const MAX_TIMESTAMPS = 32;

export type SigningMethod = 'certificate' | 'key' | 'sigstore';

/** One signature of the envelope. `keyid` is unauthenticated and used for nothing (OMS §4.1). */
export interface EnvelopeSignature {
  readonly sig: Uint8Array;
  readonly keyid: string;
}

/**
 * A signature file that was read and found well-formed, and of which not one word is proven yet. The payload is bytes
 * here: it is parsed by `decodeStatement`, after a signature over it has been verified.
 */
export class UnverifiedBundle {
  readonly mediaType: string;
  readonly method: SigningMethod;
  /** Certificates in DER, leaf first: the chain (`certificate`) or the one of Fulcio (`sigstore`); empty for `key`. */
  readonly chain: readonly Uint8Array[];
  /** SHA-256 of the public key in PEM, hexadecimal, as release 1.1 writes it; see `keyHint`. */
  readonly keyHint: string | undefined;
  /** The public key itself (PEM or DER), as releases before 1.1 wrote it. Never a key to trust. */
  readonly keyRawBytes: Uint8Array | undefined;
  readonly payloadType: string;
  readonly payload: Uint8Array;
  /** At least one. All of them are kept; which must be valid is for the policy. */
  readonly signatures: readonly EnvelopeSignature[];
  readonly tlogEntries: readonly JsonObject[];
  /** RFC 3161 tokens. */
  readonly timestamps: readonly Uint8Array[];
  /** CRLs and OCSP responses that came along, DER. Untrusted like the rest; their own signatures prove them. */
  readonly stapled: StapledEvidence;
  /** The parsed JSON, for Sigstore's own library; not of the other methods, for a payload may be tens of megabytes. */
  readonly json: JsonObject | undefined;

  /** The signed bytes, where the payload was decoded into them. */
  readonly #signedBytes: Uint8Array | undefined;

  /** @param payload Text of the payload, where it is not in the JSON itself. */
  private constructor(json: JsonObject, payload?: Uint8Array) {
    only(json, '', ['mediaType', 'verificationMaterial', 'dsseEnvelope']);
    this.mediaType = string(json.mediaType, 'mediaType');
    if (this.mediaType !== BUNDLE_MEDIA_TYPE) {
      throw new ModelsealError('ERR_BUNDLE_MEDIA_TYPE', { mediaType: this.mediaType.slice(0, 128) });
    }
    const material = readMaterial(object(json.verificationMaterial, 'verificationMaterial'));
    this.method = material.method;
    this.json = material.method === 'sigstore' ? json : undefined;
    this.chain = material.chain;
    this.keyHint = material.keyHint;
    this.keyRawBytes = material.keyRawBytes;
    this.stapled = material.stapled;
    this.tlogEntries = material.tlogEntries;
    this.timestamps = material.timestamps;
    if (json.dsseEnvelope === undefined) throw new ModelsealError('ERR_BUNDLE_ENVELOPE_MISSING', {});
    const envelope = object(json.dsseEnvelope, 'dsseEnvelope');
    only(envelope, 'dsseEnvelope', ['payload', 'payloadType', 'signatures']);
    this.payloadType = string(envelope.payloadType, 'dsseEnvelope.payloadType');
    if (this.payloadType !== IN_TOTO_PAYLOAD_TYPE) {
      throw new ModelsealError('ERR_BUNDLE_PAYLOAD_TYPE', { payloadType: this.payloadType.slice(0, 128) });
    }
    const signed = payload && base64After(payload, (length) => preAuthHeader(this.payloadType, length));
    if (payload && !signed) throw new ModelsealError('ERR_BUNDLE_BASE64', { field: 'dsseEnvelope.payload' });
    this.#signedBytes = signed?.all;
    this.payload = signed?.decoded ?? base64(envelope.payload, 'dsseEnvelope.payload');
    this.signatures = readSignatures(envelope);
    Object.freeze(this);
  }

  /**
   * Reads a signature file.
   *
   * @param bytes The whole file, untrusted.
   * @throws {ModelsealError} `ERR_JSON_*`, `ERR_BUNDLE_*`
   */
  static parse(bytes: Uint8Array): UnverifiedBundle {
    const around = parseAroundPayload(bytes);
    try {
      if (around) return new UnverifiedBundle(around.json, around.payload);
    } catch (error) {
      // There may be escapes in the text, which the parser of the whole resolves.
      if (!isModelsealError(error, 'ERR_BUNDLE_BASE64')) throw error;
    }
    return new UnverifiedBundle(object(parseStrictJson(bytes, LIMITS), 'bundle'));
  }

  /** What the signatures cover: the DSSE pre-authentication encoding of the payload as received. */
  get signedBytes(): Uint8Array {
    return this.#signedBytes ?? preAuthEncoding(this.payloadType, this.payload);
  }

  /** What a signature of release 0.2 covers. */
  get legacySignedBytes(): Uint8Array {
    return preAuthEncodingV02(this.payloadType, this.payload);
  }
}

const LIMITS = { what: 'signature', maxBytes: MAX_BUNDLE_BYTES, maxDepth: MAX_DEPTH };

/**
 * A bundle without the text of its payload, which is nearly all of it and is decoded where it lies. Undefined where it
 * is not found, where the JSON is none, which the parser of the whole says better, and for Sigstore's bundles, whose
 * library wants all of the JSON.
 */
function parseAroundPayload(
  bytes: Uint8Array,
): { readonly json: JsonObject; readonly payload: Uint8Array } | undefined {
  const quote = findMember(bytes, ['dsseEnvelope', 'payload']);
  if (quote === undefined || bytes[quote] !== 0x22 || bytes.length > MAX_BUNDLE_BYTES) return undefined;
  const end = bytes.indexOf(0x22, quote + 1);
  if (end < quote + MIN_PAYLOAD_TEXT) return undefined;
  const payload = bytes.subarray(quote + 1, end);
  try {
    const { json, placeholder } = parseAround(bytes, { start: quote, end: end + 1 }, LIMITS);
    const bundle = object(json, 'bundle');
    if (object(bundle.dsseEnvelope, 'dsseEnvelope').payload !== placeholder) return undefined;
    const material = object(bundle.verificationMaterial, 'verificationMaterial');
    return material.certificate === undefined ? { json: bundle, payload } : undefined;
  } catch (error) {
    if (isModelsealError(error)) return undefined;
    throw error;
  }
}

/** For less it is not worth the while. */
const MIN_PAYLOAD_TEXT = 4096;

/** Revocation evidence inside a bundle. */
export interface StapledEvidence {
  readonly crls: readonly Uint8Array[];
  readonly ocsp: readonly Uint8Array[];
}

interface Material {
  readonly stapled: StapledEvidence;
  readonly method: SigningMethod;
  readonly chain: readonly Uint8Array[];
  readonly keyHint: string | undefined;
  readonly keyRawBytes: Uint8Array | undefined;
  readonly tlogEntries: readonly JsonObject[];
  readonly timestamps: readonly Uint8Array[];
}

const CONTENT = ['publicKey', 'x509CertificateChain', 'certificate'] as const;
const AT = 'verificationMaterial';

/** Name of the field, inside `x509CertificateChain`, that holds stapled evidence. */
export const STAPLED_KEY = 'modelsealRevocation';

/** One list or answer for each certificate of the longest chain is plenty. */
const MAX_STAPLED = 32;

function readMaterial(material: JsonObject): Material {
  only(material, AT, [...CONTENT, 'tlogEntries', 'timestampVerificationData']);
  const found = CONTENT.filter((name) => material[name] !== undefined);
  if (found.length === 0) throw new ModelsealError('ERR_BUNDLE_MATERIAL_MISSING', {});
  if (found.length > 1) throw new ModelsealError('ERR_BUNDLE_MATERIAL_AMBIGUOUS', { found });
  const common = {
    tlogEntries: readTlogEntries(material),
    timestamps: readTimestamps(material),
    keyHint: undefined,
    keyRawBytes: undefined,
    stapled: { crls: [], ocsp: [] },
  };
  if (material.publicKey !== undefined) {
    return { ...common, method: 'key', chain: [], ...readKey(object(material.publicKey, `${AT}.publicKey`)) };
  }
  if (material.x509CertificateChain !== undefined) {
    const field = `${AT}.x509CertificateChain`;
    const container = object(material.x509CertificateChain, field);
    const list = array(container.certificates, `${field}.certificates`);
    if (list.length === 0) throw new ModelsealError('ERR_BUNDLE_CHAIN_EMPTY', {});
    bounded('certificates', list.length, MAX_CHAIN);
    const chain = list.map((entry, i) => {
      const at = join(`${field}.certificates`, i);
      return base64(object(entry, at).rawBytes, `${at}.rawBytes`);
    });
    return { ...common, method: 'certificate', chain, stapled: readStapled(container, field) };
  }
  if (common.tlogEntries.length === 0) throw new ModelsealError('ERR_BUNDLE_TLOG_MISSING', {});
  const leaf = object(material.certificate, `${AT}.certificate`);
  return { ...common, method: 'sigstore', chain: [base64(leaf.rawBytes, `${AT}.certificate.rawBytes`)] };
}

/** An extension of ours, in a place that the schema leaves open: evidence that lets a consumer verify offline. */
function readStapled(container: JsonObject, above: string): StapledEvidence {
  if (container[STAPLED_KEY] === undefined) return { crls: [], ocsp: [] };
  const field = `${above}.${STAPLED_KEY}`;
  const holder = object(container[STAPLED_KEY], field);
  only(holder, field, ['crls', 'ocspResponses']);
  const read = (name: string): Uint8Array[] => {
    if (holder[name] === undefined) return [];
    const entries = array(holder[name], `${field}.${name}`);
    bounded('stapled CRLs or OCSP responses', entries.length, MAX_STAPLED);
    return entries.map((entry, i) => {
      const at = join(`${field}.${name}`, i);
      return base64(object(entry, at).rawBytes, `${at}.rawBytes`);
    });
  };
  return { crls: read('crls'), ocsp: read('ocspResponses') };
}

function readKey(key: JsonObject): Pick<Material, 'keyHint' | 'keyRawBytes'> {
  const field = `${AT}.publicKey`;
  if (key.hint === undefined && key.rawBytes === undefined) {
    throw new ModelsealError('ERR_BUNDLE_KEY_UNIDENTIFIED', {});
  }
  return {
    keyHint: key.hint === undefined ? undefined : nonEmpty(key.hint, `${field}.hint`),
    keyRawBytes: key.rawBytes === undefined ? undefined : base64(key.rawBytes, `${field}.rawBytes`),
  };
}

function readTlogEntries(material: JsonObject): JsonObject[] {
  if (material.tlogEntries === undefined) return [];
  const field = `${AT}.tlogEntries`;
  const entries = array(material.tlogEntries, field);
  bounded('transparency log entries', entries.length, MAX_TLOG_ENTRIES);
  return entries.map((entry, i) => object(entry, join(field, i)));
}

function readTimestamps(material: JsonObject): Uint8Array[] {
  if (material.timestampVerificationData === undefined) return [];
  const field = `${AT}.timestampVerificationData`;
  const list = object(material.timestampVerificationData, field).rfc3161Timestamps;
  if (list === undefined) return [];
  const entries = array(list, `${field}.rfc3161Timestamps`);
  bounded('timestamps', entries.length, MAX_TIMESTAMPS);
  return entries.map((entry, i) => {
    const at = join(`${field}.rfc3161Timestamps`, i);
    return base64(object(entry, at).signedTimestamp, `${at}.signedTimestamp`);
  });
}

function readSignatures(envelope: JsonObject): EnvelopeSignature[] {
  const field = 'dsseEnvelope.signatures';
  const list = array(envelope.signatures, field);
  if (list.length === 0) throw new ModelsealError('ERR_BUNDLE_NO_SIGNATURE', {});
  bounded('signatures', list.length, MAX_SIGNATURES);
  return list.map((entry, i) => {
    const at = join(field, i);
    const one = object(entry, at);
    only(one, at, ['sig', 'keyid']);
    // Absent, null and empty are all in use (OMS §11.1).
    const keyid = one.keyid ?? '';
    if (typeof keyid !== 'string') throw wrong(`${at}.keyid`, 'a string or null');
    return { sig: base64(one.sig, `${at}.sig`), keyid };
  });
}
