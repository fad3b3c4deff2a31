import { DerReader, der, Tag } from '../der/index.js';
import { type DistributionPointName, REASON_FLAGS, type ReasonFlag } from './distribution-point.js';
import type { GeneralName } from './general-name.js';
import { Name } from './name.js';

/** What a set of CRLs has to cover together before a certificate counts as unrevoked (RFC 5280 §6.3.3). */
export const ALL_REASONS: ReadonlySet<ReasonFlag> = new Set(REASON_FLAGS.filter((flag) => flag !== 'unused'));

/**
 * A text that two GeneralNames share exactly when they are the same: directory names by RFC 5280 §7.1, everything else
 * by its octets. Texts are compared through sets, so that long lists of names cost their sum and not their product.
 */
function nameKey(name: GeneralName): string {
  switch (name.type) {
    case 'directory':
      return `directory ${name.name.key}`;
    case 'ip':
      return `ip ${hex(name.bytes)}`;
    case 'other':
      return `other ${name.oid} ${hex(name.value)}`;
    case 'x400':
    case 'edi':
      return `${name.type} ${hex(name.value)}`;
    default:
      return `${name.type} ${name.value}`;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

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
  const keys = new Set(a.map(nameKey));
  return b.some((name) => keys.has(nameKey(name)));
}
