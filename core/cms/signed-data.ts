import { context, contextPrimitive, DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { type AlgorithmIdentifier, readAlgorithm } from '../x509/algorithm.js';
import { Certificate } from '../x509/certificate.js';
import { Name } from '../x509/name.js';
import { CmsOid } from './oids.js';

/** A signer's certificate and its chain, and those of a few cross-certified roots. */
const MAX_CERTIFICATES = 32;
/** Lists that came along as evidence. */
const MAX_CRLS = 16;
/** Time-stamp tokens have three to six. */
const MAX_ATTRIBUTES = 32;
const MAX_DIGESTS = 16;

/** How a signer is named (RFC 5652 §5.3). */
export type SignerId =
  | { readonly type: 'issuer'; readonly issuer: Name; readonly serial: Uint8Array }
  | { readonly type: 'key'; readonly keyId: Uint8Array };

/** The one signer of a SignedData. */
export interface SignerInfo {
  readonly id: SignerId;
  readonly digestAlgorithm: AlgorithmIdentifier;
  /** Complete element of each value, by attribute; every attribute has exactly one value. */
  readonly signedAttributes: ReadonlyMap<string, Uint8Array>;
  /** What the signature covers: the attributes as received under the universal tag of SET (§5.4). */
  readonly signedBytes: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/**
 * CMS SignedData with content, signed attributes and one signer (RFC 5652 §5), as time-stamp tokens have it; decoded
 * strictly from DER and kept as the bytes received. Decoding proves nothing.
 */
export interface SignedData {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** X.509 certificates that came along, as claimed; those of other kinds are left out. */
  readonly certificates: readonly Certificate[];
  /** CRLs in DER that came along. */
  readonly crls: readonly Uint8Array[];
  readonly signer: SignerInfo;
}

/**
 * @param bytes One complete ContentInfo and nothing after it. Untrusted.
 * @throws {ModelsealError} `ERR_DER`, `ERR_CMS`, and what {@link Certificate.decode} throws
 */
export function decodeSignedData(bytes: Uint8Array): SignedData {
  const info = DerReader.open(bytes, Tag.SEQUENCE, 'ContentInfo');
  const type = info.oid('contentType');
  if (type !== CmsOid.signedData) throw cms(`its content type is ${type}, not signed data`);
  const explicit = info.enter(context(0), 'content');
  info.finish('ContentInfo');
  const body = explicit.enter(Tag.SEQUENCE, 'SignedData');
  explicit.finish('content');
  const version = body.smallInteger('version');
  // §5.1: 1, 3, 4 or 5, by what is inside.
  if (![1, 3, 4, 5].includes(version)) throw cms(`version ${version}`);
  const digests = body.enter(Tag.SET, 'digestAlgorithms');
  for (let count = 0; !digests.done; count++) {
    if (count === MAX_DIGESTS) throw cms('too many digest algorithms');
    readAlgorithm(digests, 'digestAlgorithms');
  }
  const encapsulated = body.enter(Tag.SEQUENCE, 'encapContentInfo');
  const contentType = encapsulated.oid('eContentType');
  const content = encapsulated.enter(context(0), 'eContent');
  encapsulated.finish('encapContentInfo');
  const octets = content.octets('eContent');
  content.finish('eContent');
  const certificates = readCertificates(body);
  const crls = readCrls(body);
  const signers = body.enter(Tag.SET, 'signerInfos');
  body.finish('SignedData');
  const signer = readSigner(signers.enter(Tag.SEQUENCE, 'SignerInfo'));
  if (!signers.done) throw cms('more than one signer');
  return { contentType, content: octets, certificates, crls, signer };
}

function cms(problem: string): ModelsealError {
  return new ModelsealError('ERR_CMS', { problem });
}

function readCertificates(body: DerReader): Certificate[] {
  const list = body.enterOptional(context(0), 'certificates');
  const found: Certificate[] = [];
  for (let count = 0; list && !list.done; count++) {
    if (count === MAX_CERTIFICATES) throw cms(`more than ${MAX_CERTIFICATES} certificates`);
    const tlv = list.next();
    // Attribute certificates and the obsolete forms are tagged (§10.2.2).
    if (tlv.tag === Tag.SEQUENCE) found.push(Certificate.decode(list.raw(tlv)));
  }
  return found;
}

function readCrls(body: DerReader): Uint8Array[] {
  const list = body.enterOptional(context(1), 'crls');
  const found: Uint8Array[] = [];
  for (let count = 0; list && !list.done; count++) {
    if (count === MAX_CRLS) throw cms(`more than ${MAX_CRLS} CRLs`);
    const tlv = list.next();
    if (tlv.tag === Tag.SEQUENCE) found.push(list.raw(tlv));
  }
  return found;
}

function readSigner(info: DerReader): SignerInfo {
  const version = info.smallInteger('version');
  const id = readSignerId(info);
  // §5.3: the version follows the form of the name.
  if (version !== (id.type === 'issuer' ? 1 : 3)) throw cms(`a signer of version ${version}`);
  const digestAlgorithm = readAlgorithm(info, 'digestAlgorithm');
  const attributes = info.expect(context(0), 'signedAttrs');
  const signedAttributes = readAttributes(info.inside(attributes));
  const signedBytes = info.raw(attributes).slice();
  signedBytes[0] = Tag.SET;
  const signatureAlgorithm = readAlgorithm(info, 'signatureAlgorithm');
  const signature = info.octets('signature');
  if (info.tag === context(1)) info.next();
  info.finish('SignerInfo');
  return { id, digestAlgorithm, signedAttributes, signedBytes, signatureAlgorithm, signature };
}

function readSignerId(info: DerReader): SignerId {
  if (info.tag === contextPrimitive(0))
    return { type: 'key', keyId: info.octets('subjectKeyIdentifier', contextPrimitive(0)) };
  const both = info.enter(Tag.SEQUENCE, 'issuerAndSerialNumber');
  const issuer = Name.read(both, 'issuer');
  // A malformed name is refused here, so that no later comparison can meet one.
  void issuer.rdns;
  const serial = both.integerBytes('serialNumber');
  both.finish('issuerAndSerialNumber');
  return { type: 'issuer', issuer, serial };
}

/** §11: each attribute once, with one value; all that we rely on must be so, and others that are not are suspicious. */
function readAttributes(list: DerReader): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  while (!list.done) {
    if (found.size === MAX_ATTRIBUTES) throw cms(`more than ${MAX_ATTRIBUTES} signed attributes`);
    const attribute = list.enter(Tag.SEQUENCE, 'Attribute');
    const oid = attribute.oid('attrType');
    const values = attribute.enter(Tag.SET, 'attrValues');
    attribute.finish('Attribute');
    const value = values.raw(values.next());
    values.finish('attrValues');
    if (found.has(oid)) throw cms(`the signed attribute ${oid} appears twice`);
    found.set(oid, value);
  }
  return found;
}
