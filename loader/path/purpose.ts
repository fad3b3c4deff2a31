import { ModelsealError } from '../../core/errors/index.js';
import { type Certificate, type KeyUsage, Oid, oidName } from '../../core/x509/index.js';
import type { Purpose } from './purposes.js';

interface PurposeRule {
  readonly oid: string;
  /** The leaf must name the purpose itself: neither a missing extension nor anyExtendedKeyUsage will do. */
  readonly explicit: boolean;
  /** The purpose must stand alone in a critical extension. */
  readonly exclusive: boolean;
  /** One of these is needed where the leaf has keyUsage; none is where the list is empty. */
  readonly usages: readonly KeyUsage[];
}

const RULES: { readonly [P in Exclude<Purpose, 'any'>]: PurposeRule } = {
  'code-signing': {
    oid: Oid.codeSigning,
    explicit: false,
    exclusive: false,
    usages: ['digitalSignature', 'nonRepudiation'],
  },
  // RFC 3161 §2.3.
  'time-stamping': {
    oid: Oid.timeStamping,
    explicit: true,
    exclusive: true,
    usages: ['digitalSignature', 'nonRepudiation'],
  },
  // RFC 6960 §4.2.2.2.
  'ocsp-signing': {
    oid: Oid.ocspSigning,
    explicit: true,
    exclusive: false,
    usages: ['digitalSignature', 'nonRepudiation'],
  },
  // RFC 5280 §4.2.1.12. Which usage is needed depends on the protocol: `requiredKeyUsage` is for its user.
  'server-auth': {
    oid: Oid.serverAuth,
    explicit: false,
    exclusive: false,
    usages: [],
  },
  'client-auth': {
    oid: Oid.clientAuth,
    explicit: false,
    exclusive: false,
    usages: [],
  },
  'email-protection': {
    oid: Oid.emailProtection,
    explicit: false,
    exclusive: false,
    usages: [],
  },
};

/** What is asked of a leaf beyond the rules of RFC 5280 §6.1. */
export interface LeafRequirements {
  readonly purpose: Purpose;
  /** All of these are needed where the leaf has keyUsage. */
  readonly requiredKeyUsage: readonly KeyUsage[];
  /** The leaf must name the purpose itself even where a missing extKeyUsage would mean "any". */
  readonly requireExtendedKeyUsage: boolean;
}

/**
 * Checks the leaf against what it shall be used for (RFC 5280 §4.2.1.3, §4.2.1.12).
 *
 * A missing extKeyUsage restricts nothing, and anyExtendedKeyUsage allows every purpose that need not be named
 * explicitly: so RFC 5280 defines them, and `requireExtendedKeyUsage` is for policies that want more.
 *
 * @throws {ModelsealError} `ERR_PATH_KEY_USAGE`, `ERR_PATH_EXTENDED_KEY_USAGE`, `ERR_PATH_EXTENDED_KEY_USAGE_MISSING`
 */
export function checkLeafPurpose(leaf: Certificate, requirements: LeafRequirements): void {
  const { purpose, requiredKeyUsage } = requirements;
  const rule = purpose === 'any' ? undefined : RULES[purpose];
  const usage = leaf.keyUsage;
  if (usage) {
    const enough =
      requiredKeyUsage.every((needed) => usage.has(needed)) &&
      (!rule || rule.usages.length === 0 || rule.usages.some((one) => usage.has(one)));
    if (!enough) {
      throw new ModelsealError('ERR_PATH_KEY_USAGE', {
        certificate: leaf.label,
        needed: requiredKeyUsage.length > 0 ? requiredKeyUsage : (rule?.usages ?? []),
        present: [...usage],
      });
    }
  }
  if (!rule) return;
  const purposes = leaf.extKeyUsage;
  const explicit = rule.explicit || requirements.requireExtendedKeyUsage;
  if (!purposes) {
    if (!explicit) return;
    throw new ModelsealError('ERR_PATH_EXTENDED_KEY_USAGE_MISSING', { certificate: leaf.label, purpose });
  }
  const named = purposes.includes(rule.oid) || (!explicit && purposes.includes(Oid.anyExtendedKeyUsage));
  const alone = purposes.length === 1 && leaf.extensions.get(Oid.extKeyUsage)?.critical === true;
  if (!named || (rule.exclusive && !alone)) {
    throw new ModelsealError('ERR_PATH_EXTENDED_KEY_USAGE', {
      certificate: leaf.label,
      purpose: rule.exclusive && named ? `${purpose} alone, in a critical extension` : purpose,
      present: purposes.map(oidName),
    });
  }
}

/**
 * Checks a CA of the path: where it has extKeyUsage, it may issue only for the purposes in it. RFC 5280 leaves this
 * nesting open; every validator in use does it, and it is the only way a CA can be kept to one purpose.
 *
 * @throws {ModelsealError} `ERR_PATH_EXTENDED_KEY_USAGE`
 */
export function checkIssuerPurpose(issuer: Certificate, purpose: Purpose): void {
  if (purpose === 'any') return;
  const purposes = issuer.extKeyUsage;
  if (!purposes || purposes.includes(RULES[purpose].oid) || purposes.includes(Oid.anyExtendedKeyUsage))
    return;
  throw new ModelsealError('ERR_PATH_EXTENDED_KEY_USAGE', {
    certificate: issuer.label,
    purpose,
    present: purposes.map(oidName),
  });
}
