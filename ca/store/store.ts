import type { RevocationReason } from '../reasons.js';

/** The two tiers of the authority. */
export type IssuerRole = 'root' | 'issuing';

/** One CA of the authority. Issuing CAs follow each other; the first one has no number. */
export type IssuerId = 'root' | 'issuing' | `issuing-${number}`;

export const roleOf = (issuer: IssuerId): IssuerRole => (issuer === 'root' ? 'root' : 'issuing');

/**
 * The life of a certificate in the records. `pending` is durable before the key signs, `issued` before the
 * certificate leaves: whatever happens between, no certificate is out there that is not in here.
 */
export type CertificateState = 'pending' | 'issued' | 'revoked';

/** What is known about a certificate before it is signed. */
export interface PendingCertificate {
  /** Lower-case hexadecimal, unique for ever. */
  readonly serial: string;
  readonly issuer: IssuerId;
  readonly subject: string;
  readonly identities: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 over the SubjectPublicKeyInfo, hexadecimal. */
  readonly keyFingerprint: string;
  readonly requestedAt: Date;
}

export interface IssuedDer {
  readonly serial: string;
  readonly der: Uint8Array;
}

export interface Revocation {
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
  readonly invalidityDate: Date | undefined;
}

export interface CertificateRecord extends PendingCertificate {
  readonly state: CertificateState;
  /** Absent while pending, and for ever when issuance was interrupted before signing. */
  readonly der: Uint8Array | undefined;
  readonly revocation: Revocation | undefined;
}

/** What is imported of a certificate that the records lost: all of it, or what a CRL says about it. */
export interface FoundCertificate {
  readonly certificate: PendingCertificate;
  readonly der: Uint8Array | undefined;
  readonly revocation: Revocation | undefined;
}

/** What a certificate is for. */
export const PROFILES = ['ca', 'developer', 'tsa'] as const;
export type CertificateProfile = (typeof PROFILES)[number];

/** Which certificates are meant; what is given must hold together. */
export interface Selection {
  /** One identity is this, in full; found by an index. */
  readonly identity?: string | undefined;
  /** Issued at this time or later. */
  readonly since?: Date | undefined;
  /** Issued before this time. */
  readonly until?: Date | undefined;
  readonly profile?: CertificateProfile | undefined;
}

export interface ListFilter extends Selection {
  readonly state?: CertificateState | undefined;
  /** Subject or one identity contains this text. */
  readonly text?: string | undefined;
  /** Longest page wanted; at most {@link MAX_LISTED}. */
  readonly limit?: number | undefined;
  /** Go on where a page ended, by its `next`. */
  readonly after?: string | undefined;
}

/** A page of a list, newest first. */
export interface CertificatePage {
  readonly records: readonly CertificateRecord[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** A page longer than this is no longer read by anyone; programs go from page to page. */
export const MAX_LISTED = 10_000;

/** Everything that an issuer has revoked, with the number and the time of the list that says so. */
export interface CrlSnapshot {
  /** Taken by this snapshot: never given out twice, even when the list is then not signed. */
  readonly number: number;
  readonly thisUpdate: Date;
  /** DER of all entries in order of revocation, in pieces of whole entries. */
  readonly pieces: readonly Uint8Array[];
  readonly count: number;
}

export interface LastCrl {
  readonly issuer: IssuerId;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** Which certificates are about to end: those that end at `from` or later, and before a time of their own kind. */
export interface Ending {
  readonly from: Date;
  readonly developersUntil: Date;
  readonly tsasUntil: Date;
}

/** What the operator has to look after, as far as the records know it. */
export interface Chores {
  /** Certificates of developers and time-stamp authorities that are about to end and have no successor, at most {@link MAX_LISTED}. */
  readonly ending: readonly CertificateRecord[];
  /** Certificates recorded before a given time and never completed, at most {@link MAX_LISTED}. */
  readonly interrupted: readonly CertificateRecord[];
  readonly lastBackup: Date | undefined;
  /** When anything was recorded last. */
  readonly lastChange: Date | undefined;
}

/** DER of the CRL entry of a revocation. */
export type EncodeEntry = (serial: string, revocation: Revocation) => Uint8Array;

/**
 * The state of an authority. Every promise that writes resolves only when the change survives a crash of the
 * machine. Several processes may use one store at the same time. What is written at an earlier time than what is
 * there already is refused (`ERR_CA_CLOCK`), unless the store was opened to accept the clock.
 */
export interface CaStore {
  readonly profile: unknown;
  /** The issuing CA that issues now; those before it sign their lists. */
  readonly activeIssuing: IssuerId;
  /** Makes another issuing CA the one that issues. */
  activateIssuing(issuer: IssuerId): Promise<void>;
  /**
   * @param reuseKey Whether the key may be one that has a certificate already; its identities must be the same.
   * @throws {ModelsealError} `ERR_CA_SERIAL_COLLISION`, `ERR_CA_KEY_BLOCKED`, `ERR_CA_KEY_TAKEN`, `ERR_CA_KEY_REUSED`,
   *   `ERR_CA_CLOCK`, `ERR_CA_DATABASE`, `ERR_CA_DATABASE_BUSY`
   */
  recordPending(certificate: PendingCertificate, reuseKey?: boolean): Promise<void>;
  recordIssued(issued: IssuedDer): Promise<void>;
  /** Takes in what the records lost; what they hold already stays as it is. @returns Whether anything was new. */
  importFound(found: FoundCertificate, encode: EncodeEntry): Promise<boolean>;
  find(serial: string): Promise<CertificateRecord | undefined>;
  /** All certificates of a key, oldest first. */
  findByKey(fingerprint: string): Promise<CertificateRecord[]>;
  list(filter: ListFilter): Promise<CertificatePage>;
  count(): Promise<Record<CertificateState, number>>;
  /**
   * Records a revocation. A compromised key is blocked for good, and all of its certificates are revoked with it.
   *
   * @returns The serial numbers that were revoked, the given one first.
   * @throws {ModelsealError} `ERR_SERIAL_UNKNOWN`, `ERR_ALREADY_REVOKED`, `ERR_CA_CLOCK`
   */
  revoke(serial: string, revocation: Revocation, encode: EncodeEntry): Promise<readonly string[]>;
  /** What {@link revokeAll} would revoke for its own sake: not revoked yet, and of no CA. */
  live(selection: Selection): Promise<readonly CertificateRecord[]>;
  /**
   * Revokes everything that is meant, all or none, and with compromised keys their other certificates.
   *
   * @returns The serial numbers that were revoked.
   */
  revokeAll(selection: Selection, revocation: Revocation, encode: EncodeEntry): Promise<readonly string[]>;
  /**
   * Blocks a key for good and revokes its certificates.
   *
   * @returns The serial numbers that were revoked.
   */
  blockKey(fingerprint: string, revocation: Revocation, encode: EncodeEntry): Promise<readonly string[]>;
  isRevoked(serial: string): Promise<boolean>;
  /** Number of the last list of an issuer. */
  lastCrlNumber(issuer: IssuerId): Promise<number>;
  /** Makes the next list of an issuer carry a number beyond this one, and no earlier time. */
  raiseCrlNumber(issuer: IssuerId, number: number, times: Omit<LastCrl, 'issuer'>): Promise<void>;
  /**
   * Number and entries of the next list, out of one transaction.
   *
   * @param times Now; the time that the list shall carry, unless the list before it, or an entry, is later; and the
   *   time at which the next one is due.
   * @throws {ModelsealError} `ERR_CA_RECORDS`, `ERR_CA_CLOCK`
   */
  crlSnapshot(
    issuer: IssuerId,
    times: { readonly at: Date; readonly wanted: Date; readonly nextUpdate: Date },
  ): Promise<CrlSnapshot>;
  /** The times of the last list of each issuer; an issuer without a list is left out. */
  lastCrls(): Promise<readonly LastCrl[]>;
  /** What to look after: what ends in `ending`, what was begun before `begunBefore` and never completed, the backup. */
  chores(ending: Ending, begunBefore: Date): Promise<Chores>;
  /**
   * Remembers that the records come from a backup: until {@link raiseCrlNumber} has seen a published list of an issuer,
   * nobody knows what was revoked since.
   */
  markRestored(at: Date): Promise<void>;
  /** Whether the records are from a backup, and no published list of this issuer was seen since. */
  awaitsList(issuer: IssuerId): Promise<boolean>;
  /** Remembers that everything up to this time is in a backup. */
  recordBackup(at: Date): Promise<void>;
  /**
   * Refuses to go on when the records are damaged or contradict each other.
   *
   * @throws {ModelsealError} `ERR_CA_DATABASE`, `ERR_CA_RECORDS`
   */
  requireConsistent(): Promise<void>;
  close(): Promise<void>;
}
