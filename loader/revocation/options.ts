import { is, type OptionTable } from '../../core/options.js';
import type { AlgorithmPolicy } from '../path/index.js';
import type { RevocationEvidence } from './evidence.js';
import type { SigningTime } from './revocation.js';

/** `require`: no proof is a refusal. `prefer`: use what there is. `off`: look at nothing, and say so. */
export const REVOCATION_MODES = ['require', 'prefer', 'off'] as const;
export type RevocationMode = (typeof REVOCATION_MODES)[number];

/** What revocation is checked with. */
export interface RevocationOptions {
  readonly evidence: RevocationEvidence;
  /**
   * Left out: proof is required of every certificate that names a CRL or OCSP address or that any of the evidence is
   * about, and of the leaf as soon as there is any evidence; what is missing for others is reported.
   */
  readonly mode?: RevocationMode | undefined;
  /** Time that evidence must be current at. An input, never from the evidence. */
  readonly at: Date;
  /** Time of signing, only from a source that the caller trusts (a verified time stamp). */
  readonly signedAt?: SigningTime['signedAt'];
  /** What a time-stamp authority says itself, see {@link SigningTime}. */
  readonly claimedAt?: SigningTime['claimedAt'];
  /** The evidence was given for another certificate: that there is some demands none for this leaf. */
  readonly shared?: boolean | undefined;
  readonly algorithms?: AlgorithmPolicy | undefined;
}

export const REVOCATION: OptionTable<RevocationOptions> = {
  evidence: is.object,
  mode: is.one('require', 'prefer', 'off'),
  at: is.time,
  signedAt: is.time,
  claimedAt: is.time,
  shared: is.flag,
  algorithms: is.object,
};
