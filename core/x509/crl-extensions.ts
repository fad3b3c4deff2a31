import { context, contextPrimitive, DerReader, Tag } from '../der/index.js';
import { ModelsealError } from '../errors/index.js';
import {
  type DistributionPoint,
  type DistributionPointName,
  decodeDistributionPoints,
  type ReasonFlag,
  readDistributionPointName,
  readReasons,
} from './distribution-point.js';
import { decodeAuthorityKeyIdentifier } from './extensions.js';
import { Oid, oidName } from './oids.js';
import { readTime } from './time.js';

/** IssuingDistributionPoint (RFC 5280 §5.2.5): what a list is about. */
export interface IssuingDistributionPoint {
  readonly name?: DistributionPointName;
  readonly onlyUserCertificates: boolean;
  readonly onlyCaCertificates: boolean;
  readonly onlyAttributeCertificates: boolean;
  /** Absent means every reason. */
  readonly onlySomeReasons?: ReadonlySet<ReasonFlag>;
  readonly indirectCrl: boolean;
  /** The extension's value, for the comparison of a delta CRL with its base (§5.2.4). */
  readonly raw: Uint8Array;
}

export interface CrlExtensions {
  /** Absent in lists that no delta continues; such a list is complete all the same. */
  readonly number?: bigint;
  readonly baseNumber?: bigint;
  readonly issuingDistributionPoint?: IssuingDistributionPoint;
  readonly authorityKeyId?: Uint8Array;
  readonly authorityKeyIdentifierRaw?: Uint8Array;
  readonly freshestCrl: readonly DistributionPoint[];
  readonly expiredCertificatesSince?: Date;
}

/** CRL numbers have at most 20 octets (§5.2.3). */
const MAX_NUMBER_OCTETS = 20;

/** An issuing distribution point with a name or two has under 300 octets; each name is compared per certificate. */
const MAX_IDP_BYTES = 16 * 1024;

/** No CRL in use has ten extensions. */
const MAX_EXTENSIONS = 64;

/** Extensions that §5.2 wants non-critical; one marked critical is a list that breaks the profile. */
const NEVER_CRITICAL: ReadonlySet<string> = new Set([
  Oid.crlNumber,
  Oid.authorityKeyIdentifier,
  Oid.freshestCrl,
]);

type Mutable = { -readonly [K in keyof CrlExtensions]?: CrlExtensions[K] };

/**
 * Reads the extensions of a CRL (§5.2).
 *
 * @param explicit Inside the [0] around them; undefined where there are none.
 * @throws {ModelsealError} `ERR_DER`, `ERR_CRL_EXTENSION*`, `ERR_CRL_NUMBER_MISSING`
 */
export function readCrlExtensions(explicit: DerReader | undefined, issuer: string): CrlExtensions {
  const found: Mutable = {};
  const seen = new Set<string>();
  const list = explicit?.enter(Tag.SEQUENCE, 'crlExtensions');
  explicit?.finish('crlExtensions');
  if (list?.done)
    throw new ModelsealError('ERR_DER', { problem: 'crlExtensions: empty', offset: list.offset });
  while (list && !list.done) {
    const extension = list.enter(Tag.SEQUENCE, 'CRL extension');
    const oid = extension.oid('CRL extension');
    const critical = readCritical(extension);
    const value = extension.octets('CRL extension');
    extension.finish('CRL extension');
    if (seen.has(oid) || seen.size >= MAX_EXTENSIONS) {
      throw new ModelsealError('ERR_CRL_EXTENSION_REPEATED', { issuer, oid });
    }
    seen.add(oid);
    if (critical && NEVER_CRITICAL.has(oid)) {
      const problem = 'it is critical, which RFC 5280 §5.2 forbids';
      throw new ModelsealError('ERR_CRL_EXTENSION', { issuer, extension: oidName(oid), problem });
    }
    if (!readOne(found, oid, value, issuer) && critical) {
      throw new ModelsealError('ERR_CRL_EXTENSION_UNKNOWN', { issuer, oid });
    }
  }
  const { number } = found;
  // Numbers tell which delta continues which list (§5.2.3, §5.2.4), and nothing else.
  if (found.baseNumber !== undefined && number === undefined)
    throw new ModelsealError('ERR_CRL_NUMBER_MISSING', { issuer });
  if (found.baseNumber !== undefined && number !== undefined && found.baseNumber > number) {
    const problem = 'its base has a higher number than itself';
    throw new ModelsealError('ERR_CRL_EXTENSION', { issuer, extension: 'deltaCrlIndicator', problem });
  }
  return { freshestCrl: [], ...found };
}

/** Returns false for an extension that is not understood. */
function readOne(found: Mutable, oid: string, value: Uint8Array, issuer: string): boolean {
  switch (oid) {
    case Oid.crlNumber:
      found.number = readNumber(value, oid, issuer);
      return true;
    case Oid.deltaCrlIndicator:
      found.baseNumber = readNumber(value, oid, issuer);
      return true;
    case Oid.issuingDistributionPoint:
      found.issuingDistributionPoint = readIssuingDistributionPoint(value, issuer);
      return true;
    case Oid.authorityKeyIdentifier: {
      const keyId = decodeAuthorityKeyIdentifier(value).keyIdentifier;
      if (keyId) found.authorityKeyId = keyId;
      found.authorityKeyIdentifierRaw = value;
      return true;
    }
    case Oid.freshestCrl:
      found.freshestCrl = decodeDistributionPoints(value);
      return true;
    case Oid.expiredCertsOnCrl: {
      const reader = new DerReader(value);
      found.expiredCertificatesSince = readTime(reader, 'expiredCertsOnCRL');
      reader.finish('expiredCertsOnCRL');
      return true;
    }
    default:
      return false;
  }
}

/** DER leaves the default FALSE out (X.690 §11.5). */
export function readCritical(extension: DerReader): boolean {
  if (extension.tag !== Tag.BOOLEAN) return false;
  const offset = extension.offset;
  if (!extension.boolean('critical')) {
    throw new ModelsealError('ERR_DER', { problem: 'critical: the default FALSE is encoded', offset });
  }
  return true;
}

function readNumber(value: Uint8Array, oid: string, issuer: string): bigint {
  const reader = new DerReader(value);
  const octets = reader.integerBytes('CRL number');
  reader.finish('CRL number');
  const negative = (octets[0] as number) >= 0x80;
  const significant = octets[0] === 0 ? octets.length - 1 : octets.length;
  if (negative || significant > MAX_NUMBER_OCTETS) {
    const problem = negative ? 'negative number' : `number of ${octets.length} octets`;
    throw new ModelsealError('ERR_CRL_EXTENSION', { issuer, extension: oidName(oid), problem });
  }
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`);
}

function readIssuingDistributionPoint(value: Uint8Array, issuer: string): IssuingDistributionPoint {
  const what = 'issuingDistributionPoint';
  const reader = DerReader.open(value, Tag.SEQUENCE, what);
  const fail = (problem: string): never => {
    throw new ModelsealError('ERR_CRL_EXTENSION', { issuer, extension: what, problem });
  };
  if (reader.done) fail('it is empty');
  if (value.length > MAX_IDP_BYTES) fail(`it has ${value.length} octets`);
  const flag = (n: number): boolean => {
    if (reader.tag !== contextPrimitive(n)) return false;
    return reader.boolean(what, contextPrimitive(n)) || fail('a default FALSE is encoded');
  };
  const explicit = reader.enterOptional(context(0), what);
  const name = explicit && readDistributionPointName(explicit, what);
  const onlyUserCertificates = flag(1);
  const onlyCaCertificates = flag(2);
  const onlySomeReasons =
    reader.tag === contextPrimitive(3) ? readReasons(reader, contextPrimitive(3)) : undefined;
  const indirectCrl = flag(4);
  const onlyAttributeCertificates = flag(5);
  reader.finish(what);
  // §5.2.5: at most one of the three may be asserted; two together would describe an empty list.
  if (Number(onlyUserCertificates) + Number(onlyCaCertificates) + Number(onlyAttributeCertificates) > 1) {
    fail('it limits itself to more than one kind of certificate');
  }
  return {
    ...(name ? { name } : {}),
    onlyUserCertificates,
    onlyCaCertificates,
    onlyAttributeCertificates,
    ...(onlySomeReasons !== undefined ? { onlySomeReasons } : {}),
    indirectCrl,
    raw: value,
  };
}
