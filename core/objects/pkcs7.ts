import { context, DerReader, Tag } from '../der/index.js';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
/** More than a bundle of intermediates holds; each is looked at once. */
const MAX_OBJECTS = 2000;

/** What a `.p7b` carries, each object in its own DER. */
export interface Carried {
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
}

/**
 * Reads a PKCS#7 container that only carries certificates and CRLs (RFC 5652 §5, "certs-only"). One that signs
 * something is a message: who takes certificates out of it takes what its sender chose.
 *
 * @throws {ModelsealError} `ERR_DER`
 * @returns Undefined for a container of another kind
 */
export function readPkcs7(bytes: Uint8Array): Carried | undefined {
  const info = DerReader.open(bytes, Tag.SEQUENCE, 'ContentInfo');
  if (info.oid('contentType') !== SIGNED_DATA) return undefined;
  const content = info.enter(context(0), 'content');
  info.finish('ContentInfo');
  const signed = content.enter(Tag.SEQUENCE, 'SignedData');
  content.finish('content');
  signed.smallInteger('version');
  signed.enter(Tag.SET, 'digestAlgorithms');
  const encapsulated = signed.enter(Tag.SEQUENCE, 'encapContentInfo');
  encapsulated.oid('eContentType');
  const certificates = elements(signed.enterOptional(context(0), 'certificates'));
  const crls = elements(signed.enterOptional(context(1), 'crls'));
  const signers = signed.enter(Tag.SET, 'signerInfos');
  signed.finish('SignedData');
  // Every object is an untagged SEQUENCE; the tagged ones are attribute certificates and other formats.
  const plain = [...certificates, ...crls].every((object) => object[0] === Tag.SEQUENCE);
  const carriesOnly = signers.done && encapsulated.done && plain;
  return carriesOnly && certificates.length + crls.length <= MAX_OBJECTS ? { certificates, crls } : undefined;
}

function elements(set: DerReader | undefined): Uint8Array[] {
  const found: Uint8Array[] = [];
  while (set && !set.done && found.length <= MAX_OBJECTS) found.push(set.raw(set.next()));
  return found;
}
