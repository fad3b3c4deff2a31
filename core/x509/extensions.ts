import { context, contextPrimitive, DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { type GeneralName, readGeneralName, readGeneralNames } from './general-name.js';

/** The names RFC 5280 §4.2.1.3 gives to the bits of keyUsage, by bit number. */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

/** §4.2.1.9. */
export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/** §4.2.1.1. */
export interface AuthorityKeyIdentifier {
  readonly keyIdentifier: Uint8Array | undefined;
  readonly issuer: readonly GeneralName[] | undefined;
  readonly serialNumber: Uint8Array | undefined;
}

/** §4.2.1.4. */
export interface CertificatePolicies {
  readonly policies: readonly string[];
  /** Kinds of qualifiers that appear; what they say decides nothing. */
  readonly qualifiers: ReadonlySet<string>;
}

/** §4.2.1.5, one pair. */
export interface PolicyMapping {
  readonly issuerDomain: string;
  readonly subjectDomain: string;
}

/** §4.2.1.11: certificates that may follow before the rule applies. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined;
  readonly inhibitPolicyMapping: number | undefined;
}

/** §4.2.1.10. */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** §4.2.2.1. */
export interface AccessDescription {
  readonly method: string;
  readonly location: GeneralName;
}

function refuse(problem: string, offset: number): never {
  throw new ModelsealError('ERR_DER', { problem, offset });
}

/** A BOOLEAN that defaults to FALSE. Many CAs write the default out, against X.690 §11.5; it changes no meaning. */
export function defaultFalse(reader: DerReader, what: string): boolean {
  return reader.tag === Tag.BOOLEAN ? reader.boolean(what) : false;
}

export function decodeBasicConstraints(value: Uint8Array): BasicConstraints {
  const reader = DerReader.open(value, Tag.SEQUENCE, 'basicConstraints');
  const ca = defaultFalse(reader, 'basicConstraints.cA');
  const pathLength = reader.done ? undefined : reader.smallInteger('pathLenConstraint');
  reader.finish('basicConstraints');
  return { ca, pathLength };
}

export function decodeKeyUsage(value: Uint8Array): ReadonlySet<KeyUsage> {
  const reader = new DerReader(value);
  const { bytes } = reader.bitString('keyUsage');
  reader.finish('keyUsage');
  const usages = new Set<KeyUsage>();
  for (const [bit, name] of KEY_USAGES.entries()) {
    if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) usages.add(name);
  }
  // §4.2.1.3: when the extension appears, at least one bit is set.
  if (usages.size === 0) refuse('keyUsage without any usage', 0);
  return usages;
}

export function decodeExtKeyUsage(value: Uint8Array): readonly string[] {
  const reader = DerReader.open(value, Tag.SEQUENCE, 'extKeyUsage');
  const purposes: string[] = [];
  while (!reader.done) purposes.push(reader.oid('key purpose'));
  if (purposes.length === 0) refuse('extKeyUsage without any purpose', 0);
  return purposes;
}

export function decodeGeneralNames(value: Uint8Array, what: string): readonly GeneralName[] {
  return readGeneralNames(DerReader.open(value, Tag.SEQUENCE, what), what);
}

/** subjectAltName (§4.2.1.6): names that can be looked at, an address being one address. */
export function decodeSubjectAltName(value: Uint8Array): readonly GeneralName[] {
  const names = decodeGeneralNames(value, 'subjectAltName');
  for (const name of names) {
    if (name.type === 'ip' && name.bytes.length !== 4 && name.bytes.length !== 16) {
      refuse(`an IP address of ${name.bytes.length} octets`, 0);
    }
    const text = 'value' in name && typeof name.value === 'string' ? name.value : undefined;
    if (text !== undefined && text.trim() === '') refuse(`a blank name of the kind ${name.type}`, 0);
  }
  return names;
}

export function decodeSubjectKeyIdentifier(value: Uint8Array): Uint8Array {
  const reader = new DerReader(value);
  const id = reader.octets('subjectKeyIdentifier');
  reader.finish('subjectKeyIdentifier');
  return id;
}

export function decodeAuthorityKeyIdentifier(value: Uint8Array): AuthorityKeyIdentifier {
  const what = 'authorityKeyIdentifier';
  const reader = DerReader.open(value, Tag.SEQUENCE, what);
  const keyIdentifier =
    reader.tag === contextPrimitive(0) ? reader.octets(what, contextPrimitive(0)) : undefined;
  const names = reader.enterOptional(context(1), what);
  const issuer = names && readGeneralNames(names, what);
  const serialNumber =
    reader.tag === contextPrimitive(2) ? reader.integerBytes(what, contextPrimitive(2)) : undefined;
  reader.finish(what);
  // §4.2.1.1: issuer and serial number stand together or not at all.
  if ((issuer === undefined) !== (serialNumber === undefined)) {
    refuse('authorityKeyIdentifier with only one of issuer and serial number', 0);
  }
  return { keyIdentifier, issuer, serialNumber };
}

export function decodeCertificatePolicies(value: Uint8Array): CertificatePolicies {
  const what = 'certificatePolicies';
  const reader = DerReader.open(value, Tag.SEQUENCE, what);
  const policies = new Set<string>();
  const kinds = new Set<string>();
  while (!reader.done) {
    const at = reader.offset;
    const info = reader.enter(Tag.SEQUENCE, what);
    const policy = info.oid(what);
    const qualifiers = info.enterOptional(Tag.SEQUENCE, 'policyQualifiers');
    if (qualifiers) readQualifiers(qualifiers, kinds);
    info.finish(what);
    // §4.2.1.4: a policy must not appear more than once.
    if (policies.has(policy)) refuse(`certificatePolicies lists ${policy} twice`, at);
    policies.add(policy);
  }
  if (policies.size === 0) refuse('certificatePolicies without any policy', 0);
  return { policies: [...policies], qualifiers: kinds };
}

function readQualifiers(reader: DerReader, kinds: Set<string>): void {
  if (reader.done) refuse('policyQualifiers is empty', reader.offset);
  while (!reader.done) {
    const info = reader.enter(Tag.SEQUENCE, 'policyQualifier');
    kinds.add(info.oid('policyQualifierId'));
    info.next();
    info.finish('policyQualifier');
  }
}

export function decodePolicyMappings(value: Uint8Array): readonly PolicyMapping[] {
  const what = 'policyMappings';
  const reader = DerReader.open(value, Tag.SEQUENCE, what);
  const mappings: PolicyMapping[] = [];
  while (!reader.done) {
    const pair = reader.enter(Tag.SEQUENCE, what);
    mappings.push({ issuerDomain: pair.oid(what), subjectDomain: pair.oid(what) });
    pair.finish(what);
  }
  if (mappings.length === 0) refuse('policyMappings is empty', 0);
  return mappings;
}

export function decodePolicyConstraints(value: Uint8Array): PolicyConstraints {
  const what = 'policyConstraints';
  const reader = DerReader.open(value, Tag.SEQUENCE, what);
  const optional = (n: number): number | undefined =>
    reader.tag === contextPrimitive(n) ? reader.smallInteger(what, contextPrimitive(n)) : undefined;
  const requireExplicitPolicy = optional(0);
  const inhibitPolicyMapping = optional(1);
  reader.finish(what);
  // §4.2.1.11: an empty sequence is forbidden.
  if (requireExplicitPolicy === undefined && inhibitPolicyMapping === undefined)
    refuse(`${what} is empty`, 0);
  return { requireExplicitPolicy, inhibitPolicyMapping };
}

export function decodeInhibitAnyPolicy(value: Uint8Array): number {
  const reader = new DerReader(value);
  const skip = reader.smallInteger('inhibitAnyPolicy');
  reader.finish('inhibitAnyPolicy');
  return skip;
}

export function decodeNameConstraints(value: Uint8Array): NameConstraints {
  const what = 'nameConstraints';
  const reader = DerReader.open(value, Tag.SEQUENCE, what);
  const permitted = reader.enterOptional(context(0), what);
  const excluded = reader.enterOptional(context(1), what);
  reader.finish(what);
  // §4.2.1.10: an empty sequence is forbidden.
  if (!permitted && !excluded) refuse('nameConstraints is empty', 0);
  return {
    permitted: permitted ? readSubtrees(permitted) : [],
    excluded: excluded ? readSubtrees(excluded) : [],
  };
}

function readSubtrees(reader: DerReader): GeneralName[] {
  const bases: GeneralName[] = [];
  while (!reader.done) {
    const subtree = reader.enter(Tag.SEQUENCE, 'GeneralSubtree');
    bases.push(readGeneralName(subtree, 'GeneralSubtree'));
    // §4.2.1.10: minimum must be zero and maximum absent; a subtree with bounds would mean something else.
    if (subtree.tag === contextPrimitive(0) && subtree.smallInteger('minimum', contextPrimitive(0)) !== 0) {
      refuse('GeneralSubtree with a minimum', subtree.offset);
    }
    subtree.finish('GeneralSubtree');
  }
  if (bases.length === 0) refuse('empty list of subtrees', reader.offset);
  return bases;
}

export function decodeInfoAccess(value: Uint8Array): readonly AccessDescription[] {
  const what = 'authorityInfoAccess';
  const reader = DerReader.open(value, Tag.SEQUENCE, what);
  const list: AccessDescription[] = [];
  while (!reader.done) {
    const description = reader.enter(Tag.SEQUENCE, what);
    list.push({ method: description.oid(what), location: readGeneralName(description, what) });
    description.finish(what);
  }
  if (list.length === 0) refuse(`${what} is empty`, 0);
  return list;
}
