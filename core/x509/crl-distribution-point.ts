import { DerReader, der, Tag } from '../der/index.js';
import { type DistributionPointName, REASON_FLAGS, type ReasonFlag } from './distribution-point.js';
import type { GeneralName } from './general-name.js';
import { Name, sameBytes } from './name.js';

/** What a set of CRLs has to cover together before a certificate counts as unrevoked (RFC 5280 §6.3.3). */
export const ALL_REASONS: ReadonlySet<ReasonFlag> = new Set(REASON_FLAGS.filter((flag) => flag !== 'unused'));

/** Whether two GeneralNames are the same: directory names by RFC 5280 §7.1, everything else exactly. */
export function sameGeneralName(a: GeneralName, b: GeneralName): boolean {
  switch (a.type) {
    case 'directory':
      return b.type === 'directory' && a.name.equals(b.name);
    case 'ip':
      return b.type === 'ip' && sameBytes(a.bytes, b.bytes);
    case 'other':
      return b.type === 'other' && a.oid === b.oid && sameBytes(a.value, b.value);
    case 'x400':
    case 'edi':
      return b.type === a.type && sameBytes(a.value, b.value);
    default:
      return b.type === a.type && a.value === b.value;
  }
}

/** The directory names among general names. */
export function directoryNames(names: readonly GeneralName[]): Name[] {
  return names.flatMap((name) => (name.type === 'directory' ? [name.name] : []));
}

/**
 * The full names that a distribution point name stands for: its own, or the issuer's name with one RDN more
 * (§4.2.1.13 nameRelativeToCRLIssuer).
 */
export function fullNames(name: DistributionPointName, issuers: readonly Name[]): GeneralName[] {
  if (name.type === 'full') return [...name.names];
  return issuers.map((issuer) => ({ type: 'directory', name: appendRdn(issuer, name.rdn) }));
}

function appendRdn(issuer: Name, rdn: Uint8Array): Name {
  const reader = new DerReader(issuer.raw);
  const contents = reader.contents(reader.expect(Tag.SEQUENCE, 'name'));
  return Name.decode(der.sequence(contents, rdn));
}

/** Whether two lists of names have one in common (§6.3.3 b 2 i). */
export function shareName(a: readonly GeneralName[], b: readonly GeneralName[]): boolean {
  return a.some((one) => b.some((other) => sameGeneralName(one, other)));
}
