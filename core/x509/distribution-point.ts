import { context, contextPrimitive, DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import { type GeneralName, readGeneralNames } from './general-name.js';

/** Reason flags of RFC 5280 §4.2.1.13, by bit number; bit 0 is unused. */
export const REASON_FLAGS = [
  'unused',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
] as const;
export type ReasonFlag = (typeof REASON_FLAGS)[number];

/** DistributionPointName: full names, or one RDN relative to the name of the list's issuer. */
export type DistributionPointName =
  | { readonly type: 'full'; readonly names: readonly GeneralName[] }
  /** Complete SET element of the relative name. */
  | { readonly type: 'relative'; readonly rdn: Uint8Array };

/** One DistributionPoint (§4.2.1.13). */
export interface DistributionPoint {
  readonly name: DistributionPointName | undefined;
  /** Undefined: all reasons. */
  readonly reasons: ReadonlySet<ReasonFlag> | undefined;
  readonly crlIssuer: readonly GeneralName[] | undefined;
}

/** cRLDistributionPoints and freshestCRL. @throws {ModelsealError} `ERR_DER` */
export function decodeDistributionPoints(value: Uint8Array): readonly DistributionPoint[] {
  const what = 'cRLDistributionPoints';
  const reader = DerReader.open(value, Tag.SEQUENCE, what);
  const points: DistributionPoint[] = [];
  while (!reader.done) {
    const at = reader.offset;
    const point = reader.enter(Tag.SEQUENCE, what);
    const nameField = point.enterOptional(context(0), what);
    const name = nameField && readDistributionPointName(nameField, what);
    const reasons = point.tag === contextPrimitive(1) ? readReasons(point, contextPrimitive(1)) : undefined;
    const issuers = point.enterOptional(context(2), what);
    const crlIssuer = issuers && readGeneralNames(issuers, what);
    point.finish(what);
    // §4.2.1.13: a point of reasons alone says nothing.
    if (!name && !crlIssuer) {
      throw new ModelsealError('ERR_DER', { problem: `${what}: point without name and issuer`, offset: at });
    }
    points.push({ name, reasons, crlIssuer });
  }
  if (points.length === 0) throw new ModelsealError('ERR_DER', { problem: `${what} is empty`, offset: 0 });
  return points;
}

/** @param reader Inside the explicit tag of the field. */
export function readDistributionPointName(reader: DerReader, what: string): DistributionPointName {
  const full = reader.enterOptional(context(0), what);
  if (full) {
    reader.finish(what);
    return { type: 'full', names: readGeneralNames(full, what) };
  }
  const tlv = reader.expect(context(1), what);
  reader.finish(what);
  // nameRelativeToCRLIssuer is an RDN under an implicit tag: give it back its own.
  const rdn = reader.raw(tlv).slice();
  rdn[0] = Tag.SET;
  return { type: 'relative', rdn };
}

/** ReasonFlags. */
export function readReasons(reader: DerReader, tag: number): ReadonlySet<ReasonFlag> {
  const { bytes } = reader.bitString('reasons', tag);
  const reasons = new Set<ReasonFlag>();
  for (const [bit, reason] of REASON_FLAGS.entries()) {
    if (((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) reasons.add(reason);
  }
  return reasons;
}
