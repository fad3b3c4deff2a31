import type { RevocationMode } from '../revocation/index.js';

/** Whose signatures are accepted. A signer fits a rule when everything the rule names is true of it. */
export interface SignerRule {
  /**
   * `email:…`, `uri:…` or `dns:…`, or one of them without its kind where its form says it; compared by kind and exactly
   * with the certificate's subject alternative name.
   */
  readonly identity?: string;
  /** An identity with its kind and one `*`: `email:*@example.org`. */
  readonly identityPattern?: string;
  /** SHA-256 over the signer's SubjectPublicKeyInfo, lower-case hexadecimal. */
  readonly key?: string;
  /** SHA-256 over the DER of the signer's certificate, lower-case hexadecimal. */
  readonly certificate?: string;
}

/** What may be demanded of a model and its signers, one by one; what is left out is not demanded. */
export interface Demands {
  /** Groups of rules: a signer must fit at least one rule of every group. */
  readonly signers?: readonly (readonly SignerRule[])[] | undefined;
  /** Anchors of the trust store, by name, that may vouch for signers. */
  readonly anchors?: readonly string[] | undefined;
  /** Anchors of the trust store, by name, whose time stamps are believed. */
  readonly timestampAnchors?: readonly string[] | undefined;
  /** Policies (OIDs), one of which a time stamp must be made under. */
  readonly timestampPolicies?: readonly string[] | undefined;
  readonly timestamp?: 'require' | 'allow' | undefined;
  /** Purposes (OIDs) that the signer's certificate must name, all of them. */
  readonly extendedKeyUsages?: readonly string[] | undefined;
  /** Certificate policies (OIDs), one of which must hold for the whole path. */
  readonly certificatePolicies?: readonly string[] | undefined;
  /** Floors for the keys of the signer and of every CA above. */
  readonly minRsaBits?: number | undefined;
  readonly minEcBits?: number | undefined;
  /** Floor for the hashes of the signature and of every certificate below the anchor. */
  readonly minHashBits?: number | undefined;
  /** Hashes that the manifest may use. */
  readonly hashes?: readonly string[] | undefined;
  readonly revocation?: RevocationMode | undefined;
  /** How many different signers must have signed the model. */
  readonly threshold?: number | undefined;
  /** They must be under different CAs as well, so that one that is compromised does not suffice. */
  readonly distinctRoots?: boolean | undefined;
  /** Formats that files may have, as the scanner names them. */
  readonly formats?: readonly string[] | undefined;
  readonly maxFiles?: number | undefined;
  readonly maxBytes?: number | undefined;
  /** Groups of folders: the model must lie in at least one of every group. */
  readonly storage?: readonly (readonly string[])[] | undefined;
  /** The signed `modelVersion` must not be older. */
  readonly minimumVersion?: string | undefined;
  /** Whether excluded paths that the manifest itself records are honoured. */
  readonly manifestIgnores?: 'allow' | 'refuse' | undefined;
  /** The only paths that may be excluded, by the manifest or by options. */
  readonly ignorePaths?: readonly string[] | undefined;
  /** Whether files that no manifest names may be left aside on request. */
  readonly unsignedFiles?: 'allow' | 'refuse' | undefined;
  /** Of several signatures in one envelope: each must verify, or one is enough. */
  readonly signatures?: 'all' | 'any' | undefined;
  /** Whether the signature form of release 0.2 of the reference implementation is accepted. */
  readonly legacy?: 'allow' | 'refuse' | undefined;
}

/** Groups of demands that a policy enforces, or only reports. */
export const POLICY_CHECKS = [
  'identity',
  'anchors',
  'certificate',
  'algorithms',
  'revocation',
  'timestamp',
  'threshold',
  'formats',
  'limits',
  'storage',
  'rollback',
  'ignores',
  'form',
] as const;
export type PolicyCheck = (typeof POLICY_CHECKS)[number];

/**
 * Which check a demand belongs to. What time stamps and which signatures of an envelope count is no check of its own: it
 * holds at every level.
 */
export const CHECK_OF: { readonly [D in keyof Demands]-?: PolicyCheck | undefined } = {
  signers: 'identity',
  anchors: 'anchors',
  timestampAnchors: undefined,
  timestampPolicies: undefined,
  timestamp: 'timestamp',
  extendedKeyUsages: 'certificate',
  certificatePolicies: 'certificate',
  minRsaBits: 'algorithms',
  minEcBits: 'algorithms',
  minHashBits: 'algorithms',
  hashes: 'algorithms',
  revocation: 'revocation',
  threshold: 'threshold',
  distinctRoots: 'threshold',
  formats: 'formats',
  maxFiles: 'limits',
  maxBytes: 'limits',
  storage: 'storage',
  minimumVersion: 'rollback',
  manifestIgnores: 'ignores',
  ignorePaths: 'ignores',
  unsignedFiles: 'ignores',
  signatures: undefined,
  legacy: 'form',
};

/** Demands whose failing is reported and refuses nothing. */
export interface Audited {
  readonly check: PolicyCheck;
  readonly demands: Demands;
}

export const LEVELS = ['strict', 'permissive', 'audit'] as const;
export type PolicyLevel = (typeof LEVELS)[number];

export type CheckAction = 'enforce' | 'report';

/** What `permissive` only reports: what depends on others being reachable and up to date. */
const PERMISSIVE: readonly PolicyCheck[] = ['revocation', 'timestamp'];

/** What becomes of a check at a level. */
export const actionAt = (level: PolicyLevel, check: PolicyCheck): CheckAction =>
  level === 'strict' || (level === 'permissive' && !PERMISSIVE.includes(check)) ? 'enforce' : 'report';
